/** Reads JSON of unknown shape: the wrong shape is an error that names the place, never a broken page later on. */
import { ServiceError } from './service-error.js';

/**
 * @param {string} where
 * @param {string} expected
 * @returns {never}
 */
function unexpected(where, expected) {
  throw new ServiceError('UnexpectedAnswer', `The service's answer is not understood: ${where} is not ${expected}.`);
}

/** @type {{ readonly [name: string]: unknown }} An object without members. */
export const nothing = Object.freeze({});

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {{ readonly [name: string]: unknown }}
 */
export function record(value, where) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unexpected(where, 'an object');
  // Own members only: a member called "constructor" that is not there must not be found on the prototype.
  return Object.assign(Object.create(null), value);
}

/**
 * @template T
 * @param {unknown} value
 * @param {string} where
 * @param {(item: unknown, where: string) => T} read
 * @returns {T[]}
 */
export function list(value, where, read) {
  if (!Array.isArray(value)) return unexpected(where, 'a list');
  return value.map((item, i) => read(item, `${where}[${i}]`));
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {string}
 */
export const text = (value, where) => (typeof value === 'string' ? value : unexpected(where, 'a text'));

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {number}
 */
export const number = (value, where) =>
  typeof value === 'number' && Number.isFinite(value) ? value : unexpected(where, 'a number');

/**
 * @template T, D
 * @param {unknown} value
 * @param {(value: unknown, where: string) => T} read
 * @param {string} where
 * @param {D} absent What stands for null and undefined.
 * @returns {T | D}
 */
export const optional = (value, read, where, absent) =>
  value === undefined || value === null ? absent : read(value, where);
