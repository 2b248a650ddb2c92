/** Node only. Whether two records are equal, as far as a store gives back what it was given. */
import type { Capabilities } from '../capabilities.ts';
import { norm } from '../score.ts';
import type { Payload, VectorInput } from '../types.ts';
import { payloadDigest, vectorDigest } from './digest.ts';

/** How far vectors may be apart that a store rounds or normalises: relative to their length, and as an angle in radians. */
const vectorTolerance = 1e-6;

/** Parts in which the target's record differs from the one wanted. */
export function differingParts(
  wanted: { readonly vector: VectorInput | null; readonly payload?: Payload },
  found: { readonly vector: Float32Array | null; readonly payload: Payload },
  readback: Capabilities['vectorReadback'],
): ('vector' | 'payload')[] {
  const parts: ('vector' | 'payload')[] = [];
  if (!equalVectors(wanted.vector, found.vector, readback)) parts.push('vector');
  if (payloadDigest(wanted.payload ?? {}) !== payloadDigest(found.payload)) parts.push('payload');
  return parts;
}

function equalVectors(
  wanted: VectorInput | null,
  found: Float32Array | null,
  readback: Capabilities['vectorReadback'],
): boolean {
  if (wanted === null || found === null) return wanted === found;
  if (wanted.length !== found.length) return false;
  if (vectorDigest(wanted) === vectorDigest(found)) return true;
  if (readback === 'bits') return false;
  const a = Float32Array.from(wanted);
  const [lengthA, lengthB] = [norm(a), norm(found)];
  if (readback === 'rounded' && Math.abs(lengthA - lengthB) > vectorTolerance * lengthA) return false;
  return chord(a, lengthA, found, lengthB) <= vectorTolerance;
}

/** The distance of the two directions, which is the angle where it is small; precise there, as its cosine would not be. */
function chord(a: Float32Array, lengthA: number, b: Float32Array, lengthB: number): number {
  if (lengthA === 0 || lengthB === 0) return lengthA === lengthB ? 0 : 2;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! / lengthA - b[i]! / lengthB) ** 2;
  return Math.sqrt(sum);
}
