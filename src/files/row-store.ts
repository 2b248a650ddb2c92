import type { DriverRecord } from '../driver.ts';
import type { FieldType, Id, IndexSpec, Metric, Payload } from '../types.ts';

/** Which row is whose. */
export interface RowKey {
  /** Where it stands: grows from row to row, and never changes while the file is open. */
  readonly position: number;
  readonly namespace: string;
  readonly id: Id;
  /** It says that the record of this id is gone. */
  readonly removed?: true;
}

/** One row of a file of records. */
export interface Row extends RowKey {
  readonly vector: Float32Array | null;
  readonly payload: Payload;
}

/**
 * The rows of one collection in a file or several. An id may have more than one row: the last counts. What counts, and who may read or write
 * at a moment, is not its business.
 */
export interface RowStore {
  /** Rows stand before it. */
  readonly end: number;
  /** What opening had to mend, in words. */
  readonly recovery: readonly string[];
  /** From one position on, up to another, in order. */
  rows(from: number, to: number): AsyncIterable<Row>;
  /** All rows without vector and payload, where that is less work than {@link rows}. */
  keys?(): AsyncIterable<RowKey>;
  /** The rows at these positions, which ascend. */
  read(positions: ArrayLike<number>): AsyncIterable<Row>;
  /** Bytes of files. */
  byteLength(): Promise<number>;
  close(): Promise<void>;
  /** Undefined: the file is only read. */
  readonly writer?: RowWriter;
}

/** Which rows count. */
export type IsLive = (row: RowKey) => boolean;

/** The other half of a {@link RowStore}. */
export interface RowWriter {
  /**
   * Adds rows at the end, all or none.
   *
   * @returns Their positions.
   */
  append(namespace: string, records: readonly DriverRecord[], isLive: IsLive): Promise<readonly number[]>;
  /** Rows at these positions (`previous`) count no more: their ids have newer ones. */
  superseded(previous: readonly number[]): void;
  /** Rows at these positions count no more: their records are gone. */
  remove(namespace: string, ids: readonly Id[], positions: readonly number[]): Promise<void>;
  /** What was added and removed is on stable storage afterwards. */
  flush(isLive: IsLive): Promise<void>;
  /** Leaves out of the files what does not count. */
  compact(isLive: IsLive): Promise<void>;
}

/** What a collection of records in files is. */
export interface FileSpec {
  readonly dimension: number;
  readonly metric: Metric;
  readonly fields: { readonly [field: string]: FieldType };
  readonly index: IndexSpec;
  readonly ignoredHints: readonly string[];
}

/** A collection as found on disk. */
export interface OpenedFile {
  readonly spec: FileSpec;
  readonly store: RowStore;
  /** Whether this library made it. */
  readonly managed: boolean;
}

/** Where the collections of one database are. */
export interface Shelf {
  names(): Promise<string[]>;
  has(name: string): Promise<boolean>;
  /** @throws `NotFound`, `Corruption` */
  open(name: string): Promise<OpenedFile>;
  /** Undefined: nothing can be made here. */
  readonly editor?: {
    /** Makes an empty collection, which is not there yet. */
    create(name: string, spec: FileSpec): Promise<OpenedFile>;
    /** Removes it with its files. */
    drop(name: string): Promise<void>;
  };
}
