const text = new TextEncoder();

/** Writes protobuf messages: the few wire types that Milvus's requests need, into one growing buffer. */
export class ProtoWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 1_024) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** An integer, enum or boolean. Zero is the default, and left out as proto3 does. */
  number(field: number, value: number): this {
    return value === 0 ? this : this.#tag(field, 0).#varint(value);
  }

  /** A 64-bit unsigned integer. */
  bigint(field: number, value: bigint): this {
    if (value === 0n) return this;
    this.#tag(field, 0);
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.#byte(Number(rest & 127n) | 128);
    return this.#byte(Number(rest));
  }

  string(field: number, value: string): this {
    return value === '' ? this : this.element(field, value);
  }

  /** A member of a repeated field, where `''` counts. */
  element(field: number, value: string): this {
    // At most three bytes per unit; the length goes before the bytes, so they are written a little further on first where it is short.
    const most = value.length * 3;
    this.#tag(field, 2);
    this.#reserve(most + 5);
    const width = varintWidth(most);
    const { written } = text.encodeInto(value, this.#bytes.subarray(this.#length + width));
    const at = this.#length + width;
    const exact = varintWidth(written);
    if (exact < width) this.#bytes.copyWithin(this.#length + exact, at, at + written);
    this.#varint(written);
    this.#length += written;
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 2).#varint(value.byteLength);
    this.#reserve(value.byteLength);
    this.#bytes.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  /** Vectors one after another, as a packed list of f32. */
  floats(field: number, vectors: readonly Float32Array[]): this {
    const byteLength = vectors.reduce((sum, vector) => sum + vector.byteLength, 0);
    this.#tag(field, 2).#varint(byteLength);
    this.#reserve(byteLength);
    for (const vector of vectors) {
      this.#bytes.set(littleEndian(vector), this.#length);
      this.#length += vector.byteLength;
    }
    return this;
  }

  /** A message within: `write` fills it. */
  message(field: number, write: (writer: ProtoWriter) => void): this {
    const start = this.#tag(field, 2).#length;
    // Five bytes hold the length of any message; what it does not need is closed up afterwards.
    this.#reserve(5);
    this.#length += 5;
    write(this);
    const byteLength = this.#length - start - 5;
    const width = varintWidth(byteLength);
    this.#bytes.copyWithin(start + width, start + 5, this.#length);
    this.#length = start;
    this.#varint(byteLength);
    this.#length += byteLength;
    return this;
  }

  /** What was written; a view, valid until more is written. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #tag(field: number, wireType: number): this {
    return this.#varint(field * 8 + wireType);
  }

  #varint(value: number): this {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#byte((rest % 128) + 128);
    return this.#byte(rest);
  }

  #byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function varintWidth(value: number): number {
  let width = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) width += 1;
  return width;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The bytes of a vector as they travel. */
export function littleEndian(vector: Float32Array): Uint8Array {
  if (isLittleEndian) return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  const view = new DataView(new ArrayBuffer(vector.byteLength));
  for (let i = 0; i < vector.length; i++) view.setFloat32(i * 4, vector[i]!, true);
  return new Uint8Array(view.buffer);
}

/** Vectors from their bytes: an own copy. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes);
  if (isLittleEndian) return new Float32Array(copy.buffer, 0, copy.byteLength >> 2);
  const view = new DataView(copy.buffer);
  return Float32Array.from({ length: copy.byteLength >> 2 }, (_, i) => view.getFloat32(i * 4, true));
}
