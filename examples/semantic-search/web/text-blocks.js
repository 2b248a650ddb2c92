/** A text as prose and code: what stands between lines of three backticks or tildes is code, as in Markdown. */

/** @typedef {{ readonly code: boolean, readonly text: string }} Block */

/**
 * @param {string} text
 * @returns {Block[]} In order, without the lines of the fences; a fence that is never closed is prose.
 */
export function blocksOf(text) {
  const fenced = /^ {0,3}(`{3,}|~{3,})[^`\n]*\n([\s\S]*?)^ {0,3}\1[ \t]*$/gm;
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  for (const { index, 0: whole, 2: code = '' } of text.matchAll(fenced)) {
    blocks.push({ code: false, text: text.slice(at, index) }, { code: true, text: code.replace(/\n$/, '') });
    at = index + whole.length;
  }
  blocks.push({ code: false, text: text.slice(at) });
  return blocks
    .map((block) => (block.code ? block : { ...block, text: block.text.trim() }))
    .filter((block) => block.text !== '');
}
