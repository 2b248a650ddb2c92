/** What a person sees of the scripts: one plain line per step, with its duration. */

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * The beginning and the end of a failed command's output, one of which says why it failed.
 * @param {string} output
 * @param {number} [lines] Of each.
 */
export function excerpt(output, lines = 20) {
  const all = output.trimEnd().split('\n');
  if (all.length <= 2 * lines) return all.join('\n');
  return [...all.slice(0, lines), `… ${all.length - 2 * lines} more lines …`, ...all.slice(-lines)].join('\n');
}

/**
 * A failure whose message is all that the user needs: printed without a stack.
 */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * Ends the process as a script should: one readable message, exit code 1.
 * @param {unknown} error
 */
export function exitWith(error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
