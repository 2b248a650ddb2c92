/** Runs in the page: the WCAG contrast of every text that is seen with what lies behind it, 1 to 21. */
(() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no canvas here');

  /**
   * Any colour of CSS over an opaque one.
   * @param {string} colour
   * @param {readonly number[]} behind Red, green and blue.
   */
  const over = (colour, behind) => {
    context.globalCompositeOperation = 'copy';
    context.fillStyle = `rgb(${behind.join(' ')})`;
    context.fillRect(0, 0, 1, 1);
    context.globalCompositeOperation = 'source-over';
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  /** @param {readonly number[]} colour */
  const luminance = (colour) => {
    const [red = 0, green = 0, blue = 0] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  /** @param {Element} element */
  const backgroundOf = (element) => {
    const parents = [];
    for (let at = element.parentElement; at !== null; at = at.parentElement) parents.unshift(at);
    return [...parents, element].reduce(
      (colour, parent) => over(getComputedStyle(parent).backgroundColor, colour),
      [255, 255, 255],
    );
  };
  /** @param {Element} element */
  const isSeen = (element) =>
    element.checkVisibility({ opacityProperty: true }) && element.closest('.unseen, .symbols, .skip') === null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (
      text === '' ||
      element === null ||
      ['SCRIPT', 'NOSCRIPT', 'OPTION'].includes(element.tagName) ||
      !isSeen(element)
    )
      continue;
    const behind = backgroundOf(element);
    const levels = [luminance(over(getComputedStyle(element).color, behind)), luminance(behind)];
    texts.push({ text: text.slice(0, 40), ratio: (Math.max(...levels) + 0.05) / (Math.min(...levels) + 0.05) });
  }
  return texts;
})();
