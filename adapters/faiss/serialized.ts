/*
 * The library's own file format (little-endian, 64-bit; faiss 1.7.3 and 1.7.4), as far as it must be known to find the numbers that the addon
 * has no setters for. An index begins with a four-letter tag and a header; indexes that contain others go on with what is skipped here.
 */

/** Bytes that can be read anywhere: of a file, or in memory. */
export interface ByteSource {
  readonly size: number;
  /** All of them, or an exception. */
  read(at: number, length: number): DataView;
}

/** Where a number of the search effort stands, and its value. */
export interface Field {
  readonly at: number;
  readonly value: number;
  readonly bytes: 4 | 8;
}

/** The effort of the index that does the work, beneath transforms and refinement. */
export interface EffortFields {
  /** Graph: at building and at searching. */
  readonly efConstruction?: Field;
  readonly efSearch?: Field;
  /** Lists. */
  readonly nprobe?: Field;
  /** Lists that are found by a graph. */
  readonly coarseEfSearch?: Field;
}

/** What an index file says of itself. */
export interface IndexHeader {
  readonly tag: string;
  readonly dimension: number;
  readonly count: number;
  readonly trained: boolean;
  readonly innerProduct: boolean;
}

const headerBytes = 37;
const graphTags = ['IHNf', 'IHNp', 'IHNs'];
const listTags = ['IwFl', 'IwSq', 'IwPQ', 'IwQR', 'IwPf'];

/** The header of an index file; undefined where it is none that this library writes. */
export function readHeader(source: ByteSource, at = 0): IndexHeader | undefined {
  const view = source.read(at, headerBytes);
  const dimension = view.getInt32(4, true);
  const count = Number(view.getBigInt64(8, true));
  const trained = view.getUint8(32);
  const metric = view.getInt32(33, true);
  if (dimension < 1 || !Number.isSafeInteger(count) || count < 0 || trained > 1 || metric < 0 || metric > 1)
    return undefined;
  return { tag: tagOf(view), dimension, count, trained: trained === 1, innerProduct: metric === 0 };
}

/** Where the effort of an index stands in its file; empty where it has none or is not understood. */
export function findEffort(source: ByteSource): EffortFields {
  try {
    return effortAt(source, 0);
  } catch (error) {
    // Only from reading past the end: then it is not what it looks like.
    if (error instanceof RangeError) return {};
    throw error;
  }
}

function effortAt(source: ByteSource, at: number): EffortFields {
  const header = readHeader(source, at);
  if (header === undefined) return {};
  const { tag } = header;
  if (tag === 'IxRF') return effortAt(source, at + headerBytes);
  if (tag === 'IxPT') return effortAt(source, skipTransforms(source, at + headerBytes));
  if (graphTags.includes(tag)) return graphEffort(source, at + headerBytes);
  if (listTags.includes(tag)) return listEffort(source, at + headerBytes);
  return {};
}

function graphEffort(source: ByteSource, at: number): EffortFields {
  // Level probabilities, cumulated neighbours, levels, offsets, neighbours.
  for (const elementBytes of [8, 4, 4, 8, 4]) at = skipVector(source, at, elementBytes);
  const view = source.read(at, 20);
  const [entryPoint, maxLevel, efConstruction, efSearch, upperBeam] = [0, 4, 8, 12, 16].map((offset) =>
    view.getInt32(offset, true),
  );
  const empty = entryPoint === -1 && maxLevel === -1;
  if (!empty && (entryPoint! < 0 || maxLevel! < 0 || maxLevel! > 64)) return {};
  if (upperBeam !== 1 || efConstruction! < 1 || efSearch! < 1) return {};
  return {
    efConstruction: { at: at + 8, value: efConstruction!, bytes: 4 },
    efSearch: { at: at + 12, value: efSearch!, bytes: 4 },
  };
}

function listEffort(source: ByteSource, at: number): EffortFields {
  const view = source.read(at, 16);
  const nlist = Number(view.getBigUint64(0, true));
  const nprobe = Number(view.getBigUint64(8, true));
  if (nprobe < 1 || nprobe > nlist) return {};
  const { efSearch } = effortAt(source, at + 16);
  return { nprobe: { at: at + 8, value: nprobe, bytes: 8 }, ...(efSearch && { coarseEfSearch: efSearch }) };
}

/** The end of a chain of transforms. */
function skipTransforms(source: ByteSource, at: number): number {
  const count = source.read(at, 4).getInt32(0, true);
  if (count < 0 || count > 64) throw new RangeError('that many transforms');
  at += 4;
  for (let i = 0; i < count; i++) at = skipTransform(source, at);
  return at;
}

function skipTransform(source: ByteSource, at: number): number {
  const tag = tagOf(source.read(at, 4));
  const body = skipTransformBody(source, tag, at + 4);
  // Dimensions in and out, whether trained.
  return body + 9;
}

function skipTransformBody(source: ByteSource, tag: string, at: number): number {
  const vectors = (from: number, count: number) => {
    for (let i = 0; i < count; i++) from = skipVector(source, from, 4);
    return from;
  };
  switch (tag) {
    case 'rrot':
    case 'LTra':
      return vectors(at + 1, 2);
    case 'Viqm':
      return vectors(at + 9, 2);
    // Mean, eigenvalues and matrix of the PCA, then the same as above.
    case 'PcAm':
      return vectors(vectors(at + 9, 3) + 1, 2);
    case 'Pcam':
      return vectors(vectors(at + 13, 3) + 1, 2);
    case 'VNrm':
      return at + 4;
    case 'RmDT':
      return vectors(at, 1);
    case 'Viqt':
      return skipTransform(source, skipTransform(source, vectors(at, 1) + 1));
    default:
      throw new RangeError(`the transform ${tag}`);
  }
}

/** The end of a length and as many elements. */
function skipVector(source: ByteSource, at: number, elementBytes: number): number {
  const end = at + 8 + Number(source.read(at, 8).getBigUint64(0, true)) * elementBytes;
  if (!(end <= source.size)) throw new RangeError('longer than the file');
  return end;
}

function tagOf(view: DataView): string {
  return String.fromCharCode(view.getUint8(0), view.getUint8(1), view.getUint8(2), view.getUint8(3));
}

/** The bytes of a field with another value. */
export function fieldBytes({ bytes }: Field, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes));
  if (bytes === 4) view.setInt32(0, value, true);
  else view.setBigUint64(0, BigInt(value), true);
  return new Uint8Array(view.buffer);
}

/** Bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    read: (at, length) => new DataView(bytes.buffer, bytes.byteOffset + checked(at, length, bytes.byteLength), length),
  };
}

/** @throws RangeError */
export function checked(at: number, length: number, size: number): number {
  if (at < 0 || at + length > size) throw new RangeError('beyond the end');
  return at;
}
