/** The few helpers that make elements. Texts become text nodes: nothing is ever parsed as HTML. */

/** @typedef {string | number | boolean | undefined | ((event: Event) => void)} Attribute */

/**
 * An element. A function is a listener for the event that the attribute names; true is an attribute without a value,
 * false and undefined are none.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {{ readonly [name: string]: Attribute }} [attributes]
 * @param {...(Node | string | readonly (Node | string)[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat());
  return element;
}

/**
 * The element of the document that has this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`the page has no ${type.name} with the id ${id}`);
  return element;
}

/**
 * Runs `work` once `ms` after the last call.
 * @template {unknown[]} A
 * @param {number} ms
 * @param {(...args: A) => void} work
 * @returns {(...args: A) => void}
 */
export function debounced(ms, work) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), ms);
  };
}
