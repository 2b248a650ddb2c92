/** Reading and changing filters. Filters are never mutated; clauses that the page has no control for are kept as they are. */
/** @import { Choice, Filter } from './contract.ts' */

import { wording } from './fields.js';
import { inWords } from './payload.js';

/** @typedef {{ readonly min?: number | string, readonly max?: number | string }} Range Inclusive. */

/**
 * The ticked boxes of a field.
 * @param {Filter} filter
 * @param {string} field
 * @returns {readonly Choice[]}
 */
export function chosenValues(filter, field) {
  const clause = own(filter, field);
  if (isChoice(clause)) return [clause];
  const values = members(clause).$in;
  return Array.isArray(values) && values.every(isChoice) ? values : [];
}

/**
 * Ticks a box, or unticks it. A field without a ticked box has no clause: nothing is left out because of it.
 * @param {Filter} filter
 * @param {string} field
 * @param {Choice} value
 * @returns {Filter}
 */
export function toggleValue(filter, field, value) {
  const chosen = chosenValues(filter, field);
  const $in = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
  return withClause(filter, field, $in.length > 0 ? { $in } : undefined);
}

/**
 * @param {Filter} filter
 * @param {string} field
 * @returns {Range}
 */
export function chosenRange(filter, field) {
  const { $gte, $lte } = members(own(filter, field));
  return { ...(isBound($gte) && { min: $gte }), ...(isBound($lte) && { max: $lte }) };
}

/**
 * @param {Filter} filter
 * @param {string} field
 * @param {Range} range
 * @returns {Filter}
 */
export function withRange(filter, field, { min, max }) {
  const clause = { ...(min !== undefined && { $gte: min }), ...(max !== undefined && { $lte: max }) };
  return withClause(filter, field, Object.keys(clause).length > 0 ? clause : undefined);
}

/**
 * @param {Filter} filter
 * @param {string} field
 * @returns {Filter}
 */
export const withoutField = (filter, field) => withClause(filter, field, undefined);

/**
 * One line per clause, for people.
 * @param {Filter} filter
 * @returns {{ field: string, text: string }[]}
 */
export const describe = (filter) =>
  Object.keys(filter).map((field) => ({ field, text: describeClause(filter, field) }));

/**
 * @param {Filter} filter
 * @param {string} field
 */
function describeClause(filter, field) {
  const chosen = chosenValues(filter, field);
  if (chosen.length > 0) return `${field}: ${chosen.map(wording).join(' or ')}`;
  const { min, max } = chosenRange(filter, field);
  if (min !== undefined && max !== undefined) return `${field}: ${inWords(min)} to ${inWords(max)}`;
  if (min !== undefined) return `${field}: from ${inWords(min)}`;
  if (max !== undefined) return `${field}: up to ${inWords(max)}`;
  return `${field} ${JSON.stringify(own(filter, field))}`;
}

/**
 * @param {Filter} filter
 * @param {string} field
 * @param {unknown} clause
 * @returns {Filter}
 */
function withClause(filter, field, clause) {
  const others = Object.entries(filter).filter(([name]) => name !== field);
  // fromEntries, since a field may be called __proto__.
  return Object.fromEntries(clause === undefined ? others : [...others, [field, clause]]);
}

/**
 * @param {Filter} filter
 * @param {string} field
 * @returns {unknown}
 */
const own = (filter, field) => (Object.hasOwn(filter, field) ? filter[field] : undefined);

/**
 * @param {unknown} clause
 * @returns {{ readonly [operator: string]: unknown }}
 */
const members = (clause) => (typeof clause === 'object' && clause !== null ? { ...clause } : {});

/**
 * @param {unknown} value
 * @returns {value is Choice}
 */
const isChoice = (value) => typeof value === 'string' || typeof value === 'boolean';

/**
 * @param {unknown} value
 * @returns {value is number | string}
 */
const isBound = (value) => typeof value === 'number' || typeof value === 'string';
