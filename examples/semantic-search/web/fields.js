/** Which fields are worth showing, and how their values read. */
/** @import { Choice, Field } from './contract.ts' */

/** @type {readonly Field['type'][]} Also the order in which they are shown. */
const shown = ['keyword', 'bool', 'number', 'datetime'];

/** So many values that are all different are names, not categories: nobody ticks them one by one. */
const manyValues = 12;

/**
 * @param {readonly Field[]} fields
 * @returns {Field[]}
 */
export const usefulFields = (fields) =>
  shown.flatMap((type) => fields.filter((field) => field.type === type && !isName(field)));

/** @param {Field} field */
const isName = ({ type, values }) =>
  type === 'keyword' &&
  (values.length === 0 || (values.length >= manyValues && values.every(({ count }) => count === 1)));

/**
 * @param {Choice} value
 * @returns {string}
 */
export const wording = (value) => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : value || '(empty)');
