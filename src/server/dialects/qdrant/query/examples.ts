import { isObject, type Json, number, object, text } from '../body.ts';
import type { Collection } from '../collection.ts';
import { malformed, notCovered, notFound, wrongInput } from '../errors.ts';
import { type PointId, readPointId } from '../ids.ts';
import { isMulti, isSparse, paramsOf, readVector, type SparseVector, type Vector } from '../vectors.ts';
import type { Scope } from './query.ts';

/** Reads the vectors that a query compares points with: given, or those of points, which are then not among the answers. */
export class Examples {
  readonly #scope: Scope;
  readonly #using: string;
  /** Where the vectors of ids are looked up. */
  readonly #source: Collection;
  readonly #sourceName: string;
  /** Ids of this collection that were named. */
  readonly named = new Set<PointId>();

  constructor(body: Json, using: string, scope: Scope) {
    this.#scope = scope;
    this.#using = using;
    const { lookup_from: from } = body;
    if (from === undefined || from === null) {
      this.#source = scope.collection;
      this.#sourceName = using;
      return;
    }
    const { collection, vector } = object(from, 'struct LookupLocation');
    this.#source = scope.find(text(collection, 'collection'));
    this.#sourceName = typeof vector === 'string' ? vector : using;
  }

  /** A vector, or the id of a point that has it. */
  read(value: unknown): Vector {
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string')
      return this.#vectorOf(readPointId(value));
    if (isObject(value) && ('text' in value || 'image' in value || 'object' in value || 'model' in value))
      throw notCovered('inference: vectors made of texts or images');
    if (!Array.isArray(value) && !isObject(value))
      throw malformed('data did not match any variant of untagged enum VectorInput');
    return readVector(value, this.#scope.collection.schema, this.#using, 'query');
  }

  #vectorOf(id: PointId): Vector {
    const point = this.#source.get(id);
    if (point === undefined) throw notFound(`No point with id ${id} found`);
    const params = paramsOf(this.#source.schema, this.#sourceName);
    const vector = point.vectors.get(this.#sourceName);
    if (vector === undefined) throw notFound(`Vector with name ${JSON.stringify(this.#sourceName)} for point`);
    if (this.#source === this.#scope.collection) this.named.add(id);
    const own = paramsOf(this.#scope.collection.schema, this.#using);
    if (own.kind === 'dense' && params.kind === 'dense' && own.size !== params.size)
      throw wrongInput(`Vector dimension error: expected dim: ${own.size}, got ${params.size}`);
    return vector;
  }
}

export function readList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed('invalid type: expected a sequence');
  return value;
}

/** Twice the average of what is wanted, less that of what is not. */
export function average(positive: readonly Vector[], negative: readonly Vector[]): Vector {
  const wanted = mean(positive);
  if (negative.length === 0) return wanted;
  const unwanted = mean(negative);
  if (isSparse(wanted) && isSparse(unwanted)) return combined(wanted, unwanted, (a, b) => a + a - b);
  if (isMulti(wanted) && isMulti(unwanted)) return [...wanted, ...unwanted.map((row) => row.map((value) => -value))];
  if (wanted instanceof Float32Array && unwanted instanceof Float32Array)
    return wanted.map((value, at) => value + value - unwanted[at]!);
  throw wrongInput(
    'Positive and negative vectors should be of the same type, either all dense or all sparse or all multi',
  );
}

function mean(vectors: readonly Vector[]): Vector {
  const [first] = vectors;
  if (first === undefined) throw wrongInput('Positive vectors should not be empty with this strategy');
  if (vectors.every(isSparse)) {
    const sum = vectors.reduce((a, b) => combined(a, b, (x, y) => x + y));
    return { indices: sum.indices, values: sum.values.map((value) => value / vectors.length) };
  }
  if (vectors.every(isMulti)) return vectors.flat();
  const sum = new Float32Array((first as Float32Array).length);
  for (const vector of vectors as readonly Float32Array[])
    for (let at = 0; at < sum.length; at++) sum[at]! += vector[at]!;
  return sum.map((value) => value / vectors.length);
}

function combined(a: SparseVector, b: SparseVector, join: (a: number, b: number) => number): SparseVector {
  const left = new Map(a.indices.map((index, at) => [index, a.values[at]!]));
  const right = new Map(b.indices.map((index, at) => [index, b.values[at]!]));
  const indices = [...new Set([...a.indices, ...b.indices])].sort((x, y) => x - y);
  return { indices, values: indices.map((index) => join(left.get(index) ?? 0, right.get(index) ?? 0)) };
}

export function numberOr(value: unknown, fallback: number, what: string): number {
  return value === undefined || value === null ? fallback : number(value, what);
}
