import { VectorStoreError } from '../../errors.ts';
import { TimeSlice } from '../../time-slice.ts';
import { ByteWriter } from './bytes.ts';
import { type FileHandle, type FileSystem, openExisting } from './filesystem.ts';
import { EntryFormat, encodeLogHeader, entryHeadBytes, type LogIdentity, logHeaderBytes } from './log-format.ts';
import { replayLog } from './log-replay.ts';
import { decodeOperation, encodeOperation, type Operation } from './operations.ts';
import { asUncertain } from './uncertain.ts';

/** An entry as large as that leaves its memory to the next one: a batch of records is a few megabytes. */
const keptBytes = 4 * 2 ** 20;

/** The operations of a collection since its last snapshot (or its beginning), on disk. Appends come one after another. */
export class OperationLog {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #format: EntryFormat;
  /** Of entries, one after another. */
  #writer = new ByteWriter();
  #size: number;
  #durable: number;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;
  #failed: unknown;

  private constructor(path: string, file: FileHandle, identity: LogIdentity, size: number, durable: number) {
    this.#path = path;
    this.#file = file;
    this.#format = new EntryFormat(identity);
    this.#size = size;
    this.#durable = durable;
  }

  /** An empty log in a new file, not durable yet. */
  static async create(fs: FileSystem, path: string, identity: LogIdentity): Promise<OperationLog> {
    const file = await fs.open(path, { create: true });
    try {
      await file.truncate(0);
      await file.write(0, encodeLogHeader(identity));
    } catch (error) {
      await file.close();
      throw error;
    }
    return new OperationLog(path, file, identity, logHeaderBytes, 0);
  }

  /**
   * Opens a log and replays it.
   *
   * @param durable How many of its bytes are known to have been durable.
   * @returns What was discarded at the end, in words, if anything.
   * @throws `Corruption`
   */
  static async open(
    fs: FileSystem,
    path: string,
    identity: LogIdentity,
    { durable, dimension }: { readonly durable: number; readonly dimension: number },
    apply: (operation: Operation) => Promise<void> | void,
  ): Promise<{ log: OperationLog; discarded: string | undefined }> {
    const file = await openExisting(fs, path);
    try {
      const found = await file.size();
      const size = await replayLog({ file, path, identity, durable }, (body) =>
        apply(decodeOperation(body, dimension)),
      );
      if (size === found) return { log: new OperationLog(path, file, identity, size, durable), discarded: undefined };
      await file.truncate(size);
      // Else what was cut off could come back behind what is written next.
      await file.sync();
      const discarded = `${path}: discarded an incomplete, unacknowledged write of ${found - size} bytes at offset ${size}`;
      return { log: new OperationLog(path, file, identity, size, size), discarded };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get byteLength(): number {
    return this.#size;
  }

  /** How many of its bytes are certainly durable. */
  get durableBytes(): number {
    return this.#durable;
  }

  /** Appends an operation: visible to the next open, durable after {@link sync}. If it fails nothing is appended. */
  async append(operation: Operation): Promise<void> {
    this.refuseIfFailed();
    if (this.#writer.capacity > keptBytes) this.#writer = new ByteWriter();
    const writer = this.#writer.clear().raw(new Uint8Array(entryHeadBytes));
    await new TimeSlice().finish(encodeOperation(operation, writer));
    this.refuseIfFailed();
    const bytes = writer.bytes();
    this.#format.seal(bytes, this.#size, this.#durable);
    try {
      await this.#file.write(this.#size, bytes);
    } catch (error) {
      throw await this.#undone(error);
    }
    this.#size += bytes.byteLength;
  }

  /**
   * Makes durable what was appended before the call. Calls that come while it is under way share the next one.
   *
   * @throws `Durability` if it fails: what was written before may be lost, and the log takes no more afterwards.
   */
  async sync(): Promise<void> {
    this.refuseIfFailed();
    if (this.#durable === this.#size) return;
    if (this.#syncing === undefined) return this.#startSync();
    this.#nextSync ??= this.#syncing.then(() => {
      this.#nextSync = undefined;
      return this.sync();
    });
    return this.#nextSync;
  }

  get failed(): boolean {
    return this.#failed !== undefined;
  }

  /** From now on the log takes no more. */
  fail(error: unknown): void {
    this.#failed ??= error;
  }

  /** @throws `Durability` */
  refuseIfFailed(): void {
    if (this.#failed === undefined) return;
    throw new VectorStoreError(
      'Durability',
      `${this.#path} could not be written; the collection takes no more writes until it is opened again`,
      { cause: this.#failed },
    );
  }

  async close(): Promise<void> {
    // The end of one may be the beginning of the next.
    while (this.#syncing !== undefined) await this.#syncing.catch(() => undefined);
    await this.#file.close();
  }

  #startSync(): Promise<void> {
    const size = this.#size;
    const sync = async () => {
      try {
        await this.#file.sync();
        this.#durable = size;
      } catch (error) {
        this.fail(error);
        this.refuseIfFailed();
      } finally {
        this.#syncing = undefined;
      }
    };
    this.#syncing = sync();
    return this.#syncing;
  }

  /** Takes back a failed write; the error to throw for it. */
  async #undone(error: unknown): Promise<unknown> {
    try {
      await this.#file.truncate(this.#size);
      return error;
    } catch {
      this.fail(error);
      return asUncertain(error);
    }
  }
}
