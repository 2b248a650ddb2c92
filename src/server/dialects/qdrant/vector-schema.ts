import { flag, isObject, type Json, object, optional } from './body.ts';
import { invalidBody, malformed, notCovered, wrongInput } from './errors.ts';

const distances = ['Cosine', 'Dot', 'Euclid', 'Manhattan'] as const;
export type Distance = (typeof distances)[number];

const datatypes = ['float32', 'uint8'] as const;
export type Datatype = (typeof datatypes)[number];

/** A dense vector of a collection, or a list of them under one name (`multi`). */
export interface DenseParams {
  readonly kind: 'dense';
  readonly size: number;
  readonly distance: Distance;
  readonly datatype: Datatype;
  /** Points hold any number of vectors, compared by the sum over the query's vectors of their best match. */
  readonly multi: boolean;
}

/** A sparse vector of a collection. */
export interface SparseParams {
  readonly kind: 'sparse';
  /** Scores are weighted by inverse document frequency. */
  readonly idf: boolean;
}

export type VectorParams = DenseParams | SparseParams;

/** The vectors that a collection's points may have, by name; the unnamed one goes by `''`. */
export type VectorSchema = ReadonlyMap<string, VectorParams>;

/** @throws 400 or 422 for settings that Qdrant refuses, 501 for those that only this server does. */
export function readSchema(vectors: unknown, sparse: unknown): VectorSchema {
  const dense = denseEntries(vectors);
  const names = new Set(dense.map(([name]) => name));
  const others = sparseEntries(sparse);
  if (others.some(([name]) => name === '')) throw wrongInput('Sparse vector name cannot be empty');
  const twice = others.find(([name]) => names.has(name));
  if (twice !== undefined)
    throw wrongInput(`Dense and sparse vector names must be unique - duplicate found with '${twice[0]}'`);
  return new Map<string, VectorParams>([...dense, ...others]);
}

function denseEntries(vectors: unknown): [string, DenseParams][] {
  if (vectors === undefined || vectors === null) return [];
  if (!isObject(vectors)) throw badConfig();
  const unnamed = 'size' in vectors && 'distance' in vectors && !isObject(vectors.size);
  if (unnamed) return [['', readDenseParams(vectors)]];
  return Object.entries(vectors).map(([name, params]) => [name, readDenseParams(params)]);
}

/** Places where vectors can be kept, and those of an index. */
const memories = ['cold', 'cached', 'pinned'];

export function readDenseParams(params: unknown): DenseParams {
  if (!isObject(params)) throw badConfig();
  const { size, distance, datatype, memory } = params;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || !isDistance(distance)) throw badConfig();
  if (size < 1) throw badConfig();
  if (size > 65_536) throw invalidBody(`vectors.size: value ${size} invalid, must be from 1 to 65536`);
  if (memory !== undefined && memory !== null && !memories.includes(String(memory))) throw badConfig();
  if (memory === 'pinned') throw invalidBody('vectors.memory: `pinned` is not supported for dense vector storage');
  return { kind: 'dense', size, distance, datatype: readDatatype(datatype), multi: readMulti(params) };
}

function readDatatype(datatype: unknown): Datatype {
  if (datatype === undefined || datatype === null) return 'float32';
  const known = datatypes.find((name) => name === datatype);
  if (known === undefined) throw notCovered(`vectors of datatype ${String(datatype)}`);
  return known;
}

function readMulti(params: Json): boolean {
  const config = optional(params.multivector_config, (value) => object(value, 'struct MultiVectorConfig'));
  if (config === undefined) return false;
  if (config.comparator !== 'max_sim') throw badConfig();
  return true;
}

function isDistance(value: unknown): value is Distance {
  return (distances as readonly unknown[]).includes(value);
}

function badConfig(): Error {
  return malformed('data did not match any variant of untagged enum VectorsConfig');
}

function sparseEntries(sparse: unknown): [string, SparseParams][] {
  if (sparse === undefined || sparse === null) return [];
  return Object.entries(object(sparse, 'a map')).map(([name, params]) => [name, readSparseParams(params)]);
}

export function readSparseParams(params: unknown): SparseParams {
  const settings = optional(params, (value) => object(value, 'struct SparseVectorParams')) ?? {};
  const { modifier } = settings;
  if (modifier !== undefined && modifier !== null && modifier !== 'idf' && modifier !== 'none')
    throw malformed(`unknown variant \`${String(modifier)}\`, expected \`none\` or \`idf\``);
  const index = optional(settings.index, (value) => object(value, 'struct SparseIndexParams'));
  if (index !== undefined) {
    optional(index.on_disk, (value) => flag(value, 'on_disk'));
    optional(index.datatype, readSparseDatatype);
  }
  return { kind: 'sparse', idf: modifier === 'idf' };
}

/** What weights are kept as by an index on disk: here they are as they came. */
function readSparseDatatype(datatype: unknown): void {
  if (!['float32', 'float16', 'uint8'].includes(String(datatype)))
    throw malformed(`unknown variant \`${String(datatype)}\`, expected one of \`float32\`, \`uint8\`, \`float16\``);
}

/** The `vectors` and `sparse_vectors` parts of a collection's parameters. */
export function shownSchema({ vectors, sparse_vectors: sparse }: Json): Json {
  return {
    vectors: vectors ?? {},
    ...(sparse !== undefined && sparse !== null && { sparse_vectors: sparse }),
  };
}
