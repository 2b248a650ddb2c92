/** When a write is durable; see {@link StorageSettings.durability}. */
export type Durability = 'always' | 'interval' | 'memory';

/** Where the original vectors of a snapshot are; see {@link StorageSettings.originals}. */
export type Originals = 'memory' | 'disk';

/** How a directory keeps its collections. */
export interface StorageSettings {
  /**
   * `always`: a write is acknowledged once it is durable; writes that wait together share one fsync. `interval`: it is durable at most
   * `syncIntervalMs` later. `memory`: the operating system decides. In all three modes an acknowledged write survives the end of the process,
   * and `flush` and `close` make everything durable.
   */
  readonly durability: Durability;
  /** Milliseconds, under `interval`. */
  readonly syncIntervalMs: number;
  /** `disk`: vectors stay in the snapshot's file, and only the rows that a search scores are read. */
  readonly originals: Originals;
  /** A snapshot is due when the log has grown to this many bytes, and to the size of the last snapshot. */
  readonly snapshotAfterBytes: number;
}

export const defaultSettings: StorageSettings = {
  durability: 'interval',
  syncIntervalMs: 1_000,
  originals: 'disk',
  snapshotAfterBytes: 16 * 2 ** 20,
};
