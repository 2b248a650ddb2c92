import { invalid, VectorStoreError } from '../errors.ts';
import type { Metric, Payload } from '../types.ts';
import { copyPayload, isPlainObject, setOwn } from '../validate/payload.ts';
import { utf8Length } from '../validate/text.ts';
import { validateVector } from '../validate/vector.ts';
import type { FileSpec, Row } from './row-store.ts';

/** How to read a file that this library did not write. What is not said is found out. */
export interface ColumnOptions {
  /** Column of the ids. Default: the first there is of `id`, `_id`, `uuid`, `key`, `pk`; without one the row's number from 0 on. */
  readonly id?: string | undefined;
  /** Column of the vectors. Default: the first of `vector`, `embedding`, `embeddings`, `values`, `emb`, or the only one that holds lists of numbers. */
  readonly vector?: string | undefined;
  /** Column of the payloads, as objects or their JSON text. Default: `payload` or `metadata`, where it holds such. All other columns are members too. */
  readonly payload?: string | undefined;
  /** Column of the namespaces. Default: `namespace`, where it holds text. */
  readonly namespace?: string | undefined;
  /** Default: `cosine`. */
  readonly metric?: Metric | undefined;
}

/** What stands in which column. */
export interface Columns {
  readonly id?: string;
  readonly vector: string;
  readonly payload?: string;
  readonly namespace?: string;
}

/** One row of somebody else's, as plain values. */
export type PlainRow = Readonly<Record<string, unknown>>;

const idNames = ['id', '_id', 'uuid', 'key', 'pk'];
const vectorNames = ['vector', 'embedding', 'embeddings', 'values', 'emb'];
const payloadNames = ['payload', 'metadata'];

/**
 * Which columns are what, from some rows of the file.
 *
 * @throws `InvalidArgument` where a column that was named is not there, or no vectors are found.
 */
export function findColumns(sample: readonly PlainRow[], options: ColumnOptions, file: string): Columns {
  const names = [...new Set(sample.flatMap((row) => Object.keys(row)))];
  const valuesOf = (name: string) =>
    sample.map((row) => row[name]).filter((value) => value !== undefined && value !== null);
  const named = (role: 'id' | 'vector' | 'payload' | 'namespace') => {
    const name = options[role];
    if (name !== undefined && !names.includes(name))
      throw invalid(`config.${role}`, `${file} has no column ${JSON.stringify(name)}; it has ${listed(names)}`);
    return name;
  };
  const first = (candidates: readonly string[], fits: (value: unknown) => boolean) =>
    candidates.find((name) => names.includes(name) && valuesOf(name).length > 0 && valuesOf(name).every(fits));
  const lists = names.filter((name) => valuesOf(name).length > 0 && valuesOf(name).every(isNumberList));
  const vector = named('vector') ?? first(vectorNames, isNumberList) ?? (lists.length === 1 ? lists[0] : undefined);
  if (vector === undefined)
    throw invalid(
      'config.vector',
      `${file}: which column holds the vectors? Say so with vector=NAME; it has ${listed(names)}`,
    );
  const id = named('id') ?? first(idNames, isIdLike);
  const payload = named('payload') ?? first(payloadNames, isPayloadLike);
  const namespace = named('namespace') ?? first(['namespace'], (value) => typeof value === 'string');
  return { vector, ...(id && { id }), ...(payload && { payload }), ...(namespace && { namespace }) };
}

/** The dimension of the first vector there is; undefined where there is none. */
export function dimensionOf(sample: readonly PlainRow[], { vector }: Columns): number | undefined {
  for (const row of sample) {
    const value = row[vector];
    if (isNumberList(value)) return value.length;
  }
  return undefined;
}

/** What a collection is that says nothing of itself. */
export function foreignSpec(dimension: number, { metric = 'cosine' }: ColumnOptions): FileSpec {
  return { dimension, metric, fields: {}, index: { type: 'flat' }, ignoredHints: [] };
}

/**
 * A row of somebody else's as a record.
 *
 * @param number How many rows stand before it.
 * @throws `Corruption`, naming the place.
 */
export function toRow(
  plain: PlainRow,
  columns: Columns,
  expected: { readonly dimension: number; readonly metric: Metric },
  at: { readonly position: number; readonly number: number; readonly place: string },
): Row {
  const { place, position } = at;
  try {
    const vector = plain[columns.vector];
    return {
      position,
      id: columns.id === undefined ? String(at.number) : readId(plain[columns.id], `${place}: ${columns.id}`),
      namespace: columns.namespace === undefined ? '' : readNamespace(plain[columns.namespace], place),
      vector:
        vector === undefined || vector === null ? null : readVector(vector, expected, `${place}: ${columns.vector}`),
      payload: readPayload(plain, columns, place),
    };
  } catch (error) {
    if (!VectorStoreError.is(error, 'InvalidArgument')) throw error;
    throw new VectorStoreError('Corruption', error.message);
  }
}

function readVector(
  value: unknown,
  { dimension, metric }: { readonly dimension: number; readonly metric: Metric },
  place: string,
): Float32Array {
  const numbers = ArrayBuffer.isView(value) && isNumberList(value) ? Array.from(value) : value;
  return validateVector(numbers, dimension, metric, place);
}

function readId(value: unknown, place: string): string {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value);
  if (typeof value !== 'string' || value === '')
    throw invalid(place, 'an id is a text that is not empty, or an integer');
  if (utf8Length(value) > 512 || value.includes('\0') || !value.isWellFormed())
    throw invalid(place, 'an id is well-formed text of at most 512 UTF-8 bytes without NUL');
  return value;
}

function readNamespace(value: unknown, place: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string' || utf8Length(value) > 128 || value.includes('\0') || !value.isWellFormed())
    throw invalid(place, 'a namespace is well-formed text of at most 128 UTF-8 bytes without NUL');
  return value;
}

function readPayload(plain: PlainRow, columns: Columns, place: string): Payload {
  const taken = new Set(Object.values(columns));
  const members: Record<string, unknown> = {};
  for (const name of Object.keys(plain)) if (!taken.has(name)) setOwn(members, name, toJson(plain[name]));
  if (columns.payload !== undefined) {
    const given = payloadObject(plain[columns.payload]);
    if (given === undefined)
      throw invalid(`${place}: ${columns.payload}`, 'a payload is an object, or the JSON text of one');
    for (const name of Object.keys(given)) setOwn(members, name, toJson(given[name]));
  }
  return copyPayload(members, place);
}

/** Values of typed columns as JSON has them: no number is changed, no text invented for what has none. */
function toJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value) && isNumberList(value)) return Array.from(value, toJson);
  if (Array.isArray(value)) return value.map(toJson);
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setOwn(copy, key, toJson(value[key]));
  return copy;
}

/** The members of a payload given as object, JSON text or nothing; undefined for anything else. */
export function payloadObject(value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'string') return isPlainObject(value) ? value : undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isPlainObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isPayloadLike(value: unknown): boolean {
  return payloadObject(value) !== undefined;
}

function isIdLike(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value);
}

/** A list of at least one number, and of nothing else. */
function isNumberList(value: unknown): value is ArrayLike<number> {
  if (ArrayBuffer.isView(value)) return 'length' in value && !(value instanceof Uint8Array) && value.length !== 0;
  return Array.isArray(value) && value.length > 0 && value.every((element) => typeof element === 'number');
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => JSON.stringify(name)).join(', ');
}
