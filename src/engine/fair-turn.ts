import { later, sliceMs, turnBegan } from '../time-slice.ts';

/** Calls that wait for a turn, the first first. */
const waiting: (() => void)[] = [];

/**
 * To be awaited before every call: answers of an embedded store are there at once, and a caller that awaits one after another would otherwise
 * keep timers, signals and requests waiting for as long as it goes on.
 *
 * @returns undefined while this turn has lasted no longer than {@link sliceMs}, and nobody waits.
 */
export function fairTurn(): Promise<void> | undefined {
  if (waiting.length === 0 && performance.now() - turnBegan() < sliceMs) return undefined;
  return new Promise<void>((resolve) => {
    waiting.push(resolve);
    later(letOneGo);
  });
}

/** When the first of those that waited went on in the present turn of the event loop. */
let began: number | undefined;

/**
 * There is one of these to come for each that waits. A turn lets go as many as it has time for: a slice of their own, whatever else was done in it, so that
 * they go on under any load; and all at once would keep the event loop for as long as all of them take.
 */
function letOneGo(): void {
  if (began === undefined) {
    began = performance.now();
    later(() => {
      began = undefined;
    });
  }
  if (performance.now() - began < sliceMs) waiting.shift()!();
  else later(letOneGo);
}
