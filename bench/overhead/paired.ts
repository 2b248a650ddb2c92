/** Timings of two ways to do the same, taken in turn, so that a machine that slows down slows both. */

/** One run of one side. */
export interface Sample {
  /** Milliseconds of wall time. */
  readonly wallMs: number;
  /** Milliseconds of this process's processor time, user and system. */
  readonly cpuMs: number;
}

/** Samples in pairs: `ours[i]` and `raw[i]` ran next to each other. */
export interface Paired {
  readonly ours: Sample[];
  readonly raw: Sample[];
}

/** A median with its 95 % interval. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Runs both sides `pairs` times in turn, which goes first alternating.
 *
 * @param warmup Pairs that are not counted.
 * @param between Called before each run, not counted: for example a fresh collection.
 */
export async function runInterleaved(
  sides: { readonly ours: () => Promise<void>; readonly raw: () => Promise<void> },
  { pairs, warmup, between }: { pairs: number; warmup: number; between?: () => Promise<void> },
): Promise<Paired> {
  const paired: Paired = { ours: [], raw: [] };
  for (let i = -warmup; i < pairs; i++) {
    const order = i % 2 === 0 ? (['ours', 'raw'] as const) : (['raw', 'ours'] as const);
    for (const side of order) {
      await between?.();
      const sample = await measure(sides[side]);
      if (i >= 0) paired[side].push(sample);
    }
  }
  return paired;
}

async function measure(work: () => Promise<void>): Promise<Sample> {
  // What the other side left behind is not this side's to clear away.
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

/** The median ratio ours / raw of the pairs. */
export function ratioOf({ ours, raw }: Paired, of: keyof Sample): Estimate {
  return estimate(ours.map((sample, i) => sample[of] / raw[i]![of]));
}

/** The median difference ours - raw of the pairs, per unit of work. */
export function differenceOf({ ours, raw }: Paired, of: keyof Sample, units: number): Estimate {
  return estimate(ours.map((sample, i) => (sample[of] - raw[i]![of]) / units));
}

export function medianOf(samples: readonly Sample[], of: keyof Sample): number {
  return quantile(
    samples.map((sample) => sample[of]).sort((a, b) => a - b),
    0.5,
  );
}

/** The interval between the order statistics that hold the median with 95 % (binomial, normal approximation). */
function estimate(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b);
  const spread = (1.96 * Math.sqrt(sorted.length)) / 2;
  const low = Math.max(0, Math.floor(sorted.length / 2 - spread));
  const high = Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + spread));
  return { median: quantile(sorted, 0.5), low: sorted[low]!, high: sorted[high]! };
}

function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}
