import { type IvfKernels, instantiateIvf } from '../../kernels/ivf.ts';
import type { ListKind } from './settings.ts';

/** What the size of everything in the memory of lists follows from. */
export interface ListsShape {
  readonly dimension: number;
  readonly euclidean: boolean;
  readonly kind: ListKind;
  readonly lists: number;
  /** Parts of product codes; 0 without. */
  readonly parts: number;
  /** Entries of the codebook of each part: 16 or 256; 0 without. */
  readonly entries: number;
  readonly rotated: boolean;
}

/** Where everything lies, in the order in which the kernels read it. */
const fields = [
  'dimension',
  'padded',
  'kind',
  'euclidean',
  'lists',
  'source',
  'asked',
  'residual',
  'scales',
  'inverses',
  'coarseScales',
  'coarseInverses',
  'prepared',
  'coarsePrepared',
  'centroids',
  'centroidCodes',
  'centroidSteps',
  'centroidNorms',
  'heads',
  'sizes',
  'order',
  'found',
  'pending',
  'rotation',
  'rotationWidth',
  'parts',
  'starts',
  'codebooks',
  'tables',
  'blocks',
  'blockBytes',
  'rowBytes',
  'rowsAt',
  'reaches',
  'entries',
  'roundedTables',
  'blockShift',
] as const;
type Layout = { readonly [F in (typeof fields)[number]]: number };

const kinds = { flat: 0, sq8: 1, pq: 2, pq4: 3 } as const;
/** Rows of a block: two to this power. */
const blockShifts = { flat: 3, sq8: 3, pq: 3, pq4: 4 } as const;
/** Bytes that a block has for each of its rows beside the slot and the row itself. */
const detailBytes = { flat: 0, sq8: 8, pq: 4, pq4: 4 } as const;
const blockHead = 16;
const slotBytes = 4;
/** Components that are rotated together at most: more would make rotating dearer than all else. */
export const mostRotatedTogether = 256;
const pageBytes = 65_536;

/** The memory of inverted lists, and the kernels over it. Everything but the blocks has its place from the beginning. */
export class ListsMemory {
  /** The most that a search can be asked for. */
  static readonly mostFound = 4_096;
  readonly shape: ListsShape;
  readonly layout: Layout;
  readonly kernels: IvfKernels;
  /** Where what is kept begins; before it lies what only one call needs. */
  readonly keptFrom: number;
  readonly #memory: WebAssembly.Memory;

  constructor(module: WebAssembly.Module, shape: ListsShape) {
    this.shape = shape;
    const { layout, keptFrom } = layOut(shape);
    this.layout = layout;
    this.keptFrom = keptFrom;
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(layout.blocks / pageBytes), maximum: 65_536 });
    this.kernels = instantiateIvf(module, this.#memory);
    const table = this.words('pending', fields.length);
    for (const [i, field] of fields.entries()) table[i] = layout[field];
    this.kernels.configure(layout.pending);
    this.floats('reaches', shape.lists).fill(1);
    if (shape.parts > 0) this.words('starts', shape.parts + 1).set(partStarts(shape));
  }

  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /** @throws RangeError beyond 4 GiB. */
  reserve(bytes: number): void {
    const missing = bytes - this.buffer.byteLength;
    if (missing <= 0) return;
    const free = 65_536 - this.buffer.byteLength / pageBytes;
    const wanted = Math.max(missing, this.buffer.byteLength / 8);
    this.#memory.grow(Math.max(Math.ceil(missing / pageBytes), Math.min(free, Math.ceil(wanted / pageBytes))));
  }

  /** A view, valid until the memory grows. */
  floats(field: keyof Layout, count: number, from = 0): Float32Array {
    return new Float32Array(this.buffer, this.layout[field] + 4 * from, count);
  }

  /** A view, valid until the memory grows. */
  words(field: keyof Layout, count: number): Uint32Array {
    return new Uint32Array(this.buffer, this.layout[field], count);
  }

  /** A view of what a centroid is, valid until the memory grows. */
  centroid(list: number): Float32Array {
    return this.floats('centroids', this.layout.padded, list * this.layout.padded);
  }
}

function layOut(shape: ListsShape): { layout: Layout; keptFrom: number } {
  const { dimension, kind, lists, parts, entries, rotated } = shape;
  const padded = Math.ceil(dimension / 16) * 16;
  const rotationWidth = rotated ? Math.min(padded, mostRotatedTogether) : padded;
  // Of the part that is rotated last there may be less than of the others.
  const sourced = Math.ceil(padded / rotationWidth) * rotationWidth;
  let end = 64;
  const place = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const passing = {
    source: place(4 * sourced),
    asked: place(4 * padded),
    residual: place(4 * padded),
    prepared: place(2 * padded),
    coarsePrepared: place(2 * padded),
    pending: place(256),
    tables: place(4 * entries * parts),
    roundedTables: place(kind === 'pq4' ? 16 * (parts + 1) : 0),
    order: place(8 * (lists + 4)),
    found: place(8 * ListsMemory.mostFound),
  };
  const keptFrom = end;
  const kept = {
    scales: place(4 * padded),
    inverses: place(4 * padded),
    coarseScales: place(4 * padded),
    coarseInverses: place(4 * padded),
    // Centroids are compared four at a time.
    centroids: place(4 * padded * lists),
    centroidCodes: place(padded * (lists + 4)),
    centroidSteps: place(4 * (lists + 4)),
    centroidNorms: place(4 * (lists + 4)),
    reaches: place(4 * (lists + 4)),
    heads: place(4 * lists),
    sizes: place(4 * lists),
    starts: place(parts > 0 ? 4 * (parts + 1) : 0),
    codebooks: place(4 * entries * dimension),
    rotation: rotated ? place(4 * padded * rotationWidth) : 0,
  };
  const blockShift = blockShifts[kind];
  const blockRows = 2 ** blockShift;
  const rowsAt = blockHead + blockRows * (slotBytes + detailBytes[kind]);
  const rowBytes = {
    flat: 4 * Math.ceil(dimension / 4) * 4,
    sq8: padded,
    pq: Math.ceil(parts / 4) * 4,
    pq4: Math.ceil(parts / 2),
  }[kind];
  return {
    keptFrom,
    layout: {
      dimension,
      padded,
      kind: kinds[kind],
      euclidean: Number(shape.euclidean),
      lists,
      ...passing,
      ...kept,
      rotationWidth,
      parts,
      entries,
      blockShift,
      blocks: end,
      blockBytes: Math.ceil((rowsAt + blockRows * rowBytes) / 16) * 16,
      rowBytes,
      rowsAt,
    },
  };
}

/** Where each part of a product code begins, and where the last one ends: their lengths differ by one at most. */
export function partStarts({ dimension, parts }: { readonly dimension: number; readonly parts: number }): Uint32Array {
  return Uint32Array.from({ length: parts + 1 }, (_, part) => Math.floor((part * dimension) / parts));
}
