import { z } from 'zod';
import { VectorStoreError } from '../../errors.ts';
import type { Metric } from '../../types.ts';
import { parseOnce } from '../../validate/parse-once.ts';
import type { PartitionImage } from '../partition-image.ts';
import { rowBytes } from '../row-format.ts';
import { BlockFile } from './block-file.ts';
import { bytesOf } from './bytes.ts';
import type { FileSystem } from './filesystem.ts';
import { ReadAhead } from './read-ahead.ts';
import { SavedIds } from './snapshot-ids.ts';

/** What a manifest remembers of a snapshot. */
export const snapshotSeal = z.strictObject({
  /** As in {@link BlockFile}. */
  bytes: z.int().nonnegative(),
  checksum: z.int().nonnegative(),
  /** Where the directory is: JSON text. */
  directoryAt: z.int().nonnegative(),
});
/** What a manifest remembers of a snapshot. */
export type SnapshotSeal = z.infer<typeof snapshotSeal>;

const at = z.int().nonnegative();
const section = z.tuple([at, at]);

/** Where the parts of a partition are. */
const partitionEntry = z.strictObject({
  namespace: z.string(),
  slots: z.int().nonnegative(),
  vectorVersion: z.int().nonnegative(),
  /** Offset and length in bytes: slots as u32. */
  order: section,
  free: section,
  /** Words of a bitset, as u32. */
  withVector: section,
  /** By slot, with a NUL between two. */
  ids: section,
  /** Where the id of each slot begins in `ids`, as f64. */
  idStarts: section,
  /** JSON texts one after another, by slot. */
  payloads: section,
  /** Where the text of each slot ends in `payloads`, as f64. */
  payloadEnds: section,
  /** By slot, as {@link rowBytes} says. */
  rows: section,
});
/** Where the parts of a partition are. */
export type PartitionEntry = z.infer<typeof partitionEntry>;

const directorySchema = z.strictObject({
  format: z.literal('anyvec-snapshot'),
  version: z.literal(2),
  partitions: z.array(partitionEntry),
});
/** The table of contents of a snapshot. */
export type SnapshotDirectory = z.infer<typeof directorySchema>;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The state of a collection at one moment, in a file. Opening it reads what every search needs; the rest is read when it is asked for. */
export class Snapshot {
  readonly #file: BlockFile;
  readonly #rowBytes: number;
  readonly #partitions: readonly PartitionEntry[];
  readonly #texts: ReadAhead;
  readonly #vectors: ReadAhead;

  private constructor(file: BlockFile, bytesOfRow: number, partitions: readonly PartitionEntry[]) {
    this.#file = file;
    this.#rowBytes = bytesOfRow;
    this.#partitions = partitions;
    this.#texts = new ReadAhead(file);
    this.#vectors = new ReadAhead(file);
  }

  /** @throws `Corruption` */
  static async open(
    fs: FileSystem,
    path: string,
    seal: SnapshotSeal,
    { dimension, metric }: { readonly dimension: number; readonly metric: Metric },
  ): Promise<Snapshot> {
    const file = await BlockFile.open(fs, path, seal);
    try {
      const text = decoder.decode(await file.load(seal.directoryAt, seal.bytes - seal.directoryAt));
      const directory = directorySchema.safeParse(JSON.parse(text), parseOnce);
      if (!directory.success)
        throw new VectorStoreError('Corruption', `${path} is no snapshot: ${z.prettifyError(directory.error)}`);
      return new Snapshot(file, rowBytes(dimension, metric), directory.data.partitions);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** @throws `Corruption` */
  async images(): Promise<Map<string, PartitionImage>> {
    const images = new Map<string, PartitionImage>();
    for (const entry of this.#partitions) images.set(entry.namespace, await this.#image(entry));
    return images;
  }

  /** What is read of each partition when it is asked for. */
  stored(): Map<string, PartitionImage['stored']> {
    return new Map(this.#partitions.map((entry) => [entry.namespace, this.#stored(entry)]));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #image(entry: PartitionEntry): Promise<PartitionImage> {
    const { slots, vectorVersion } = entry;
    const load = ([offset, length]: readonly [number, number]) => this.#file.load(offset, length);
    const words = async (of: readonly [number, number]) => {
      const { buffer, byteOffset, byteLength } = await load(of);
      return new Uint32Array(buffer, byteOffset, byteLength / 4);
    };
    const [order, free, withVector, ids, idStarts] = await Promise.all([
      words(entry.order),
      words(entry.free),
      words(entry.withVector),
      load(entry.ids),
      load(entry.idStarts),
    ]);
    const saved = new SavedIds(ids, new Float64Array(idStarts.buffer, idStarts.byteOffset, idStarts.byteLength / 8));
    return { slots, vectorVersion, order, free, withVector, ids: saved, stored: this.#stored(entry) };
  }

  #stored({
    payloads: [texts],
    payloadEnds: [endsAt, endsBytes],
    rows: [rows],
  }: PartitionEntry): PartitionImage['stored'] {
    const [file, textReader, vectorReader, bytesOfRow] = [this.#file, this.#texts, this.#vectors, this.#rowBytes];
    let ends: Float64Array | undefined;
    return {
      payload(slot) {
        if (ends === undefined) {
          const read = new Float64Array(endsBytes / 8);
          file.read(endsAt, new Uint8Array(read.buffer));
          // Not before: a read that failed must not leave zeros behind.
          ends = read;
        }
        const from = slot === 0 ? 0 : ends[slot - 1]!;
        return decoder.decode(textReader.at(texts + from, ends[slot]! - from));
      },
      rows(first, target) {
        file.read(rows + first * bytesOfRow, target);
      },
      vector(slot, target) {
        bytesOf(target).set(vectorReader.at(rows + slot * bytesOfRow, target.byteLength));
      },
    };
  }
}
