import { nextTurn, sliceMs, turnBegan } from '../time-slice.ts';

/**
 * To be awaited before every call: answers of an embedded store are there at once, and a caller that awaits one after another would otherwise
 * keep timers, signals and requests waiting for as long as it goes on.
 *
 * @returns undefined while this turn has lasted no longer than {@link sliceMs}.
 */
export function fairTurn(): Promise<void> | undefined {
  return performance.now() - turnBegan() < sliceMs ? undefined : nextTurn();
}
