/**
 * What is not known for certain of the live service, as switches: a program that is right under every combination is right on the service,
 * whichever way that behaves.
 */
export interface PineconeQuirks {
  /** Scores of `euclidean` indexes: the squared distance (older documentation) or the distance. Default `squared`. */
  readonly euclideanScore: 'squared' | 'true';
  /** Whether `$ne` and `$nin` match records without the field. Default `exclude` (it was `include` until March 2024). */
  readonly negationOnMissing: 'exclude' | 'include';
  /** When `$ne` and `$nin` match a list: if no element is the operand, or if some element is another one. Default `no-element`. */
  readonly negationOnList: 'no-element' | 'some-element';
  /** What a list of one string is read back as. Default `list`. */
  readonly listOfOne: 'list' | 'scalar';
  /** A metadata value of null: an error, or passed over. Default `refuse`. */
  readonly nullMetadata: 'refuse' | 'drop';
  /** A metadata value of []: an error, or passed over. Default `refuse`. */
  readonly emptyList: 'refuse' | 'drop';
  /** What reads say of a namespace without records: nothing, or 404. Default `empty`. */
  readonly missingNamespace: 'empty' | 'not-found';
  /** Milliseconds until a write is visible to reads. Default 0: at once. */
  readonly writeLagMs: number;
  /** Milliseconds until a new index is ready. Default 0. */
  readonly readyAfterMs: number;
}

export const defaultQuirks: PineconeQuirks = Object.freeze({
  euclideanScore: 'squared',
  negationOnMissing: 'exclude',
  negationOnList: 'no-element',
  listOfOne: 'list',
  nullMetadata: 'refuse',
  emptyList: 'refuse',
  missingNamespace: 'empty',
  writeLagMs: 0,
  readyAfterMs: 0,
});
