// A byte-order mark at the beginning is part of the text.
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A field of a message: its number, and what it holds by its wire type. */
export type ProtoField =
  | { readonly field: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly field: number; readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly field: number; readonly kind: 'fixed'; readonly value: Uint8Array };

/** The answer is no protobuf message, or ends in the middle of one. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply';
}

/** The fields of a protobuf message in their order; values of bytes are views. Throws {@link MalformedReply}. */
export function* fieldsOf(message: Uint8Array): Generator<ProtoField, void, undefined> {
  let at = 0;
  const varint = (): bigint => {
    // Nearly all are small; the rest go through bigint, which holds all 64 bits.
    let low = 0;
    for (let i = 0; i < 4; i++) {
      const byte = message[at++];
      if (byte === undefined) throw new MalformedReply('the answer ends in the middle of a number');
      low |= (byte & 127) << (7 * i);
      if (byte < 128) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new MalformedReply('the answer ends in the middle of a number');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new MalformedReply('the answer holds a number of more than 64 bits');
  };
  const take = (byteLength: number): Uint8Array => {
    if (at + byteLength > message.length) throw new MalformedReply('the answer is shorter than it says');
    at += byteLength;
    return message.subarray(at - byteLength, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { field, kind: 'varint', value: varint() };
        break;
      case 1:
        yield { field, kind: 'fixed', value: take(8) };
        break;
      case 2:
        yield { field, kind: 'bytes', value: take(Number(varint())) };
        break;
      case 5:
        yield { field, kind: 'fixed', value: take(4) };
        break;
      default:
        throw new MalformedReply('the answer is no protobuf message');
    }
  }
}

/** Throws {@link MalformedReply} for bytes that are no UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return text.decode(bytes);
  } catch (error) {
    throw new MalformedReply('the answer holds text that is no UTF-8', { cause: error });
  }
}

/** The number as a signed 32-bit one, as `int32` fields and enums mean it. */
export function int32Of(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** A repeated number, packed or one by one. */
export function numbersOf(field: ProtoField): number[] {
  if (field.kind === 'varint') return [Number(BigInt.asIntN(64, field.value))];
  // A packed list is a run of varints: read as the values of nameless fields.
  const numbers: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of field.value) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte > 127) continue;
    numbers.push(Number(BigInt.asIntN(64, value)));
    value = 0n;
    shift = 0n;
  }
  if (shift !== 0n) throw new MalformedReply('the answer ends in the middle of a number');
  return numbers;
}
