import { crc32 } from 'node:zlib';
import type { ColumnMetaData, CompressionCodec, Compressors, Encoding, PageHeader } from 'hyparquet';
import type { ParquetPackages } from './packages.ts';
import { bitsFor, checkRuns, varInt } from './runs.ts';

/** Bytes of a page. Writers make pages of about 1 MiB, and some of up to 100. */
const maximumPageBytes = 1 << 28;
/** Values of a page: the reader takes some 40 bytes for each. */
const maximumPageValues = 1 << 25;

/** Deltas of a block: 128 as writers make them. */
const maximumBlock = 1 << 20;

/** A leaf of the schema, and its part of a row group. */
export interface Column {
  readonly metadata: ColumnMetaData;
  readonly maximumRepetition: number;
  readonly maximumDefinition: number;
}

type Internals = ParquetPackages['internals'];

/**
 * Checks the pages of a column before they are decoded: the reader takes the memory that they ask for, and repeats a value as often as they say. Then
 * whatever the bytes are it comes to an end, within bounds.
 *
 * @throws `Error` for pages that make no sense, `RangeError` for one that is cut off.
 */
export function checkPages(buffer: ArrayBuffer, column: Column, internals: Internals, compressors: Compressors): void {
  const reader = { view: new DataView(buffer), offset: 0 };
  const expected = Number(column.metadata.num_values);
  const isFlat = column.maximumRepetition === 0;
  let [values, hasDictionary] = [0, false];
  // The reader ends there, too.
  while (reader.offset < buffer.byteLength - 1 && !(isFlat && values === expected)) {
    const header = internals.parquetHeader(reader);
    const size = header.compressed_page_size;
    if (!isCount(size, buffer.byteLength - reader.offset)) throw new Error('a page ends behind its column');
    const bytes = new Uint8Array(buffer, reader.offset, size);
    reader.offset += size;
    if (header.crc !== undefined && crc32(bytes) !== header.crc >>> 0)
      throw new Error('the checksum of a page is wrong');
    values += new Page(header, bytes, column, internals, compressors).check(hasDictionary);
    if (header.type === 'DICTIONARY_PAGE') hasDictionary = true;
    if (values > expected) break;
  }
  if (values !== expected) throw new Error(`a column of ${expected} values has pages of ${values}`);
}

class Page {
  readonly #header: PageHeader;
  readonly #bytes: Uint8Array;
  readonly #column: Column;
  readonly #internals: Internals;
  readonly #compressors: Compressors;

  constructor(header: PageHeader, bytes: Uint8Array, column: Column, internals: Internals, compressors: Compressors) {
    this.#header = header;
    this.#bytes = bytes;
    this.#column = column;
    this.#internals = internals;
    this.#compressors = compressors;
  }

  /** @returns How many values it has. */
  check(hasDictionary: boolean): number {
    const { type, uncompressed_page_size: whole } = this.#header;
    if (!isCount(whole, maximumPageBytes)) throw new Error(`a page of ${whole} bytes`);
    switch (type) {
      case 'DICTIONARY_PAGE':
        return this.#checkDictionary(whole);
      case 'DATA_PAGE':
        return this.#checkFirst(hasDictionary);
      case 'DATA_PAGE_V2':
        return this.#checkSecond(hasDictionary);
      default:
        throw new Error('a page of no known kind');
    }
  }

  #checkDictionary(whole: number): number {
    const values = this.#header.dictionary_page_header?.num_values;
    const { type } = this.#column.metadata;
    if (!isCount(values, whole / (type === 'BOOLEAN' ? 1 / 8 : (plainBytes[type] ?? 1))))
      throw new Error('a dictionary of more values than its bytes');
    this.#decompressed(this.#bytes, whole);
    return 0;
  }

  #checkFirst(hasDictionary: boolean): number {
    const { num_values: values, encoding } = this.#header.data_page_header ?? {};
    if (!isCount(values, maximumPageValues)) throw new Error(`a page of ${values} values`);
    const { maximumRepetition, maximumDefinition } = this.#column;
    const page = this.#decompressed(this.#bytes, this.#header.uncompressed_page_size);
    const definitionsAt = checkLevels(page, 0, maximumRepetition, values);
    const valuesAt = checkLevels(page, definitionsAt, maximumDefinition, values);
    const rest = page.subarray(valuesAt);
    if (isDictionary(encoding) || encoding === 'RLE') {
      const areBits = this.#column.metadata.type === 'BOOLEAN';
      // Of no bits at all, none are read.
      const most = !areBits && rest[0] === 0 ? 0 : values;
      checkIndexes(rest, areBits, most, hasDictionary || encoding === 'RLE');
    } else this.#checkDeltas(rest, encoding, () => this.#present(page.subarray(definitionsAt), values));
    return values;
  }

  #checkSecond(hasDictionary: boolean): number {
    const header = this.#header.data_page_header_v2;
    const values = header?.num_values;
    if (header === undefined || !isCount(values, maximumPageValues)) throw new Error(`a page of ${values} values`);
    const { num_nulls: nulls, num_rows: rows, encoding, is_compressed: isCompressed } = header;
    const { repetition_levels_byte_length: repetitions, definition_levels_byte_length: definitions } = header;
    if (!isCount(nulls, values) || !isCount(rows, values)) throw new Error('a page of more nulls or rows than values');
    const most = Math.min(this.#bytes.length, this.#header.uncompressed_page_size);
    if (!isCount(repetitions, most) || !isCount(definitions, most - repetitions))
      throw new Error('levels that end behind their page');
    const { maximumRepetition, maximumDefinition } = this.#column;
    const levels = repetitions + definitions;
    const each = (from: number, to: number, maximum: number) => {
      if (maximum > 0) checkRuns(this.#bytes, { from, to }, bitsFor(maximum), values, true);
    };
    each(0, repetitions, maximumRepetition);
    each(repetitions, levels, maximumDefinition);
    const rest = this.#bytes.subarray(levels);
    const length = this.#header.uncompressed_page_size - levels;
    const page = isCompressed === false ? rest : this.#decompressed(rest, length);
    if (isDictionary(encoding)) checkIndexes(page, false, values - nulls, hasDictionary);
    else if (encoding === 'RLE') checkIndexes(page, true, values - nulls, true);
    else this.#checkDeltas(page, encoding, () => values - nulls);
    return values;
  }

  #checkDeltas(page: Uint8Array, encoding: Encoding | undefined, present: () => number): void {
    if (!encoding?.startsWith('DELTA_')) return;
    const count = present();
    if (count === 0) return;
    checkDeltaHeader(page, 0);
    if (encoding === 'DELTA_BYTE_ARRAY') this.#checkPrefixes(page, count);
  }

  /** Each value may repeat the one before: a few bytes can stand for any number. */
  #checkPrefixes(page: Uint8Array, count: number): void {
    const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
    const [prefixes, suffixes] = [new Int32Array(count), new Int32Array(count)];
    for (const lengths of [prefixes, suffixes]) {
      checkDeltaHeader(page, reader.offset);
      this.#internals.deltaBinaryUnpack(reader, count, lengths);
    }
    let [whole, before] = [0, 0];
    for (const [i, prefix] of prefixes.entries()) {
      const suffix = suffixes[i]!;
      if (prefix < 0 || prefix > before || suffix < 0)
        throw new Error('a text that goes on from one that is not there');
      before = prefix + suffix;
      whole += before;
      if (whole > maximumPageBytes) throw new Error('a page of texts that are too long');
    }
  }

  /** How many values are not null, by levels that were checked. */
  #present(page: Uint8Array, values: number): number {
    const { maximumDefinition } = this.#column;
    if (maximumDefinition === 0) return values;
    const levels = new Int32Array(values);
    const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
    this.#internals.readRleBitPackedHybrid(reader, bitsFor(maximumDefinition), levels);
    return levels.filter((level) => level === maximumDefinition).length;
  }

  #decompressed(bytes: Uint8Array, length: number): Uint8Array {
    const codec: CompressionCodec = this.#column.metadata.codec;
    const page = codec === 'UNCOMPRESSED' ? bytes : this.#compressors[codec]?.(bytes, length);
    if (page?.length !== length) throw new Error(`a page that does not come to ${length} bytes`);
    return page;
  }
}

/** Bytes of a value at least, as they stand in a page. */
const plainBytes: Partial<Record<ColumnMetaData['type'], number>> = {
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
  BYTE_ARRAY: 4,
};

const isDictionary = (encoding: Encoding | undefined) =>
  encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY';

/** @param areBits Booleans, behind their length; otherwise indexes, behind their width. @param most Values that there may be. */
function checkIndexes(page: Uint8Array, areBits: boolean, most: number, hasDictionary: boolean): void {
  if (!hasDictionary) throw new Error('a page without its dictionary');
  const width = areBits ? 1 : (page[0] ?? 0);
  checkRuns(page, { from: areBits ? 4 : 1, to: page.length }, width, most, false);
}

/** Sizes of blocks, without which the reader would stay where it is or go back. */
function checkDeltaHeader(page: Uint8Array, at: number): void {
  const block = varInt(page, at);
  const { value: parts } = varInt(page, block.end);
  if (parts < 1 || block.value < 1 || block.value > maximumBlock || block.value % parts !== 0)
    throw new Error('a block of deltas of no possible size');
}

/** Levels behind their length. @returns Where they end. */
function checkLevels(page: Uint8Array, at: number, maximum: number, values: number): number {
  if (maximum === 0) return at;
  const length = new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(at, true);
  const range = { from: at + 4, to: at + 4 + length };
  if (range.to > page.length) throw new Error('levels that end behind their page');
  checkRuns(page, range, bitsFor(maximum), values, true);
  return range.to;
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}
