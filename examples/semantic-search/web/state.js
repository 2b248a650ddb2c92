/** What the page shows, to and from the query part of its address. Defaults are left out of the address. */
/** @import { Filter, PageState } from './contract.ts' */
import { modes } from './answers.js';

/** How many results are asked for, step by step. */
export const sizes = [10, 25, 50, 100];

/** @type {readonly PageState['view'][]} */
export const views = ['results', 'map', 'speed'];

/** @type {PageState} */
export const initialState = { q: '', mode: 'hybrid', filter: {}, backend: '', k: 10, doc: '', view: 'results' };

/**
 * Whatever is typed into the address bar gives a state: what is not understood counts as not given.
 * @param {string} search With or without the leading question mark.
 * @returns {PageState}
 */
export function readState(search) {
  const given = new URLSearchParams(search);
  return {
    q: given.get('q') ?? '',
    mode: modes.find((mode) => mode === given.get('mode')) ?? initialState.mode,
    filter: readFilter(given.get('filter')),
    backend: given.get('backend') ?? '',
    k: sizes.find((size) => String(size) === given.get('k')) ?? initialState.k,
    doc: given.get('doc') ?? '',
    view: views.find((view) => view === given.get('view')) ?? initialState.view,
  };
}

/**
 * @param {PageState} state
 * @returns {string} '' or a text that begins with a question mark.
 */
export function writeState(state) {
  const query = new URLSearchParams();
  if (state.q !== '') query.set('q', state.q);
  if (state.mode !== initialState.mode) query.set('mode', state.mode);
  if (!isEmpty(state.filter)) query.set('filter', JSON.stringify(state.filter));
  if (state.backend !== '') query.set('backend', state.backend);
  if (state.k !== initialState.k) query.set('k', String(state.k));
  if (state.doc !== '') query.set('doc', state.doc);
  if (state.view !== initialState.view) query.set('view', state.view);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/**
 * @param {Filter} filter
 * @returns {boolean} Without any clause.
 */
export const isEmpty = (filter) => Object.keys(filter).length === 0;

/**
 * @param {string | null} text
 * @returns {Filter}
 */
function readFilter(text) {
  if (text === null) return {};
  try {
    const filter = JSON.parse(text);
    return typeof filter === 'object' && filter !== null && !Array.isArray(filter) ? filter : {};
  } catch {
    return {};
  }
}
