import type { SavedIds } from './storage/snapshot-ids.ts';

/** A partition as it is saved: everything but the index over its vectors. */
export interface PartitionContent {
  /** One more than the highest slot there ever was. */
  readonly slots: number;
  /** The slots of the records, oldest record first. */
  readonly order: Uint32Array;
  /** Slots without a record, in the order in which they were freed. */
  readonly free: Uint32Array;
  /** The words of the set of slots with a vector. */
  readonly withVector: Uint32Array;
  readonly vectorVersion: number;
  id(slot: number): string;
  /** The payload as JSON text. */
  payload(slot: number): string;
  /** A view, valid until the next call. For slots with a vector. */
  vector(slot: number): Float32Array;
}

/** A partition as it is found again: what every search needs is in memory, the rest is read when it is asked for. */
export interface PartitionImage
  extends Pick<PartitionContent, 'slots' | 'order' | 'free' | 'withVector' | 'vectorVersion'> {
  readonly ids: SavedIds;
  readonly stored: StoredPartition;
}

/** What of a partition is read when it is asked for. Every method throws `Corruption` for what was damaged meanwhile. */
export interface StoredPartition {
  /** The payload as JSON text. For slots with a record. */
  payload(slot: number): string;
  /** Fills `target` with the rows of the slots from `first` on, as {@link rowBytes} says; zeros for slots without a vector. */
  rows(first: number, target: Uint8Array): void;
  /** Fills `target` with the vector of a slot: without what else its row has, and quickly where slots follow one another. */
  vector(slot: number, target: Float32Array): void;
}
