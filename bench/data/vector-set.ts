import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from '../../scripts/lib/stamp.mjs';
import { benchCache, cachePlace } from '../lib/places.ts';

/** What a data set is, as it is printed and kept beside its files. */
export interface SetDescription {
  /** As in headlines: `fashion-mnist`. */
  readonly name: string;
  readonly metric: 'euclidean' | 'cosine';
  readonly dimension: number;
  readonly count: number;
  readonly queries: number;
  /** Of all there is in the source. */
  readonly available: number;
  /** The first 16 digits of the SHA-256 of base and queries. */
  readonly hash: string;
}

/** A set that was made. */
export interface SetPlace extends SetDescription {
  readonly directory: string;
}

/** Vectors to search in and to search for, row after row. */
export interface VectorSet extends SetPlace {
  readonly base: Float32Array;
  readonly asked: Float32Array;
}

/** What a source of data gives. */
export interface RawSet extends Omit<SetDescription, 'hash' | 'queries' | 'count'> {
  readonly base: Float32Array;
  readonly asked: Float32Array;
}

/** The directory of a set: complete where its description is there. */
export function setDirectory(name: string, count: number): string | undefined {
  const directory = join(benchCache, 'sets', `${name}-${count}`);
  return existsSync(join(directory, 'set.json')) ? directory : undefined;
}

export function writeSet(raw: RawSet): string {
  const { base, asked, name, metric, dimension, available } = raw;
  const count = base.length / dimension;
  const directory = cachePlace('sets', `${name}-${count}`);
  writeFileSync(join(directory, 'base.f32'), bytesOf(base));
  writeFileSync(join(directory, 'queries.f32'), bytesOf(asked));
  const hash = createHash('sha256').update(bytesOf(base)).update(bytesOf(asked)).digest('hex').slice(0, 16);
  const queries = asked.length / dimension;
  writeJson(join(directory, 'set.json'), { name, metric, dimension, count, queries, available, hash });
  return directory;
}

/** What is in a directory that {@link writeSet} made. */
export function describeSet(directory: string): SetPlace {
  return { ...(readJson(join(directory, 'set.json')) as SetDescription), directory };
}

/** All of it. */
export function readSet(directory: string): VectorSet {
  return {
    ...describeSet(directory),
    base: readFloats(join(directory, 'base.f32')),
    asked: readFloats(join(directory, 'queries.f32')),
  };
}

/** Row `i` of a matrix, as a view. */
export function rowOf(matrix: Float32Array, dimension: number, i: number): Float32Array {
  return matrix.subarray(i * dimension, (i + 1) * dimension);
}

export function readFloats(file: string): Float32Array {
  return new Float32Array(aligned(readFileSync(file)));
}

export function bytesOf(array: Float32Array | Float64Array | Uint32Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A buffer of its own: small files share one. */
export function aligned(bytes: Buffer): ArrayBuffer {
  if (bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength) return bytes.buffer as ArrayBuffer;
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
