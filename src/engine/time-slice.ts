/** Milliseconds that work may keep the event loop before it lets others run. */
export const sliceMs = 8;

/** Cuts long synchronous work into slices: call `pause` between pieces. */
export class TimeSlice {
  readonly #signal: AbortSignal;
  #began = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** When the slice ends, as `performance.now()`. */
  get until(): number {
    return this.#began + sliceMs;
  }

  /** Returns at once while the slice lasts; then after others had their turn. Throws the signal's reason. */
  async pause(): Promise<void> {
    if (performance.now() - this.#began < sliceMs) return;
    await nextTurn();
    this.#signal.throwIfAborted();
    this.#began = performance.now();
  }
}

/** Resolves in the next turn of the event loop, also under timers that a test has replaced. */
export function nextTurn(): Promise<void> {
  return new Promise<void>((resolve) => later(resolve));
}

// setTimeout waits at least a millisecond, and browsers have nothing else.
const later: (then: () => void) => unknown = typeof setImmediate === 'function' ? setImmediate : setTimeout;
