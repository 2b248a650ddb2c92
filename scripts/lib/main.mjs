/** Whether a script was started by itself, as opposed to imported by another. */
import { realpathSync } from 'node:fs';

/** @param {string} filename The script's `import.meta.filename`. */
export function isMain(filename) {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === realpathSync(filename);
}
