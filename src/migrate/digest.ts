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

/** Of a payload's {@link canonicalJson}. */
export function payloadDigest(payload: Payload): Buffer {
  return digestOf(canonicalJson(payload));
}

/** Of a vector's f32 bits, −0 as 0; a record without a vector has a digest of its own. */
export function vectorDigest(vector: Float32Array | readonly number[] | null): Buffer {
  if (vector === null) return digestOf('no vector');
  const bits = Float32Array.from(vector);
  // Turns −0 into 0. A mapping function given to `from` takes fifteen times as long.
  for (let i = 0; i < bits.length; i++) bits[i]! += 0;
  return digestOf(new Uint8Array(bits.buffer));
}

/** A record's two digests as text of 32 one-byte characters, which takes 32 bytes in memory: payload, then vector. */
export function recordDigest(record: {
  readonly payload?: Payload;
  readonly vector: Float32Array | readonly number[] | null;
}): string {
  return payloadDigest(record.payload ?? {}).toString('latin1') + vectorDigest(record.vector).toString('latin1');
}

/** What records in this order have in common: `before` is that of those before, `''` of none. */
export function chainedDigest(before: string, id: string, digest: string): string {
  return hash('sha256', Buffer.from(`${before}\n${digest}\n${id}`, 'utf8'), 'base64');
}

function digestOf(content: string | Uint8Array): Buffer {
  const whole: Buffer = hash('sha256', content, 'buffer');
  return whole.subarray(0, digestBytes);
}
