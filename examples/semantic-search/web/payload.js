/** Values of a document's payload. */

/**
 * What is at a path of the filter language, where a segment may be quoted.
 * @param {{ readonly [name: string]: unknown }} payload
 * @param {string} path
 * @returns {unknown}
 */
export function valueAt(payload, path) {
  if (Object.hasOwn(payload, path)) return payload[path];
  /** @type {unknown} */
  let value = payload;
  for (const segment of path.match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? []) {
    const name = segment.startsWith('"') ? unquoted(segment) : segment;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

/** @param {string} segment Quoted like a JSON string. */
function unquoted(segment) {
  try {
    return String(JSON.parse(segment));
  } catch {
    return segment;
  }
}

/**
 * A value as one line of text.
 * @param {unknown} value
 * @returns {string}
 */
export function inWords(value) {
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.map(String).join(', ');
  return typeof value === 'string' ? withoutMidnight(value) : JSON.stringify(value);
}

/**
 * An instant that stands for a day as that day; any other text as it is.
 * @param {string} text
 */
export const withoutMidnight = (text) => text.replace(/^(\d{4}-\d\d-\d\d)T(00:00:00(\.0+)?|23:59:59(\.9+)?)Z$/, '$1');

/**
 * @param {string} text
 * @returns {string | undefined} The address, where the text is one of the web. Never a script.
 */
export function webAddress(text) {
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).href;
}
