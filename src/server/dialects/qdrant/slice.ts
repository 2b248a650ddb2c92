import type { PointId } from './ids.ts';

/** Which of `total` slices an id belongs to: SipHash-2-4 with a zero key over its bytes. */
export function sliceOf(id: PointId, total: number): number {
  return Number(sipHash(bytesOf(id)) % BigInt(total));
}

/** The eight bytes of a number, lowest first; the sixteen of a UUID. */
function bytesOf(id: PointId): Uint8Array {
  if (typeof id === 'string')
    return Uint8Array.from(id.replaceAll('-', '').match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(id), true);
  return bytes;
}

const rotated = (x: bigint, by: bigint) => BigInt.asUintN(64, (x << by) | (x >> (64n - by)));
const added = (a: bigint, b: bigint) => BigInt.asUintN(64, a + b);

/** Of a whole number of 8-byte words. */
function sipHash(bytes: Uint8Array): bigint {
  let v0 = 0x736f6d6570736575n;
  let v1 = 0x646f72616e646f6dn;
  let v2 = 0x6c7967656e657261n;
  let v3 = 0x7465646279746573n;
  const rounds = (times: number) => {
    for (let round = 0; round < times; round++) {
      v0 = added(v0, v1);
      v1 = rotated(v1, 13n) ^ v0;
      v0 = rotated(v0, 32n);
      v2 = added(v2, v3);
      v3 = rotated(v3, 16n) ^ v2;
      v0 = added(v0, v3);
      v3 = rotated(v3, 21n) ^ v0;
      v2 = added(v2, v1);
      v1 = rotated(v1, 17n) ^ v2;
      v2 = rotated(v2, 32n);
    }
  };
  const view = new DataView(bytes.buffer);
  const absorb = (word: bigint) => {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  for (let at = 0; at < bytes.length; at += 8) absorb(view.getBigUint64(at, true));
  absorb(BigInt(bytes.length) << 56n);
  v2 ^= 0xffn;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}
