/** Requests to the service that serves the page, with the key where there is one. */
/** @import { DocumentAnswer, Fields, MapAnswer, PageState, SearchAnswer, Stats } from './contract.ts' */
import { readDocument, readError, readFields, readMap, readSearch, readStats } from './answers.js';
import { storedKey } from './key-store.js';
import { ServiceError } from './service-error.js';
import { isEmpty } from './state.js';

/**
 * @param {PageState} state
 * @param {AbortSignal} signal
 * @param {boolean} [exact] Compare with every document instead of using the index.
 * @returns {Promise<SearchAnswer>}
 */
export async function search({ q, k, mode, filter, backend }, signal, exact = false) {
  const query = new URLSearchParams({ q, k: String(k), mode });
  if (!isEmpty(filter)) query.set('filter', JSON.stringify(filter));
  if (backend !== '') query.set('backend', backend);
  if (exact) query.set('exact', 'true');
  return readSearch(await get(`search?${query}`, signal));
}

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<Fields>}
 */
export const fields = async (signal) => readFields(await get('fields', signal));

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<Stats>}
 */
export const stats = async (signal) => readStats(await get('stats', signal));

/**
 * @param {string} backend '' for the default.
 * @param {AbortSignal} [signal]
 * @returns {Promise<MapAnswer>}
 */
export async function map(backend, signal) {
  const query = new URLSearchParams({ limit: '2000', ...(backend !== '' && { backend }) });
  return readMap(await get(`map?${query}`, signal));
}

/**
 * @param {string} id Of a document or a part of one.
 * @param {AbortSignal} [signal]
 * @returns {Promise<DocumentAnswer>}
 */
export const document = async (id, signal) => readDocument(await get(`documents/${encodeURIComponent(id)}`, signal));

/** Where the page is served, also behind a proxy that adds a path. */
const base = new URL('../', import.meta.url);

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<unknown>}
 * @throws {ServiceError} and the signal's reason.
 */
async function get(path, signal) {
  const key = storedKey();
  const headers = { accept: 'application/json', ...(key !== '' && { authorization: `Bearer ${key}` }) };
  try {
    const response = await fetch(new URL(path, base), { headers, signal, cache: 'no-store' });
    const text = await response.text();
    if (!response.ok) throw readError(response.status, parsed(text), response.headers.get('retry-after'));
    const json = parsed(text);
    if (json === undefined)
      throw new ServiceError('UnexpectedAnswer', 'The service answered with something else than JSON.');
    return json;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ServiceError) throw error;
    throw new ServiceError('Offline', 'The service does not answer.');
  }
}

/**
 * @param {string} text
 * @returns {unknown} Undefined where it is not JSON.
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
