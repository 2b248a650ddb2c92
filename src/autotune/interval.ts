/** z of a two-sided interval of 95 %. */
const z = 1.96;

/** Where a share lies with 95 % confidence. */
export type Interval = readonly [low: number, high: number];

/**
 * The mean of shares (the recall of each query), and the interval of 95 % around it.
 *
 * Wilson's score interval over an effective number of trials: as many as a share of that variance would have if trials were independent. The queries
 * are, the neighbours of one query are not. Where all shares are equal nothing is known of the variance, and each query counts once. Unlike mean ± 2
 * standard errors it leaves room below a sample that was answered without a miss.
 */
export function meanWithInterval(shares: readonly number[]): { readonly mean: number; readonly interval: Interval } {
  const n = shares.length;
  const mean = shares.reduce((sum, share) => sum + share, 0) / n;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / Math.max(1, n - 1);
  // Equal ones leave rounding errors behind.
  const trials = variance < 1e-18 ? n : Math.max(n, (mean * (1 - mean) * n) / variance);
  const centre = (mean + z ** 2 / (2 * trials)) / (1 + z ** 2 / trials);
  const reach = (z * Math.sqrt((mean * (1 - mean)) / trials + (z / (2 * trials)) ** 2)) / (1 + z ** 2 / trials);
  return { mean, interval: [Math.max(0, Math.min(mean, centre - reach)), Math.min(1, Math.max(mean, centre + reach))] };
}
