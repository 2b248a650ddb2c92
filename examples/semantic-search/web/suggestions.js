/** Questions to begin with, made of the titles that are there: each of them finds something. */

/** What reads like a phrase: three to eight words without symbols. */
const phrase = /^\p{L}[\p{L}\p{N}’'-]*(?:,? [\p{L}\p{N}’'-]+){2,7}[?!.]?$/u;
const most = 5;

/**
 * At most five, from all over the collection; the same ones at every visit.
 * @param {readonly string[]} titles In the order of the collection. Of a path of headings (`a › b`) the last one counts.
 * @returns {string[]}
 */
export function suggestionsOf(titles) {
  const endings = [...new Set(titles.map((title) => title.split(' › ').at(-1)?.trim() ?? ''))];
  const phrases = endings.filter((text) => text.length <= 60 && phrase.test(text));
  const chosen = phrases.length >= most ? phrases : endings.filter((text) => text !== '' && text.length <= 60);
  const count = Math.min(most, chosen.length);
  return Array.from({ length: count }, (_, i) => chosen[Math.floor((i * chosen.length) / count)] ?? '');
}
