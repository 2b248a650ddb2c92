import { nextTurn, sliceMs } from './time-slice.ts';

/** When the engine was first called in the present turn of the event loop. */
let began: number | undefined;

/**
 * To be awaited before every call: answers of an embedded store are there at once, and a caller that awaits one after another would otherwise
 * keep timers, signals and requests waiting for as long as it goes on.
 *
 * @returns undefined while this turn has lasted no longer than {@link sliceMs}.
 */
export function fairTurn(): Promise<void> | undefined {
  if (began === undefined) {
    began = performance.now();
    void nextTurn().then(() => {
      began = undefined;
    });
    return undefined;
  }
  return performance.now() - began < sliceMs ? undefined : nextTurn();
}
