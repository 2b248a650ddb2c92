/** Node only. How far a phase is, and how long it will take. */
import type { MigrationProgress, StepOptions } from './types.ts';

/** Counts one phase. */
export class PhaseProgress {
  readonly #phase: MigrationProgress['phase'];
  readonly #total: number;
  readonly #onProgress: StepOptions['onProgress'];
  readonly #started = performance.now();
  readonly #before: number;
  #done: number;

  /** @param before Done by an earlier run: no part of the rate. */
  constructor(phase: MigrationProgress['phase'], total: number, { onProgress }: StepOptions, before = 0) {
    this.#phase = phase;
    this.#total = total;
    this.#onProgress = onProgress;
    this.#before = before;
    this.#done = before;
    if (before > 0) this.report();
  }

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  add(records: number): void {
    this.#done += records;
    this.report();
  }

  report(): void {
    const seconds = this.elapsedMs / 1_000;
    const rate = seconds > 0 ? (this.#done - this.#before) / seconds : 0;
    const left = Math.max(0, this.#total - this.#done);
    const etaMs = rate > 0 ? (left / rate) * 1_000 : undefined;
    this.#onProgress?.({
      ...{ phase: this.#phase, done: this.#done, total: Math.max(this.#total, this.#done), rate },
      ...(etaMs !== undefined && { etaMs }),
    });
  }
}
