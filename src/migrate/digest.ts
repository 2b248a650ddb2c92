/** Node only. What two records have in common if they are equal: 16 bytes for the payload, 16 for the vector. */
import { hash } from 'node:crypto';
import type { JsonValue, Payload } from '../types.ts';

/** Bytes of one digest. */
export const digestBytes = 16;

/**
 * A JSON value as the one text that all equal values share: keys sorted by code units, no spaces, −0 as 0. An absent member and a null one differ, as do
 * `1`, `"1"`, `true` and `[1]`; `1` and `1.0` are one number.
 */
export function canonicalJson(value: JsonValue | Payload | undefined): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'number' ? `${value + 0}` : JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map((element: JsonValue) => canonicalJson(element)).join(',')}]`;
  const object = value as Payload;
  const members = Object.keys(object).filter((key) => object[key] !== undefined);
  return `{${members
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`)
    .join(',')}}`;
}

/** Of a payload's {@link canonicalJson}, as text of 16 one-byte characters. */
export function payloadDigest(payload: Payload): string {
  return digestOf(canonicalJson(payload));
}

/** Where a vector's bits are put together: digests are made of millions, one after another. */
let bits = new Float32Array(0);

/** Of a vector's f32 bits, −0 as 0; a record without a vector has a digest of its own. */
export function vectorDigest(vector: Float32Array | readonly number[] | null): string {
  if (vector === null) return digestOf('no vector');
  if (bits.length < vector.length) bits = new Float32Array(vector.length);
  // Adding 0 turns −0 into 0.
  for (let i = 0; i < vector.length; i++) bits[i] = vector[i]! + 0;
  return digestOf(new Uint8Array(bits.buffer, 0, 4 * vector.length));
}

/** A record's two digests as text of 32 one-byte characters: payload, then vector. */
export function recordDigest(record: {
  readonly payload?: Payload;
  readonly vector: Float32Array | readonly number[] | null;
}): string {
  return payloadDigest(record.payload ?? {}) + vectorDigest(record.vector);
}

/** The same as text for a file. */
export function sampledDigest(record: Parameters<typeof recordDigest>[0]): string {
  return Buffer.from(recordDigest(record), 'latin1').toString('base64');
}

/** What records in this order have in common: `before` is that of those before, `''` of none. */
export function chainedDigest(before: string, id: string, digest: string): string {
  return hash('sha256', Buffer.from(`${before}\n${digest}\n${id}`, 'utf8'), 'base64');
}

function digestOf(content: string | Uint8Array): string {
  return hash('sha256', content, 'binary').slice(0, digestBytes);
}
