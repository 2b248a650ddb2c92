/** Node only. The source as batches, with what they add up to. */
import type { VectorStore } from '../store.ts';
import type { Id, Payload, RecordInput } from '../types.ts';
import { chainedDigest, recordDigest, sampledDigest } from './digest.ts';
import { mapped } from './scope.ts';
import type { Place, ScopeOptions, SourceRecord } from './types.ts';

/** A record as the checkpoint remembers it. */
export interface SampledRecord {
  readonly id: Id;
  readonly digest: string;
}

/** Some records on their way. */
export interface Batch {
  /** What the target shall hold. */
  readonly records: readonly RecordInput<Payload>[];
  /** Of so many records of the source. */
  readonly count: number;
  /** How many records of the source were read up to its end, and what they add up to. */
  readonly read: number;
  readonly digest: string;
  /** Its first record of the source. */
  readonly first: SampledRecord;
}

/** Bytes of a batch, about. */
const batchBytes = 8 * 2 ** 20;

/** How large pages are read: as many records as fit, if payloads are not much larger than vectors. */
export function pageSize(dimension: number, batchSize: number): number {
  return Math.max(16, Math.min(batchSize, 1_000, Math.floor(batchBytes / (4 * dimension + 4_096))));
}

/**
 * All records of a namespace of the source in batches. The first `skip` records are only counted, and must add up to `digest`.
 *
 * @throws {@link OrderChanged} if they do not.
 */
export async function* batchesOf(
  store: VectorStore,
  place: Place,
  size: number,
  { skip, digest: expected }: { readonly skip: number; readonly digest: string },
  options: ScopeOptions & { readonly signal: AbortSignal },
): AsyncGenerator<Batch, void, undefined> {
  let [read, given, digest, bytes, records] = [0, skip, '', 0, [] as RecordInput<Payload>[]];
  let first: SampledRecord | undefined;
  const scan = store.scan({
    batchSize: pageSize(store.dimension, size),
    signal: options.signal,
    ...(options.where && { filter: options.where }),
  });
  for await (const record of scan) {
    read += 1;
    digest = chainedDigest(digest, record.id, recordDigest(record));
    if (read <= skip) {
      if (read === skip && digest !== expected) throw new OrderChanged();
      continue;
    }
    first ??= { id: record.id, digest: sampledDigest(record) };
    for (const wanted of await mapped(record, place, options)) records.push(wanted);
    bytes += roughBytes(record);
    if (records.length < size && bytes < batchBytes) continue;
    yield { records, count: read - given, read, digest, first };
    [given, records, bytes, first] = [read, [], 0, undefined];
  }
  if (read < skip) throw new OrderChanged();
  if (first !== undefined) yield { records, count: read - given, read, digest, first };
}

/** The source does not give the records that were copied first, first again. */
export class OrderChanged extends Error {}

function roughBytes({ vector, payload }: SourceRecord): number {
  return (vector?.byteLength ?? 0) + 2 * JSON.stringify(payload).length;
}

/** Items as they come, `size` at a time. */
export async function* batched<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[], void, undefined> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
