/**
 * Milliseconds that work may keep the event loop before it lets others run. Half of what a call may take: what cannot be cut, and a collection of
 * garbage, may come on top.
 */
export const sliceMs = 5;

/** Work that yields between its pieces, each a small part of a slice: there others may have their turn. */
export type Pieces<T> = Generator<void, T, void>;

/** Cuts long synchronous work into slices: call `pause` between pieces. The first one begins with the turn of the event loop. */
export class TimeSlice {
  readonly #signal: AbortSignal | undefined;
  #began = turnBegan();

  /** @param signal None: not to be aborted. */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** When the slice ends, as `performance.now()`. */
  get until(): number {
    return this.#began + sliceMs;
  }

  /** Whether it is time to pause. */
  get isOver(): boolean {
    return performance.now() - this.#began >= sliceMs;
  }

  /** Returns at once while the slice lasts; then after others had their turn. Throws the signal's reason. */
  async pause(): Promise<void> {
    if (!this.isOver) return;
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#began = performance.now();
    // What is begun in the same turn when this is over has only the rest of it.
    turnBegan();
  }

  /** Does the work; pauses between pieces where the slice is over. */
  async finish<T>(pieces: Pieces<T>): Promise<T> {
    for (;;) {
      const next = pieces.next();
      if (next.done) return next.value;
      if (this.isOver) await this.pause();
    }
  }
}

/** So many are made at once. */
const madeTogether = 200;

/** What is made of each, in slices where there are many. */
export async function madeInSlices<T, R>(items: readonly T[], make: (item: T) => R): Promise<R[]> {
  if (items.length <= madeTogether) return items.map(make);
  const slice = new TimeSlice();
  const made: R[] = [];
  for (const item of items) {
    if (made.length % madeTogether === madeTogether - 1) await slice.pause();
    made.push(make(item));
  }
  return made;
}

/** Does all of it at once. */
export function atOnce<T>(pieces: Pieces<T>): T {
  for (;;) {
    const next = pieces.next();
    if (next.done) return next.value;
  }
}

/** When something was first done in the present turn of the event loop. */
let turn: number | undefined;

/** When the present turn of the event loop began, as far as this library had a part in it: as `performance.now()`. */
export function turnBegan(): number {
  if (turn === undefined) {
    turn = performance.now();
    later(() => {
      turn = undefined;
    });
  }
  return turn;
}

/** Resolves in the next turn of the event loop, also under timers that a test has replaced. */
export function nextTurn(): Promise<void> {
  return new Promise<void>((resolve) => later(resolve));
}

/** Calls in the next turn of the event loop: setTimeout waits at least a millisecond, and browsers have nothing else. */
export const later: (then: () => void) => unknown = typeof setImmediate === 'function' ? setImmediate : setTimeout;
