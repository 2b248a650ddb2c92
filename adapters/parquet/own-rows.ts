import { type PlainRow, payloadObject } from '../../src/files/columns.ts';
import { corruptFile } from '../../src/files/corrupt.ts';
import type { Row, RowKey } from '../../src/files/row-store.ts';
import type { Payload } from '../../src/types.ts';

/** Whose a row of a file is that this library wrote. @throws `Corruption` */
export function parseOwnKey({ id, namespace }: PlainRow, position: number, place: string): RowKey {
  if (typeof id !== 'string' || typeof namespace !== 'string') throw corruptFile(place, 'no id or no namespace');
  return { position, id, namespace };
}

/** A row of a file that this library wrote. @throws `Corruption` */
export function parseOwnRow(plain: PlainRow, dimension: number, position: number, place: string): Row {
  const payload = typeof plain.payload === 'string' ? payloadObject(plain.payload) : undefined;
  if (payload === undefined) throw corruptFile(place, 'no payload');
  const vector = readVector(plain.vector, dimension, place);
  return { ...parseOwnKey(plain, position, place), vector, payload: payload as Payload };
}

function readVector(value: unknown, dimension: number, place: string): Float32Array | null {
  if (value === null || value === undefined) return null;
  const isList = Array.isArray(value) || value instanceof Float32Array;
  if (!isList || value.length !== dimension || !value.every(Number.isFinite))
    throw corruptFile(place, `no vector of ${dimension} numbers`);
  return Float32Array.from(value);
}
