import { VectorStoreError } from '../../errors.ts';
import type { SavedContent } from '../index/saved-content.ts';
import type { ResolvedIndex } from '../index/vector-index.ts';
import type { Partition } from '../partition.ts';
import type { PartitionImage } from '../partition-image.ts';
import { Acknowledgement } from './acknowledgement.ts';
import { type FileSystem, hasCode } from './filesystem.ts';
import { IndexFiles, type SavedIndex } from './index-files.ts';
import { OperationLog } from './log.ts';
import { type LogIdentity, logHeaderBytes } from './log-format.ts';
import { logName, type Manifest, manifestName, snapshotName, writeManifest } from './manifest.ts';
import type { Operation } from './operations.ts';
import type { StorageSettings } from './settings.ts';
import { Snapshot } from './snapshot.ts';
import { writeSnapshot } from './snapshot-writer.ts';
import { isUncertain } from './uncertain.ts';

/**
 * When a collection is closed a snapshot is due when the log has grown to this share of what is allowed while it is in use: the next opening
 * would pay for every entry.
 */
const closingShare = 1 / 64;

/** What a collection does with its files when it is opened. */
export interface Loading {
  /** A partition of the snapshot. */
  restore(namespace: string, image: PartitionImage): Promise<void>;
  apply(operation: Operation): Promise<void>;
  /** Of a partition's vectors; undefined if there is no such partition. */
  vectorVersion(namespace: string): number | undefined;
  /** The saved index fits the partition as it is now. */
  adopt(namespace: string, content: SavedContent): Promise<Partition>;
}

/**
 * The files of one collection: a manifest, the last snapshot, the log of what came after it, saved indexes. Snapshot and log are the truth;
 * indexes can always be built again.
 */
export class CollectionFiles {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #settings: StorageSettings;
  readonly #recovery: string[] = [];
  readonly #acknowledgement: Acknowledgement;
  readonly #indexes: IndexFiles;
  #manifest: Manifest;
  #snapshot: Snapshot | undefined;
  #log: OperationLog | undefined;
  /** After a snapshot failed none is tried before the log is this long. */
  #notBefore = 0;

  private constructor(fs: FileSystem, directory: string, manifest: Manifest, settings: StorageSettings) {
    this.#fs = fs;
    this.#directory = directory;
    this.#manifest = manifest;
    this.#settings = settings;
    this.#acknowledgement = new Acknowledgement(settings);
    this.#indexes = new IndexFiles(fs, directory, manifest.id);
  }

  /** Writes the files of an empty collection. */
  static async create(fs: FileSystem, directory: string, manifest: Manifest): Promise<void> {
    const log = await OperationLog.create(fs, `${directory}/${logName(manifest.generation)}`, logIdentity(manifest));
    try {
      await log.sync();
    } finally {
      await log.close();
    }
    await writeManifest(fs, directory, manifest);
  }

  static open(fs: FileSystem, directory: string, manifest: Manifest, settings: StorageSettings): CollectionFiles {
    return new CollectionFiles(fs, directory, manifest, settings);
  }

  /** What opening and saving had to put up with, in words. */
  get recovery(): readonly string[] {
    return this.#recovery;
  }

  /** Whether original vectors stay in the files. */
  get originals(): StorageSettings['originals'] {
    return this.#settings.originals;
  }

  /** The version that the vectors of a new partition begin with: none that was ever before. */
  get firstVersion(): number {
    return this.#manifest.generation * 2 ** 32;
  }

  /** Reads the snapshot, then the log; gives every partition its saved index at the moment it fits. */
  async load(collection: Loading): Promise<void> {
    await this.#removeLeftovers();
    // Read while the snapshot is made sense of.
    const reading = this.#indexes.read(this.#manifest.index, (path, error) => this.#reportIndex(path, error));
    const [saved] = await Promise.all([reading, this.#loadSnapshot(collection)]);
    const adoptIfFits = (namespace: string): Promise<void> | undefined => {
      const index = saved.get(namespace);
      if (index === undefined || index.vectorVersion !== collection.vectorVersion(namespace)) return undefined;
      saved.delete(namespace);
      return this.#adopt(collection, namespace, index);
    };
    for (const namespace of [...saved.keys()]) await adoptIfFits(namespace);
    const { log, discarded } = await OperationLog.open(
      this.#fs,
      this.#path(logName(this.#manifest.generation)),
      logIdentity(this.#manifest),
      this.#manifest,
      async (operation) => {
        await collection.apply(operation);
        await adoptIfFits(operation.namespace);
      },
    );
    for (const { path } of saved.values())
      await this.#indexes.check(path).catch((error: unknown) => this.#reportIndex(path, error));
    this.#log = log;
    if (discarded !== undefined) this.#recovery.push(discarded);
  }

  async #loadSnapshot(collection: Loading): Promise<void> {
    const { snapshot, generation } = this.#manifest;
    if (snapshot === undefined) return;
    this.#snapshot = await Snapshot.open(this.#fs, this.#path(snapshotName(generation)), snapshot, this.#manifest);
    for (const [namespace, image] of await this.#snapshot.images()) await collection.restore(namespace, image);
  }

  async #adopt(collection: Loading, namespace: string, { path }: SavedIndex): Promise<void> {
    try {
      const adopted = await this.#indexes.open(path, (content) => collection.adopt(namespace, content));
      this.#indexes.remember(namespace, adopted);
    } catch (error) {
      this.#reportIndex(path, error);
    }
  }

  #reportIndex(path: string, error: unknown): void {
    this.#recovery.push(`${path}: the saved index could not be used and was built again (${messageOf(error)})`);
  }

  /** What a crash left of a snapshot that was not finished, or of one that was replaced. */
  async #removeLeftovers(): Promise<void> {
    const { generation } = this.#manifest;
    const inForce = new Set([manifestName, logName(generation), snapshotName(generation)]);
    for (const name of await this.#fs.list(this.#directory))
      if (!inForce.has(name) && !/^index-\d+$/.test(name)) await this.#fs.remove(this.#path(name));
  }

  async append(operation: Operation): Promise<void> {
    await this.#openLog.append(operation);
  }

  /** Returns when what was appended may be acknowledged. */
  async acknowledge(): Promise<void> {
    if (this.#log !== undefined) await this.#acknowledgement.of(this.#log);
  }

  async setIndex({ spec, ignoredHints }: ResolvedIndex): Promise<void> {
    await this.#writeManifest({ ...this.#manifest, index: { ...spec }, ignoredHints: [...ignoredHints] });
  }

  /** Makes everything durable. */
  async flush(): Promise<void> {
    await this.#openLog.sync();
  }

  /** For the last time: what makes the next opening quick and its checks strict. */
  async finish(partitions: ReadonlyMap<string, Partition>): Promise<void> {
    await this.#openLog.sync();
    await this.#saveIndexesOrReport(partitions);
    if (this.#isSnapshotDue(closingShare)) await this.#snapshotOrReport(partitions);
    const { durableBytes } = this.#openLog;
    // From now on an end that is missing is damage.
    if (durableBytes !== this.#manifest.durable)
      await this.#writeManifest({ ...this.#manifest, durable: durableBytes });
  }

  /** Whether the log has grown so long that a snapshot should replace it. */
  get isSnapshotDue(): boolean {
    return this.#isSnapshotDue(1);
  }

  #isSnapshotDue(share: number): boolean {
    const logged = this.#openLog.byteLength - logHeaderBytes;
    const last = this.#manifest.snapshot?.bytes ?? 0;
    return logged > Math.max(this.#settings.snapshotAfterBytes, last) * share && logged >= this.#notBefore;
  }

  /**
   * Writes a snapshot, without empty partitions, and begins a new log. A failure leaves the old ones in force, and is reported, not thrown:
   * nothing is lost. Returns whether it was made.
   */
  async snapshot(partitions: ReadonlyMap<string, Partition>): Promise<boolean> {
    await this.#saveIndexesOrReport(partitions);
    return this.#snapshotOrReport(partitions);
  }

  /** Saves the indexes that changed. The log is made durable first: an index must not be of vectors that may be lost. */
  async #saveIndexesOrReport(partitions: ReadonlyMap<string, Partition>): Promise<void> {
    try {
      await this.#openLog.sync();
      for (const [namespace, partition] of partitions)
        await this.#indexes.save(namespace, this.#manifest.index, partition);
    } catch (error) {
      this.#recovery.push(`${this.#directory}: saving an index failed (${messageOf(error)})`);
    }
  }

  async #snapshotOrReport(partitions: ReadonlyMap<string, Partition>): Promise<boolean> {
    const path = this.#path(snapshotName(this.#manifest.generation + 1));
    try {
      await this.#replaceLog([...partitions].filter(([, partition]) => partition.size > 0));
      return true;
    } catch (error) {
      this.#recovery.push(`${path}: writing a snapshot failed (${messageOf(error)}); the log goes on`);
      this.#notBefore = 2 * this.#openLog.byteLength;
      return false;
    }
  }

  async #replaceLog(partitions: readonly (readonly [string, Partition])[]): Promise<void> {
    const fs = this.#fs;
    const old = { generation: this.#manifest.generation, log: this.#openLog, snapshot: this.#snapshot };
    const generation = old.generation + 1;
    const path = this.#path(snapshotName(generation));
    const logPath = this.#path(logName(generation));
    let log: OperationLog | undefined;
    let snapshot: Snapshot | undefined;
    try {
      const contents = partitions.map(([namespace, partition]) => [namespace, partition.content()] as const);
      const seal = await writeSnapshot(fs, path, this.#manifest, contents);
      snapshot = await Snapshot.open(fs, path, seal, this.#manifest);
      log = await OperationLog.create(fs, logPath, logIdentity({ ...this.#manifest, generation }));
      await log.sync();
      await fs.syncDirectory(this.#directory);
      old.log.refuseIfFailed();
      await this.#writeManifest({ ...this.#manifest, generation, durable: log.durableBytes, snapshot: seal });
    } catch (error) {
      await snapshot?.close();
      await log?.close();
      // If it is unknown which manifest is in force, those of both stay.
      if (!old.log.failed) for (const name of [path, logPath]) await fs.remove(name);
      throw error;
    }
    this.#log = log;
    this.#snapshot = snapshot;
    this.#notBefore = 0;
    // A sync that is due is the old log's; all of that is durable now.
    this.#acknowledgement.stop();
    const stored = snapshot.stored();
    for (const [namespace, partition] of partitions) partition.moveTo(stored.get(namespace)!);
    await this.#dispose(old);
  }

  /** Nothing needs them any more; what cannot be removed now is when the collection is opened next. */
  async #dispose(old: { generation: number; log: OperationLog; snapshot: Snapshot | undefined }): Promise<void> {
    try {
      await old.log.close();
      // What was written meanwhile is safe, but a disk that fails is not to be trusted with more.
      if (old.log.failed) this.#openLog.fail(new Error('a sync of the log before it failed'));
      await old.snapshot?.close();
      for (const name of [logName(old.generation), snapshotName(old.generation)])
        await this.#fs.remove(this.#path(name));
    } catch (error) {
      this.#recovery.push(`${this.#directory}: files of an old snapshot were left behind (${messageOf(error)})`);
    }
  }

  /** If it is unknown which manifest a crash would leave, nothing more must be written that only one of them knows of. */
  async #writeManifest(manifest: Manifest): Promise<void> {
    try {
      await writeManifest(this.#fs, this.#directory, manifest);
    } catch (error) {
      if (isUncertain(error)) this.#openLog.fail(error);
      throw error;
    }
    this.#manifest = manifest;
  }

  /** Bytes of all files. */
  async byteLength(): Promise<number> {
    let total = 0;
    for (const name of await this.#fs.list(this.#directory)) total += await this.#sizeOf(name);
    return total;
  }

  /** 0 if it has gone. */
  async #sizeOf(name: string): Promise<number> {
    try {
      const file = await this.#fs.open(this.#path(name), { create: false });
      return await file.size().finally(() => file.close());
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return 0;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#acknowledgement.stop();
    const [log, snapshot] = [this.#log, this.#snapshot];
    this.#log = undefined;
    this.#snapshot = undefined;
    try {
      await log?.close();
    } finally {
      await snapshot?.close();
    }
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  get #openLog(): OperationLog {
    if (this.#log === undefined) throw new VectorStoreError('StoreClosed', 'the files of this collection are closed');
    return this.#log;
  }
}

function logIdentity({ id, generation }: Manifest): LogIdentity {
  return { collection: id, generation };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}
