import { VectorStoreError } from '../../errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Appends little-endian values to a growing buffer. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  f64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** Length in bytes, then UTF-8. */
  text(value: string): this {
    const lengthAt = this.#reserve(4 + value.length * 3);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(lengthAt + 4));
    this.#view.setUint32(lengthAt, written, true);
    this.#length = lengthAt + 4 + written;
    return this;
  }

  raw(value: Uint8Array): this {
    this.#bytes.set(value, this.#reserve(value.byteLength));
    return this;
  }

  /** The numbers' bits, little-endian. */
  f32s(values: Float32Array): this {
    const at = this.#reserve(values.byteLength);
    if (littleEndian) this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    else for (let i = 0; i < values.length; i++) this.#view.setFloat32(at + 4 * i, values[i]!, true);
    return this;
  }

  /** Overwrites a u32 written before. */
  patchU32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes in memory. */
  get capacity(): number {
    return this.#bytes.byteLength;
  }

  /** Begins again, in the same memory: views of what was written are valid no more. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** A view of what was written, valid until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Reads what {@link ByteWriter} wrote. Never reads past the end: throws `Corruption` instead. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  text(): string {
    const bytes = this.raw(this.u32());
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new VectorStoreError('Corruption', 'stored text is not UTF-8', { cause });
    }
  }

  /** A view. */
  raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** An own copy. */
  f32s(length: number): Float32Array {
    const at = this.#take(4 * length);
    if (littleEndian) return new Float32Array(new Uint8Array(this.#bytes.subarray(at, at + 4 * length)).buffer);
    return Float32Array.from({ length }, (_, i) => this.#view.getFloat32(at + 4 * i, true));
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.byteLength - at) throw new VectorStoreError('Corruption', 'stored data ends too soon');
    this.#at += length;
    return at;
  }
}

/** The bytes that numbers are in memory: a view. */
export function bytesOf(numbers: Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Whether numbers lie in memory as files have them. */
export const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
