import { isObject, type Json, object, unsigned } from './body.ts';
import { invalidBody, malformed, notCovered, wrongInput } from './errors.ts';

const distances = ['Cosine', 'Dot', 'Euclid', 'Manhattan'] as const;
type Distance = (typeof distances)[number];

/** A dense vector of a collection: its length and metric. */
export interface DenseParams {
  readonly size: number;
  readonly distance: Distance;
}

/** The vectors that a collection's points have; the unnamed one goes by `''`. */
export interface VectorSchema {
  readonly dense: ReadonlyMap<string, DenseParams>;
  /** By name, whether scores are weighted by inverse document frequency. */
  readonly sparse: ReadonlyMap<string, { readonly idf: boolean }>;
}

export interface SparseVector {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

/** What a point holds, dense ones as they are stored: normalised under `Cosine`. */
export interface PointVectors {
  readonly dense: ReadonlyMap<string, Float32Array>;
  readonly sparse: ReadonlyMap<string, SparseVector>;
}

export function readSchema(vectors: unknown, sparse: unknown): VectorSchema {
  return { dense: readDenseSchema(vectors), sparse: readSparseSchema(sparse) };
}

function readDenseSchema(vectors: unknown): Map<string, DenseParams> {
  if (vectors === undefined || vectors === null) return new Map();
  const unnamed = isObject(vectors) && 'size' in vectors && 'distance' in vectors && !isObject(vectors.size);
  if (unnamed) return new Map([['', readParams(vectors)]]);
  if (!isObject(vectors)) throw badConfig();
  return new Map(Object.entries(vectors).map(([name, params]) => [name, readParams(params)]));
}

function readParams(params: unknown): DenseParams {
  if (!isObject(params)) throw badConfig();
  const { size, distance } = params;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || !isDistance(distance)) throw badConfig();
  if (size > 65_536) throw invalidBody('vectors.size: value 65537 invalid, must be from 1 to 65536');
  if (params.multivector_config !== undefined && params.multivector_config !== null) throw notCovered('multivectors');
  if (params.datatype !== undefined && params.datatype !== null && params.datatype !== 'float32')
    throw notCovered(`vectors of datatype ${String(params.datatype)}`);
  return { size, distance };
}

function isDistance(value: unknown): value is Distance {
  return (distances as readonly unknown[]).includes(value);
}

function badConfig(): Error {
  return malformed('data did not match any variant of untagged enum VectorsConfig');
}

function readSparseSchema(sparse: unknown): Map<string, { idf: boolean }> {
  if (sparse === undefined || sparse === null) return new Map();
  return new Map(
    Object.entries(object(sparse, 'a map')).map(([name, params]) => [
      name,
      { idf: isObject(params) && params.modifier === 'idf' },
    ]),
  );
}

/** The vectors of a point in a body, checked against the collection. */
export function readPointVectors(value: unknown, schema: VectorSchema, place: string): PointVectors {
  const dense = new Map<string, Float32Array>();
  const sparse = new Map<string, SparseVector>();
  if (Array.isArray(value)) dense.set('', readDense(value, schema, '', place));
  else if (isObject(value) && isObject(value) && !('indices' in value && 'values' in value)) {
    for (const [name, vector] of Object.entries(value)) {
      if (Array.isArray(vector)) dense.set(name, readDense(vector, schema, name, `${place}.${name}`));
      else sparse.set(name, readSparse(vector, schema, name));
    }
  } else throw malformed('data did not match any variant of untagged enum VectorStruct');
  return { dense, sparse };
}

function readDense(value: readonly unknown[], schema: VectorSchema, name: string, place: string): Float32Array {
  if (value.length === 0) throw invalidBody(`${place}.vector: dense vector must not be empty`);
  if (Array.isArray(value[0])) throw notCovered('multivectors');
  if (!value.every((component) => typeof component === 'number'))
    throw malformed('data did not match any variant of untagged enum VectorStruct');
  return stored(Float32Array.from(value as readonly number[]), denseParams(schema, name));
}

/** @throws 400 for an unknown name. */
function denseParams(schema: VectorSchema, name: string): DenseParams {
  const params = schema.dense.get(name);
  if (params === undefined) throw wrongInput(`Not existing vector name error: ${name}`);
  return params;
}

function readSparse(value: unknown, schema: VectorSchema, name: string): SparseVector {
  if (!isObject(value) || !Array.isArray(value.indices) || !Array.isArray(value.values))
    throw malformed('data did not match any variant of untagged enum VectorStruct');
  if (!schema.sparse.has(name)) throw wrongInput(`Not existing vector name error: ${name}`);
  const indices = value.indices.map(unsigned);
  const values: unknown[] = value.values;
  if (indices.length !== values.length) throw invalidBody('vector.values: must be the same length as indices');
  if (new Set(indices).size !== indices.length) throw invalidBody('vector.indices: must be unique');
  if (!values.every((component): component is number => typeof component === 'number'))
    throw malformed('data did not match any variant of untagged enum VectorStruct');
  return { indices, values };
}

/** A query as it is asked: dense by default, sparse where it has indices. */
export type QueryVector =
  | { readonly dense: Float32Array; readonly params: DenseParams }
  | { readonly sparse: SparseVector; readonly idf: boolean };

export function readQueryVector(value: unknown, schema: VectorSchema, using: string): QueryVector {
  if (isObject(value)) return { sparse: readSparse(value, schema, using), idf: schema.sparse.get(using)?.idf ?? false };
  if (!Array.isArray(value) || !value.every((component) => typeof component === 'number'))
    throw malformed('data did not match any variant of untagged enum VectorInput');
  const params = denseParams(schema, using);
  return { dense: stored(Float32Array.from(value), params), params };
}

/** Checked for its length, and normalised where the metric wants it. */
function stored(vector: Float32Array, { size, distance }: DenseParams): Float32Array {
  if (vector.length !== size) throw wrongInput(`Vector dimension error: expected dim: ${size}, got ${vector.length}`);
  return distance === 'Cosine' ? normalised(vector) : vector;
}

const epsilon = 2 ** -23;

/** As the server does it in f32: tiny, unit and zero vectors stay as they are, one whose square overflows becomes zero. */
function normalised(vector: Float32Array): Float32Array {
  let square = 0;
  for (const component of vector) square += component * component;
  square = Math.fround(square);
  if (square < epsilon || Math.abs(square - 1) <= 1e-6) return vector;
  const norm = Math.sqrt(square);
  return vector.map((component) => component / norm);
}

/** Whether a higher score is better. */
export function isSimilarity({ distance }: DenseParams): boolean {
  return distance === 'Cosine' || distance === 'Dot';
}

/** The score in f32. */
export function score(query: Float32Array, vector: Float32Array, { distance }: DenseParams): number {
  let sum = 0;
  switch (distance) {
    case 'Cosine':
    case 'Dot':
      for (let i = 0; i < query.length; i++) sum += query[i]! * vector[i]!;
      return Math.fround(sum);
    case 'Euclid':
      for (let i = 0; i < query.length; i++) {
        const difference = query[i]! - vector[i]!;
        sum += difference * difference;
      }
      return Math.fround(Math.sqrt(sum));
    case 'Manhattan':
      for (let i = 0; i < query.length; i++) sum += Math.abs(query[i]! - vector[i]!);
      return Math.fround(sum);
  }
}

/** The inner product over the indices that both have; undefined where there is none. */
export function sparseScore(
  query: SparseVector,
  vector: SparseVector,
  weight: (index: number) => number,
): number | undefined {
  const values = new Map(vector.indices.map((index, at) => [index, vector.values[at]!]));
  let sum: number | undefined;
  query.indices.forEach((index, at) => {
    const value = values.get(index);
    if (value !== undefined) sum = (sum ?? 0) + query.values[at]! * value * weight(index);
  });
  return sum === undefined ? undefined : Math.fround(sum);
}

/** The vectors of a point as they are answered: plain for the unnamed one, by name otherwise. */
export function shownVectors({ dense, sparse }: PointVectors, names: readonly string[] | true): unknown {
  const unnamed = dense.get('');
  if (unnamed !== undefined && names === true) return [...unnamed];
  const chosen = (name: string) => names === true || names.includes(name);
  return Object.fromEntries([
    ...[...dense].flatMap(([name, vector]) => (chosen(name) && name !== '' ? [[name, [...vector]] as const] : [])),
    ...[...sparse].flatMap(([name, vector]) => (chosen(name) ? [[name, vector] as const] : [])),
  ]);
}

/** For messages and configuration: the `vectors` part of a collection's parameters. */
export function shownSchema({ vectors, sparse_vectors: sparse }: Json): Json {
  return {
    ...(vectors !== undefined && vectors !== null && { vectors }),
    ...(sparse !== undefined && sparse !== null && { sparse_vectors: sparse }),
  };
}
