import type { DenseParams, VectorParams } from './vector-schema.ts';
import { isMulti, isSparse, type MultiVector, type SparseVector, type Vector } from './vectors.ts';

/** How alike a stored vector is to a query: more is better. Undefined where they have nothing in common (sparse vectors). */
export type Similarity = (stored: Vector) => number | undefined;

/** What sparse scores are multiplied by, per index of the query. */
export type Weight = (index: number) => number;

/** Compares stored vectors with one query, in f32. Distances count negative, and squared under `Euclid`. */
export function similarityTo(query: Vector, params: VectorParams, weight?: Weight): Similarity {
  if (params.kind === 'sparse') {
    if (!isSparse(query)) return () => undefined;
    const weighted = weight === undefined ? query : weightedBy(query, weight);
    return (stored) => (isSparse(stored) ? sparseProduct(weighted, stored) : undefined);
  }
  const pair = pairSimilarity(params);
  if (isSparse(query)) return () => undefined;
  const rows = isMulti(query) ? query : [query];
  if (params.multi) return (stored) => (isMulti(stored) ? maxSimilarity(rows, stored, pair) : undefined);
  const row = rows[0]!;
  return (stored) => (stored instanceof Float32Array ? pair(row, stored) : undefined);
}

type Pair = (a: Float32Array, b: Float32Array) => number;

function pairSimilarity({ distance, datatype }: DenseParams): Pair {
  if (distance === 'Euclid') return negativeSquare;
  if (distance === 'Manhattan') return negativeManhattan;
  return distance === 'Cosine' && datatype === 'uint8' ? cosine : product;
}

/** Up to this length the real server adds in f32, one after another; longer vectors in lanes, whose number depends on the machine. */
const scalarLength = 32;

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  if (a.length < scalarLength) {
    for (let i = 0; i < a.length; i++) sum = Math.fround(sum + Math.fround(a[i]! * b[i]!));
    return sum;
  }
  // Four sums at once: an addition need not wait for the one before.
  const whole = a.length - (a.length % 4);
  let [s1, s2, s3] = [0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    sum += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < a.length; i++) sum += a[i]! * b[i]!;
  return Math.fround(sum + s1 + s2 + s3);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const norms = Math.sqrt(product(a, a) * product(b, b));
  return norms === 0 ? 0 : Math.fround(product(a, b) / norms);
}

function negativeSquare(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  if (a.length < scalarLength) {
    for (let i = 0; i < a.length; i++) {
      const difference = Math.fround(a[i]! - b[i]!);
      sum = Math.fround(sum + Math.fround(difference * difference));
    }
    return -sum;
  }
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return -Math.fround(sum);
}

function negativeManhattan(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  if (a.length < scalarLength) {
    for (let i = 0; i < a.length; i++) sum = Math.fround(sum + Math.abs(Math.fround(a[i]! - b[i]!)));
    return -sum;
  }
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return -Math.fround(sum);
}

/** For each vector of the query the best of the stored ones, summed. */
function maxSimilarity(query: MultiVector, stored: MultiVector, pair: Pair): number {
  let sum = 0;
  for (const row of query) {
    let best = Number.NEGATIVE_INFINITY;
    for (const other of stored) best = Math.max(best, pair(row, other));
    sum += best;
  }
  return Math.fround(sum);
}

function weightedBy({ indices, values }: SparseVector, weight: Weight): SparseVector {
  return { indices, values: values.map((value, at) => value * weight(indices[at]!)) };
}

/** The inner product over the indices that both have; undefined where there is none. Indices ascend. */
function sparseProduct(query: SparseVector, stored: SparseVector): number | undefined {
  let sum: number | undefined;
  for (let i = 0, from = 0; i < query.indices.length && from < stored.indices.length; i++) {
    const index = query.indices[i]!;
    from = placeOf(stored.indices, index, from);
    if (stored.indices[from] === index) sum = (sum ?? 0) + query.values[i]! * stored.values[from]!;
  }
  return sum === undefined ? undefined : Math.fround(sum);
}

/** Where an index is among ascending ones, or would be, from a place on. A query has few of them, a stored vector many. */
export function placeOf(indices: readonly number[], index: number, from = 0): number {
  let low = from;
  let high = indices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (indices[middle]! < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the score that is answered is better when it is higher: all but distances. */
export function isHigherBetter(params: VectorParams): boolean {
  return params.kind === 'sparse' || params.distance === 'Cosine' || params.distance === 'Dot';
}

/** What is answered for a similarity: the distance itself under a metric that measures one. */
export function scoreOf(similarity: number, params: VectorParams): number {
  if (params.kind === 'sparse' || isHigherBetter(params)) return similarity;
  return params.distance === 'Euclid' ? Math.fround(Math.sqrt(Math.abs(similarity))) : Math.abs(similarity);
}
