/** Figures as people read them. */

const whole = new Intl.NumberFormat('en');

/** @param {number} value */
export const count = (value) => whole.format(value);

/**
 * With the digits that mean something: 0.42, 8.7, 134.
 * @param {number} value Milliseconds.
 */
export const ms = (value) => (value < 1 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0));

/** @param {number} share 0–1. */
export const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

/**
 * @param {number} amount
 * @param {string} one
 * @param {string} [many]
 */
export const plural = (amount, one, many = `${one}s`) => `${count(amount)} ${amount === 1 ? one : many}`;

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return plural(Math.round(seconds), 'second');
  if (seconds < 5400) return plural(Math.round(seconds / 60), 'minute');
  if (seconds < 172_800) return plural(Math.round(seconds / 3600), 'hour');
  return plural(Math.round(seconds / 86_400), 'day');
}
