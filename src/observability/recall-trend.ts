import { type Interval, meanWithInterval } from '../autotune/interval.ts';

/** What a {@link RecallTrend} goes by. */
export interface TrendSettings {
  /** Samples that are judged together. */
  readonly windowSamples: number;
  /** The recall that must be reached whatever it was before, 0 to 1. */
  readonly target: number;
  /** How far it may fall below what it was, 0 to 1. */
  readonly tolerance: number;
}

/** Samples that were judged together. */
export interface JudgedWindow {
  readonly samples: number;
  /** Their mean, and where the recall lies with 95 % confidence. */
  readonly recall: number;
  readonly interval: Interval;
  /** What it was usually; undefined while that is being learnt. */
  readonly baseline: number | undefined;
  /** The least recall that is no cause for advice. */
  readonly limit: number;
  /** Certainly below the limit, certainly not, or neither. */
  readonly verdict: 'low' | 'good' | 'unsure';
}

/** Windows that what is usual is learnt from. */
const baselineWindows = 2;
/** Good is what lies above the limit by this share of the tolerance: else what lies on the limit would be now good, now low. */
const clearance = 0.5;

/** The recall of one collection over time, window by window. */
export class RecallTrend {
  readonly #settings: TrendSettings;
  #window: number[] = [];
  #learnt: number[] = [];
  #baseline: { readonly mean: number; readonly low: number } | undefined;

  constructor(settings: TrendSettings) {
    this.#settings = settings;
  }

  /** Returns what the samples come to whenever there are enough of them. */
  add(recall: number): JudgedWindow | undefined {
    this.#window.push(recall);
    if (this.#window.length < this.#settings.windowSamples) return undefined;
    const shares = this.#window;
    this.#window = [];
    const judged = this.#judge(shares);
    if (this.#baseline === undefined && judged.verdict !== 'low') this.#learn(shares);
    return judged;
  }

  /** Another index answers from now on: what was begun says nothing of it. */
  restart(): void {
    this.#window = [];
  }

  /** What was usual is usual no more. */
  forget(): void {
    this.restart();
    this.#learnt = [];
    this.#baseline = undefined;
  }

  #judge(shares: readonly number[]): JudgedWindow {
    const { target, tolerance } = this.#settings;
    const { mean, interval } = meanWithInterval(shares);
    // The baseline is a sample, too: the doubt is in favour of the index.
    const limit = Math.max(target, (this.#baseline?.low ?? 0) - tolerance);
    const enough = Math.min(1, limit + clearance * tolerance);
    const verdict = interval[1] < limit ? 'low' : mean >= enough ? 'good' : 'unsure';
    return { samples: shares.length, recall: mean, interval, baseline: this.#baseline?.mean, limit, verdict };
  }

  #learn(shares: readonly number[]): void {
    this.#learnt.push(...shares);
    if (this.#learnt.length < baselineWindows * this.#settings.windowSamples) return;
    const { mean, interval } = meanWithInterval(this.#learnt);
    this.#baseline = { mean, low: interval[0] };
    this.#learnt = [];
  }
}
