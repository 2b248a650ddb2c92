/** What a search found, nearest first by its codes: a view into the graph's memory, valid until the next search. */
export class Found {
  readonly #words: Uint32Array;
  readonly #first: number;
  readonly size: number;

  /** @param at Of a pool of the kernels, in words. */
  constructor(words: Uint32Array, at: number) {
    this.#words = words;
    this.size = words[at]!;
    this.#first = at + poolHead;
  }

  position(i: number): number {
    // The low word of an entry: the position, and a bit of the search's own.
    return this.#words[this.#first + 2 * i]! >>> 1;
  }

  /** Squared Euclidean, of unit vectors under cosine; under dot twice the negative inner product, and a constant. */
  distance(i: number): number {
    const key = this.#words[this.#first + 2 * i + 1]!;
    bits[0] = key >= 0x8000_0000 ? key ^ 0x8000_0000 : ~key;
    return value[0]!;
  }

  positions(most = this.size): number[] {
    return Array.from({ length: Math.min(most, this.size) }, (_, i) => this.position(i));
  }
}

/** Words of a pool before its entries. */
export const poolHead = 4;
const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);

/** The difference of two errors has this many times their standard deviation seldom: one time in two hundred. */
const seldom = 2.6 * Math.SQRT2;
/** Proposed for each one asked for, where it is not known yet how far codes err; and this many more. */
const unknown = { factor: 1.5, beyond: 8 };
/** Nobody compares more than this with the vectors themselves, unless more are asked for. */
export const mostProposed = 1_024;

/** The same of a code distance from the distance itself: one time in forty. */
const seldomOne = 2;

/** How much farther than the last one wanted, by its codes, a vector can be that is nearer. */
export interface Slack {
  readonly slack: number;
  /** Then `slack` is for a distance of 1, and grows with the root of the squared distance. */
  readonly isSquared: boolean;
}

/** Where codes rank as vectors do. */
export const noSlack: Slack = { slack: 0, isSquared: true };

/**
 * @param error As {@link Audit.error} says, or 0 where codes rank as vectors do.
 * @param size Of the query, under dot, where errors do not grow with distance.
 */
export function slackFor(error: number, size: number | undefined): Slack {
  return { slack: seldom * error * (size ?? 1), isSquared: size === undefined };
}

/**
 * How many of what was found to compare with the vectors themselves: all whose code distance could be among the `k` nearest, but for its error.
 *
 * @param slack Undefined where it is not known.
 */
export function proposedOf(found: Found, k: number, slack: Slack | undefined): number {
  if (slack === undefined) return Math.min(found.size, Math.ceil(k * unknown.factor) + unknown.beyond);
  if (found.size <= k) return found.size;
  const last = found.distance(k - 1);
  const bound = last + slack.slack * (slack.isSquared ? Math.sqrt(Math.max(0, last)) : 1);
  const most = Math.min(found.size, Math.max(k, mostProposed));
  let proposed = k;
  while (proposed < most && found.distance(proposed) <= bound) proposed += 1;
  return proposed;
}

/**
 * Once the first `k` proposed are compared: how many of all could be among the `k` nearest, but for the error of their own codes. Fewer than before, since
 * of the `k`-th nearest the distance itself is known, and of codes that err to one side how far they do.
 *
 * @param toCode A distance on the scale of {@link Found.distance}.
 */
export function worthComparing(
  found: Found,
  proposed: number,
  { slack, isSquared }: Slack,
  toCode: (distance: number) => number,
): (nearest: readonly number[]) => number {
  // Found is a view that ends with the next search.
  const codes: number[] = [];
  for (let i = 0; i < proposed; i++) codes.push(found.distance(i));
  return (nearest) => {
    let last = Number.NEGATIVE_INFINITY;
    let aside = 0;
    const k = nearest.length;
    for (let i = 0; i < k; i++) {
      const exact = toCode(nearest[i]!);
      last = Math.max(last, exact);
      aside += (codes[i]! - exact) / k;
    }
    const error = (slack / seldom) * (isSquared ? Math.sqrt(Math.max(0, last)) : 1);
    const bound = last + aside + seldomOne * error * Math.sqrt(1 + 1 / k);
    let worth = k;
    while (worth < proposed && codes[worth]! <= bound) worth += 1;
    return worth;
  };
}
