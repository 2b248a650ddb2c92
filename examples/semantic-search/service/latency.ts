/* How long searches took, lately. */
import type { Mode } from './search.ts';
import { modes } from './search.ts';

/** Milliseconds, of the last searches. */
export interface Latency {
  /** Since the service began. */
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const kept = 10_000;

/** Keeps the last 10,000 durations of each mode. */
export class Latencies {
  readonly #byMode = new Map<Mode, { readonly values: Float64Array; count: number }>();

  add(mode: Mode, ms: number): void {
    const ring = this.#byMode.get(mode) ?? { values: new Float64Array(kept), count: 0 };
    ring.values[ring.count % kept] = ms;
    ring.count += 1;
    this.#byMode.set(mode, ring);
  }

  /** All modes together, and each that was asked for. */
  summary(): Latency & { readonly byMode: { readonly [M in Mode]?: Latency } } {
    const rings = modes.flatMap((mode) => {
      const ring = this.#byMode.get(mode);
      return ring === undefined
        ? []
        : [{ mode, count: ring.count, values: ring.values.subarray(0, Math.min(ring.count, kept)) }];
    });
    const all = Float64Array.from(rings.flatMap(({ values }) => [...values]));
    const count = rings.reduce((sum, { count }) => sum + count, 0);
    const byMode = Object.fromEntries(rings.map(({ mode, count, values }) => [mode, latencyOf(values, count)]));
    return { ...latencyOf(all, count), byMode };
  }
}

function latencyOf(values: Float64Array, count: number): Latency {
  const sorted = values.slice().sort();
  const at = (share: number) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 1_000) / 1_000;
  return { count, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
