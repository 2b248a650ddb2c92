import { createContext, Script } from 'node:vm';

const place: { work?: () => void } = createContext({});
const script = new Script('work()');
const late = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/**
 * Runs work that does not wait, and ends it where it takes longer than 5 s and 1 s for each MiB: decoders of damaged bytes may never come to an end.
 *
 * @param bytes That it is about.
 * @throws `Error` then, and what the work throws.
 */
export function withinTime<T>(bytes: number, work: () => T): T {
  const done: { result?: { readonly value: T } } = {};
  place.work = () => {
    done.result = { value: work() };
  };
  try {
    script.runInContext(place, { timeout: Math.ceil(5_000 + bytes / 1_024) });
  } catch (error) {
    const isLate = typeof error === 'object' && error !== null && 'code' in error && error.code === late;
    throw isLate ? new Error('it takes too long to read') : error;
  } finally {
    delete place.work;
  }
  if (done.result === undefined) throw new Error('the work was not done');
  return done.result.value;
}
