import { z } from 'zod';
import { VectorStoreError } from '../../errors.ts';
import type { ResolvedIndex, VectorIndex } from '../index/vector-index.ts';
import type { Partition, SlottedRecord } from '../partition.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { type FileSystem, readFile, replaceFile } from './filesystem.ts';
import { OperationLog } from './log.ts';
import { logName, type Manifest, writeManifest } from './manifest.ts';
import type { Operation } from './operations.ts';

const indexFile = /^index-(\d+)$/;
const recordsPerEntry = 1_000;
/** The log is written anew once it holds this many entries beyond three times what is alive. */
const compactionSlack = 10_000;

/** Says for which state of a partition an index was saved. */
const indexHeader = z.strictObject({
  namespace: z.string(),
  generation: z.int(),
  vectorVersion: z.int(),
  spec: z.string(),
});

/** The files of one collection: manifest, operation log, saved indexes. The log is the truth; indexes can always be built again. */
export class CollectionFiles {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #recovery: string[] = [];
  /** Namespace to number of its index file. */
  readonly #indexFiles = new Map<string, number>();
  readonly #saved = new Map<string, { index: VectorIndex; vectorVersion: number }>();
  #manifest: Manifest;
  #log: OperationLog | undefined;
  #logged = 0;

  private constructor(fs: FileSystem, directory: string, manifest: Manifest) {
    this.#fs = fs;
    this.#directory = directory;
    this.#manifest = manifest;
  }

  /** Writes the files of an empty collection. */
  static async create(fs: FileSystem, directory: string, manifest: Manifest): Promise<void> {
    const log = await OperationLog.create(fs, `${directory}/${logName(manifest.generation)}`);
    await log.sync();
    await log.close();
    await writeManifest(fs, directory, manifest);
  }

  static open(fs: FileSystem, directory: string, manifest: Manifest): CollectionFiles {
    return new CollectionFiles(fs, directory, manifest);
  }

  /** What opening and compacting had to put up with, in words. */
  get recovery(): readonly string[] {
    return this.#recovery;
  }

  /** Replays the log. */
  async load(apply: (operation: Operation) => void): Promise<void> {
    const { log, discarded } = await OperationLog.open(
      this.#fs,
      this.#logPath,
      this.#manifest.dimension,
      (operation) => {
        this.#logged += sizeOf(operation);
        apply(operation);
      },
    );
    this.#log = log;
    if (discarded !== undefined) this.#recovery.push(discarded);
  }

  /**
   * Gives every partition its index: the saved one where it fits the partition's state, else none (undefined). A saved index that turns out
   * damaged is reported and built again.
   */
  async loadIndexes(
    partitions: ReadonlyMap<string, Partition>,
    restore: (namespace: string, content: Uint8Array | undefined) => void,
  ): Promise<void> {
    const waiting = new Set(partitions.keys());
    for (const name of await this.#fs.list(this.#directory)) {
      const number = indexFile.exec(name)?.[1];
      if (number === undefined) continue;
      try {
        const namespace = await this.#loadIndex(name, partitions, restore);
        if (namespace === undefined) continue;
        this.#indexFiles.set(namespace, Number(number));
        this.#remember(namespace, partitions.get(namespace)!);
        waiting.delete(namespace);
      } catch (error) {
        const why = error instanceof Error ? error.message : 'unknown error';
        this.#recovery.push(
          `${this.#directory}/${name}: the saved index could not be used and was built again (${why})`,
        );
        await this.#fs.remove(`${this.#directory}/${name}`);
      }
    }
    for (const namespace of waiting) restore(namespace, undefined);
  }

  async #loadIndex(
    name: string,
    partitions: ReadonlyMap<string, Partition>,
    restore: (namespace: string, content: Uint8Array) => void,
  ): Promise<string | undefined> {
    const path = `${this.#directory}/${name}`;
    const { header, content } = openEnvelope(await readFile(this.#fs, path), path);
    const { namespace, generation, vectorVersion, spec } = indexHeader.parse(header);
    const fits =
      generation === this.#manifest.generation &&
      spec === JSON.stringify(this.#manifest.index) &&
      vectorVersion === partitions.get(namespace)?.vectorVersion;
    if (!fits) return undefined;
    restore(namespace, content);
    return namespace;
  }

  async append(operation: Operation): Promise<void> {
    await this.#openLog.append(operation);
    this.#logged += sizeOf(operation);
  }

  async setIndex({ spec, ignoredHints }: ResolvedIndex): Promise<void> {
    const manifest = { ...this.#manifest, index: spec, ignoredHints: [...ignoredHints] };
    await writeManifest(this.#fs, this.#directory, manifest as Manifest);
    this.#manifest = manifest as Manifest;
  }

  /** Makes the log durable, and saves the indexes that changed since. */
  async flush(partitions: ReadonlyMap<string, Partition>): Promise<void> {
    await this.#openLog.sync();
    for (const [namespace, partition] of partitions) await this.#saveIndex(namespace, partition);
  }

  async #saveIndex(namespace: string, partition: Partition): Promise<void> {
    const saved = this.#saved.get(namespace);
    if (saved !== undefined && saved.index === partition.index && saved.vectorVersion === partition.vectorVersion)
      return;
    const content = partition.index.serialize();
    if (content === undefined) return;
    const { vectorVersion } = partition;
    const header = {
      namespace,
      generation: this.#manifest.generation,
      vectorVersion,
      spec: JSON.stringify(this.#manifest.index),
    };
    const number = this.#indexFiles.get(namespace) ?? Math.max(-1, ...this.#indexFiles.values()) + 1;
    await replaceFile(this.#fs, this.#directory, `index-${number}`, sealEnvelope(header, content));
    this.#indexFiles.set(namespace, number);
    this.#remember(namespace, partition);
  }

  #remember(namespace: string, partition: Partition): void {
    this.#saved.set(namespace, { index: partition.index, vectorVersion: partition.vectorVersion });
  }

  /** Writes the log anew if it is mostly history. A failure leaves the old log in force, and is reported, not thrown: nothing is lost. */
  async compactIfWorthwhile(partitions: ReadonlyMap<string, Partition>): Promise<void> {
    const alive = [...partitions.values()].reduce((sum, partition) => sum + partition.size, 0);
    if (this.#logged <= 3 * alive + compactionSlack) return;
    const generation = this.#manifest.generation + 1;
    const path = `${this.#directory}/${logName(generation)}`;
    try {
      await this.#compact(partitions, generation, path);
      this.#logged = alive;
    } catch (error) {
      this.#recovery.push(
        `${path}: writing the log anew failed (${error instanceof Error ? error.message : 'unknown error'}); the old one stays`,
      );
      // Not tried again before as much more has come.
      this.#logged = alive;
    }
  }

  async #compact(partitions: ReadonlyMap<string, Partition>, generation: number, path: string): Promise<void> {
    const log = await OperationLog.create(this.#fs, path);
    const versions = new Map<Partition, number>();
    try {
      for (const [namespace, partition] of partitions) {
        let version = 0;
        for (const records of batches(partition.records(), recordsPerEntry)) {
          await log.append({ kind: 'put', namespace, records });
          if (records.some((record) => record.vector !== null)) version += 1;
        }
        versions.set(partition, version);
      }
      await log.sync();
      await this.#fs.syncDirectory(this.#directory);
      await writeManifest(this.#fs, this.#directory, { ...this.#manifest, generation });
    } catch (error) {
      await log.close();
      await this.#fs.remove(path);
      throw error;
    }
    const old = this.#openLog;
    const oldPath = this.#logPath;
    this.#log = log;
    this.#manifest = { ...this.#manifest, generation };
    // Saved indexes are for the old log from now on.
    for (const [partition, version] of versions) partition.vectorVersion = version;
    this.#saved.clear();
    await old.close();
    await this.#fs.remove(oldPath);
  }

  /** Bytes of all files. */
  async byteLength(): Promise<number> {
    let total = 0;
    for (const name of await this.#fs.list(this.#directory)) {
      const file = await this.#fs.open(`${this.#directory}/${name}`, { create: false });
      total += await file.size().finally(() => file.close());
    }
    return total;
  }

  async close(): Promise<void> {
    await this.#log?.close();
    this.#log = undefined;
  }

  get #logPath(): string {
    return `${this.#directory}/${logName(this.#manifest.generation)}`;
  }

  get #openLog(): OperationLog {
    if (this.#log === undefined) throw new VectorStoreError('StoreClosed', 'the files of this collection are closed');
    return this.#log;
  }
}

function sizeOf(operation: Operation): number {
  if (operation.kind === 'put') return operation.records.length;
  return operation.kind === 'remove' ? operation.ids.length : operation.entries.length;
}

function* batches(records: Iterable<SlottedRecord>, size: number): Generator<SlottedRecord[], void, undefined> {
  let batch: SlottedRecord[] = [];
  for (const record of records) {
    batch.push(record);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
