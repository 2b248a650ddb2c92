/** What a person sees of the scripts: one plain line per step, with its duration. */

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * The last lines of a failed command's output: enough to see why it failed.
 * @param {string} output
 * @param {number} [lines]
 */
export function tail(output, lines = 60) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
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
