import type { FileHandle } from '../engine/storage/filesystem.ts';
import type { Metric } from '../types.ts';
import { corruptFile } from './corrupt.ts';

/** How a number of a vector is stored, little-endian. */
export type Element = 'f2' | 'f4' | 'f8';

/** Bytes of an {@link Element}. */
export const elementBytes: Readonly<Record<Element, number>> = { f2: 2, f4: 4, f8: 8 };

/** Rows of one size, one behind the other. Offsets are those of the first row, in the file. */
export interface Segment {
  readonly count: number;
  /** Bytes from one vector to the next. */
  readonly stride: number;
  readonly vectorAt: number;
  /** Where the labels are, 64 bits each. Undefined: a row's number is its label. */
  readonly labels?: { readonly at: number; readonly stride: number; readonly signed: boolean };
  /** Where the bytes are whose lowest bit says that a row was deleted, `stride` bytes apart. */
  readonly deletedAt?: number;
}

/** Where the vectors of a file are. Everything lies within the file. */
export interface TableLayout {
  readonly dimension: number;
  readonly element: Element;
  /** Undefined: the file does not say. */
  readonly metric?: Metric;
  readonly segments: readonly Segment[];
}

/** Reads numbers of a file, none of which is beyond its end. */
export class BoundedReader {
  readonly size: number;
  readonly #file: Pick<FileHandle, 'readSync'>;
  readonly #name: string;

  constructor(file: Pick<FileHandle, 'readSync'>, size: number, name: string) {
    this.#file = file;
    this.size = size;
    this.#name = name;
  }

  /** @throws `Corruption` beyond the end of the file. */
  view(at: number, length: number): DataView {
    this.require(at, length);
    const bytes = new Uint8Array(length);
    if (this.#file.readSync(at, bytes) !== length) throw this.corrupt('it became shorter while it was read');
    return new DataView(bytes.buffer);
  }

  tag(at: number): string {
    const view = this.view(at, 4);
    return String.fromCharCode(view.getUint8(0), view.getUint8(1), view.getUint8(2), view.getUint8(3));
  }

  /** A count or size of 64 bits. */
  size64(at: number): number {
    const value = this.view(at, 8).getBigUint64(0, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.corrupt(`the size at byte ${at} is ${value}`);
    return Number(value);
  }

  /** The end of that many elements, which are all in the file. */
  skip(at: number, count: number, bytesEach: number): number {
    this.require(at, count * bytesEach);
    return at + count * bytesEach;
  }

  /** @throws `Corruption` unless all of it is in the file. */
  require(at: number, length: number): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.size))
      throw this.corrupt(`it ends at byte ${this.size}, before what should be at byte ${at}`);
  }

  corrupt(problem: string): Error {
    return corruptFile(this.#name, problem);
  }
}
