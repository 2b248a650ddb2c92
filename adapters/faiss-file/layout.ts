import type { BoundedReader, Segment, TableLayout } from '../../src/files/table-layout.ts';

/*
 * Index files of faiss (1.7 and later, little-endian, 64-bit): a tag of four letters and a header of 33 bytes, then what the tag says; an index
 * that stands on another contains its file. The kinds read here hold the vectors themselves, not codes that only resemble them.
 */
const headerBytes = 37;
const maximumDepth = 8;

interface Header {
  readonly tag: string;
  readonly dimension: number;
  readonly count: number;
  readonly innerProduct: boolean;
}

/** An index within the file, and where it ends. */
interface Parsed {
  readonly header: Header;
  readonly segments: readonly Segment[];
  readonly end: number;
}

/**
 * Where the vectors and their labels are.
 *
 * @throws `Corruption`, also for an index of another kind.
 */
export function faissLayout(reader: BoundedReader): TableLayout {
  const { header, segments, end } = indexAt(reader, 0, 0);
  if (end !== reader.size) throw reader.corrupt(`the index ends at byte ${end}, and the file at byte ${reader.size}`);
  const { dimension, innerProduct } = header;
  return { dimension, element: 'f4', metric: innerProduct ? 'dot' : 'euclidean', segments };
}

function indexAt(reader: BoundedReader, at: number, depth: number): Parsed {
  if (depth > maximumDepth) throw reader.corrupt('indexes within indexes without end');
  const header = headerAt(reader, at);
  const body = at + headerBytes;
  switch (header.tag) {
    case 'IxF2':
    case 'IxFI':
    case 'IxFl':
      return flatAt(reader, header, body);
    case 'IHNf':
      return graphAt(reader, header, body, depth);
    case 'IwFl':
      return listsAt(reader, header, body, depth);
    case 'IxMp':
    case 'IxM2':
      return labelledAt(reader, header, body, depth);
    default:
      throw reader.corrupt(
        `${JSON.stringify(header.tag)} at byte ${at} is no index that holds its vectors as they are: Flat, HNSW with Flat, IVF with Flat, each perhaps under IDMap`,
      );
  }
}

function headerAt(reader: BoundedReader, at: number): Header {
  const view = reader.view(at, headerBytes);
  const tag = reader.tag(at);
  const dimension = view.getInt32(4, true);
  const count = view.getBigInt64(8, true);
  const metric = view.getInt32(33, true);
  if (dimension < 1 || dimension > 65_536) throw reader.corrupt(`the dimension at byte ${at + 4} is ${dimension}`);
  if (count < 0n || count > BigInt(reader.size)) throw reader.corrupt(`the count at byte ${at + 8} is ${count}`);
  if (metric !== 0 && metric !== 1)
    throw reader.corrupt(`the metric at byte ${at + 33} is neither inner product nor L2`);
  return { tag, dimension, count: Number(count), innerProduct: metric === 0 };
}

function flatAt(reader: BoundedReader, header: Header, at: number): Parsed {
  const { dimension, count } = header;
  const numbers = reader.size64(at);
  if (numbers !== dimension * count)
    throw reader.corrupt(`${count} vectors of ${dimension} numbers are not ${numbers}`);
  const vectorAt = at + 8;
  return {
    header,
    segments: count === 0 ? [] : [{ count, stride: 4 * dimension, vectorAt }],
    end: reader.skip(vectorAt, numbers, 4),
  };
}

/** A graph, and behind it the index that holds the vectors. */
function graphAt(reader: BoundedReader, header: Header, at: number, depth: number): Parsed {
  // Level probabilities, cumulated neighbours, levels, offsets, neighbours; then five numbers of 32 bits.
  for (const bytesEach of [8, 4, 4, 8, 4]) at = skipVector(reader, at, bytesEach);
  const storage = indexAt(reader, reader.skip(at, 5, 4), depth + 1);
  requireSame(reader, header, storage.header);
  return { ...storage, header };
}

/** Lists: the coarse index, which lists there are, then vectors and labels list by list. */
function listsAt(reader: BoundedReader, header: Header, at: number, depth: number): Parsed {
  const { dimension, count } = header;
  const nlist = reader.size64(at);
  const coarse = indexAt(reader, at + 16, depth + 1);
  at = skipDirectMap(reader, coarse.end);
  if (reader.tag(at) !== 'ilar') throw reader.corrupt(`${JSON.stringify(reader.tag(at))} at byte ${at} are no lists`);
  if (reader.size64(at + 4) !== nlist) throw reader.corrupt('the number of lists is said twice, differently');
  const codeBytes = reader.size64(at + 12);
  if (codeBytes !== 4 * dimension) throw reader.corrupt(`a vector of ${dimension} numbers has not ${codeBytes} bytes`);
  const sizes = listSizes(reader, at + 20, nlist);
  const segments: Segment[] = [];
  let [sum, next] = [0, sizes.end];
  for (const size of sizes.each()) {
    if (size === 0) continue;
    const labels = { at: reader.skip(next, size, codeBytes), stride: 8, signed: true };
    segments.push({ count: size, stride: codeBytes, vectorAt: next, labels });
    next = reader.skip(labels.at, size, 8);
    sum += size;
  }
  if (sum !== count) throw reader.corrupt(`its lists hold ${sum} vectors, not ${count}`);
  return { header, segments, end: next };
}

/** One byte for its kind, an array, and for kind 2 a table of pairs. */
function skipDirectMap(reader: BoundedReader, at: number): number {
  const kind = reader.view(at, 1).getUint8(0);
  if (kind > 2) throw reader.corrupt(`the direct map at byte ${at} is of no known kind`);
  const end = skipVector(reader, at + 1, 8);
  return kind === 2 ? skipVector(reader, end, 16) : end;
}

/** Sizes of the lists: of all of them, or of some with their numbers. */
function listSizes(reader: BoundedReader, at: number, nlist: number): { end: number; each(): Generator<number> } {
  const kind = reader.tag(at);
  const length = reader.size64(at + 4);
  const from = at + 12;
  const end = reader.skip(from, length, 8);
  const isFull = kind === 'full' && length === nlist;
  const isSparse = kind === 'sprs' && length % 2 === 0 && length / 2 <= nlist;
  if (!isFull && !isSparse) throw reader.corrupt(`the sizes of the lists at byte ${at} make no sense`);
  function* each(): Generator<number> {
    let before = -1;
    for (let i = 0; i < length; i += isFull ? 1 : 2) {
      if (isSparse) {
        const list = reader.size64(from + 8 * i);
        if (list <= before || list >= nlist) throw reader.corrupt('the lists are not in order');
        before = list;
      }
      yield reader.size64(from + 8 * (isFull ? i : i + 1));
    }
  }
  return { end, each };
}

/** An index whose rows have labels of the user's. */
function labelledAt(reader: BoundedReader, header: Header, at: number, depth: number): Parsed {
  const inner = indexAt(reader, at, depth + 1);
  requireSame(reader, header, inner.header);
  const count = reader.size64(inner.end);
  if (count !== header.count) throw reader.corrupt(`${count} labels for ${header.count} vectors`);
  const labelsAt = inner.end + 8;
  const end = reader.skip(labelsAt, count, 8);
  if (inner.segments.some(({ labels }) => labels !== undefined)) throw reader.corrupt('labels upon labels');
  const segments = inner.segments.map((segment) => ({ ...segment, labels: { at: labelsAt, stride: 8, signed: true } }));
  return { header, segments, end };
}

function requireSame(reader: BoundedReader, outer: Header, inner: Header): void {
  if (outer.dimension !== inner.dimension || outer.count !== inner.count || outer.innerProduct !== inner.innerProduct)
    throw reader.corrupt('the index and the one within it differ in dimension, count or metric');
}

/** The end of a length and as many elements. */
function skipVector(reader: BoundedReader, at: number, bytesEach: number): number {
  return reader.skip(at + 8, reader.size64(at), bytesEach);
}
