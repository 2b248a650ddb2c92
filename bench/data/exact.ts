import type { VectorSet } from './vector-set.ts';

/**
 * What nearness is measured by, in f64: smaller is nearer, and equal for vectors equally near. With `x` of the base and `q` asked for,
 * |x|² − 2⟨q, x⟩ under the Euclidean metric, −⟨q, x⟩ / |x| under cosine: the rest is the same for every `x`.
 */
export class Nearness {
  readonly #set: VectorSet;
  readonly #squares: Float64Array;

  constructor(set: VectorSet) {
    const { base, dimension, count } = set;
    this.#set = set;
    this.#squares = Float64Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let j = i * dimension; j < (i + 1) * dimension; j++) sum += base[j]! * base[j]!;
      return sum;
    });
  }

  of(query: number, row: number): number {
    const { base, asked, dimension } = this.#set;
    let sum = 0;
    for (let j = 0; j < dimension; j++) sum += asked[query * dimension + j]! * base[row * dimension + j]!;
    return this.#from(sum, row);
  }

  /**
   * The nearness of the k-th nearest, for each of some queries.
   *
   * @param rows Which may be found, all where undefined.
   */
  ofKth(queries: readonly number[], k: number, rows?: Uint32Array): Float64Array {
    const result = new Float64Array(queries.length);
    for (let at = 0; at < queries.length; at += together) {
      const block = queries.slice(at, at + together);
      for (const [i, nearest] of this.#nearest(block, k, rows).entries()) result[at + i] = nearest[k - 1]!;
    }
    return result;
  }

  /** Eight queries at a time: a row is read once for all of them, and no addition waits for the one before. */
  #nearest(queries: readonly number[], k: number, rows: Uint32Array | undefined): Float64Array[] {
    const { base, asked, dimension, count } = this.#set;
    const q = new Float64Array(together * dimension);
    for (const [i, query] of queries.entries())
      for (let j = 0; j < dimension; j++) q[j * together + i] = asked[query * dimension + j]!;
    const best = queries.map(() => new Float64Array(k).fill(Number.POSITIVE_INFINITY));
    const sums = new Float64Array(together);
    for (let i = 0; i < (rows?.length ?? count); i++) {
      const row = rows === undefined ? i : rows[i]!;
      products(q, base, row * dimension, dimension, sums);
      for (let n = 0; n < queries.length; n++) keep(best[n]!, this.#from(sums[n]!, row));
    }
    return best;
  }

  #from(product: number, row: number): number {
    const square = this.#squares[row]!;
    return this.#set.metric === 'euclidean' ? square - 2 * product : -product / Math.sqrt(square);
  }
}

const together = 8;

/** Inner products of eight queries, interleaved in `q`, with one row. Each is summed in the order of the components. */
function products(q: Float64Array, base: Float32Array, at: number, dimension: number, sums: Float64Array): void {
  let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let j = 0, n = 0; j < dimension; j++, n += together) {
    const x = base[at + j]!;
    s0 += x * q[n]!;
    s1 += x * q[n + 1]!;
    s2 += x * q[n + 2]!;
    s3 += x * q[n + 3]!;
    s4 += x * q[n + 4]!;
    s5 += x * q[n + 5]!;
    s6 += x * q[n + 6]!;
    s7 += x * q[n + 7]!;
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
  sums[4] = s4;
  sums[5] = s5;
  sums[6] = s6;
  sums[7] = s7;
}

/** Keeps the least, ascending. */
function keep(best: Float64Array, value: number): void {
  let at = best.length - 1;
  if (value >= best[at]!) return;
  for (; at > 0 && best[at - 1]! > value; at--) best[at] = best[at - 1]!;
  best[at] = value;
}
