import { isObject, unsigned } from './body.ts';
import { invalidBody, malformed, wrongInput } from './errors.ts';
import { shortest } from './float32.ts';
import type { DenseParams, SparseParams, VectorParams, VectorSchema } from './vector-schema.ts';

/** Ascending indices, with a value each. */
export interface SparseVector {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

/** Several vectors under one name. */
export type MultiVector = readonly Float32Array[];

/** A vector as it is stored: normalised under `Cosine`. */
export type Vector = Float32Array | MultiVector | SparseVector;

/** What a point holds, by name; the unnamed one goes by `''`. */
export type PointVectors = ReadonlyMap<string, Vector>;

export function isMulti(vector: Vector): vector is MultiVector {
  return Array.isArray(vector);
}

export function isSparse(vector: Vector): vector is SparseVector {
  return 'indices' in vector;
}

/** The vectors of a point in a body, checked against the collection. */
export function readPointVectors(value: unknown, schema: VectorSchema, place: string): PointVectors {
  if (Array.isArray(value)) return new Map([['', readVector(value, schema, '', place)]]);
  if (!isObject(value) || ('indices' in value && 'values' in value)) throw badVector();
  return new Map(Object.entries(value).map(([name, vector]) => [name, readVector(vector, schema, name, `${place}.?`)]));
}

const badVector = () => malformed('data did not match any variant of untagged enum VectorStruct');

/** @throws 400 for an unknown name. */
export function paramsOf(schema: VectorSchema, name: string): VectorParams {
  const params = schema.get(name);
  if (params === undefined) throw wrongInput(`Not existing vector name error: ${name}`);
  return params;
}

/** One vector of a point or of a query, as it would be stored under a name. */
export function readVector(value: unknown, schema: VectorSchema, name: string, place: string): Vector {
  if (Array.isArray(value)) {
    if (value.length === 0) throw invalidBody(`${place}.vector: dense vector must not be empty`);
    return Array.isArray(value[0]) ? readMultiVector(value, schema, name, place) : readDense(value, schema, name);
  }
  if (!isObject(value) || !('indices' in value) || !('values' in value)) throw badVector();
  const sparse = readSparse(value.indices, value.values, place);
  if (paramsOf(schema, name).kind !== 'sparse') throw wrongInput(`Not existing vector name error: ${name}`);
  return sparse;
}

function readDense(value: readonly unknown[], schema: VectorSchema, name: string): Vector {
  const floats = readFloats(value);
  const params = denseParams(schema, name);
  const vector = stored(floats, params);
  return params.multi ? [vector] : vector;
}

function readMultiVector(rows: readonly unknown[], schema: VectorSchema, name: string, place: string): MultiVector {
  const all = rows.map((row) => {
    if (!Array.isArray(row)) throw badVector();
    if (row.length === 0) throw invalidBody(`${place}.data: all vectors must be non-empty`);
    return readFloats(row);
  });
  const width = all[0]!.length;
  const odd = all.find((row) => row.length !== width);
  if (odd !== undefined)
    throw invalidBody(
      `${place}.data: all vectors must have the same dimension, found vector with dimension ${odd.length}`,
    );
  const params = denseParams(schema, name);
  if (!params.multi) throw wrongInput('Conversion between multi and regular vectors failed');
  return all.map((row) => stored(row, params));
}

function readFloats(value: readonly unknown[]): Float32Array {
  const floats = new Float32Array(value.length);
  for (let at = 0; at < floats.length; at++) {
    const component = value[at];
    if (typeof component === 'number') floats[at] = component;
    else if (typeof component === 'bigint') floats[at] = Number(component);
    else throw badVector();
  }
  return floats;
}

function denseParams(schema: VectorSchema, name: string): DenseParams {
  const params = paramsOf(schema, name);
  if (params.kind === 'sparse') throw wrongInput(`Conversion between sparse and regular vectors failed`);
  return params;
}

function readSparse(givenIndices: unknown, givenValues: unknown, place: string): SparseVector {
  if (!Array.isArray(givenIndices) || !Array.isArray(givenValues)) throw badVector();
  const indices = givenIndices.map(unsigned);
  if (indices.some((index) => index > 0xffff_ffff)) throw badVector();
  const values: number[] = Array.from(readFloats(givenValues));
  if (indices.length !== values.length)
    throw invalidBody(`${place}.values: Validation error: must be the same length as indices [{}]`);
  if (new Set(indices).size !== indices.length)
    throw invalidBody(`${place}.indices: Validation error: must be unique [{}]`);
  const order = indices.map((_, at) => at).sort((a, b) => indices[a]! - indices[b]!);
  return { indices: order.map((at) => indices[at]!), values: order.map((at) => values[at]!) };
}

/** Checked for its length, and brought into the form that is stored. */
function stored(vector: Float32Array, { size, distance, datatype }: DenseParams): Float32Array {
  if (vector.length !== size) throw wrongInput(`Vector dimension error: expected dim: ${size}, got ${vector.length}`);
  // Bytes are kept as they are given; their cosine is taken when they are compared.
  if (datatype === 'uint8') return vector.map((component) => Math.min(255, Math.max(0, Math.trunc(component))));
  return distance === 'Cosine' ? normalised(vector) : vector;
}

const epsilon = 2 ** -23;

/** As the server does it in f32: tiny, unit and zero vectors stay as they are, one whose square overflows becomes zero. */
function normalised(vector: Float32Array): Float32Array {
  let square = 0;
  for (const component of vector) square += component * component;
  square = Math.fround(square);
  if (square < epsilon || Math.abs(square - 1) <= 1e-6) return vector;
  const norm = Math.fround(Math.sqrt(square));
  return vector.map((component) => component / norm);
}

/** A query vector made of others, brought into the form of a stored one. */
export function asStored(vector: Vector, params: DenseParams | SparseParams): Vector {
  if (params.kind === 'sparse' || isSparse(vector)) return vector;
  return isMulti(vector) ? vector.map((row) => stored(row, params)) : stored(vector, params);
}

/** The vectors of a point as they are answered: plain for the unnamed one, by name otherwise. */
export function shownVectors(vectors: PointVectors, names: readonly string[] | true): unknown {
  const unnamed = vectors.get('');
  if (unnamed !== undefined && names === true && vectors.size === 1) return shownVector(unnamed);
  const shown: Record<string, unknown> = {};
  for (const [name, vector] of vectors) if (names === true || names.includes(name)) shown[name] = shownVector(vector);
  return shown;
}

function shownVector(vector: Vector): unknown {
  if (isMulti(vector)) return vector.map((row) => Array.from(row, shortest));
  if (isSparse(vector)) return { indices: vector.indices, values: vector.values.map(shortest) };
  return Array.from(vector, shortest);
}
