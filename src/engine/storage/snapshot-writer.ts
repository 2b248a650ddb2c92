import { norm } from '../../score.ts';
import type { Metric } from '../../types.ts';
import type { PartitionContent } from '../partition-image.ts';
import { Bitset } from '../payload/bitset.ts';
import { rowBytes } from '../row-format.ts';
import { BlockFileWriter } from './block-file.ts';
import { bytesOf } from './bytes.ts';
import type { FileSystem } from './filesystem.ts';
import type { PartitionEntry, SnapshotDirectory, SnapshotSeal } from './snapshot.ts';
import { joinIds } from './snapshot-ids.ts';

const encoder = new TextEncoder();

/** What the vectors of a collection are. */
interface VectorKind {
  readonly dimension: number;
  readonly metric: Metric;
}

/**
 * Writes a collection's partitions, by namespace, to a new file, which is durable when this returns (but for its name). They must not
 * change meanwhile; other work goes on.
 */
export async function writeSnapshot(
  fs: FileSystem,
  path: string,
  { dimension, metric }: VectorKind,
  partitions: Iterable<readonly [string, PartitionContent]>,
): Promise<SnapshotSeal> {
  const writer = await BlockFileWriter.create(fs, path);
  try {
    const entries: PartitionEntry[] = [];
    for (const [namespace, content] of partitions)
      entries.push(await writePartition(writer, namespace, { dimension, metric }, content));
    const directory: SnapshotDirectory = { format: 'anyvec-snapshot', version: 2, partitions: entries };
    const directoryAt = writer.offset;
    await writer.write(encoder.encode(JSON.stringify(directory)));
    return { ...(await writer.finish()), directoryAt };
  } finally {
    await writer.close();
  }
}

async function writePartition(
  writer: BlockFileWriter,
  namespace: string,
  kind: VectorKind,
  content: PartitionContent,
): Promise<PartitionEntry> {
  const { slots, order, free, withVector, vectorVersion } = content;
  const section = async (pieces: Iterable<Uint8Array>): Promise<[number, number]> => {
    await writer.align();
    const from = writer.offset;
    for (const piece of pieces) await writer.write(piece);
    return [from, writer.offset - from];
  };
  const starts = new Float64Array(slots);
  const ends = new Float64Array(slots);
  return {
    namespace,
    slots,
    vectorVersion,
    order: await section([bytesOf(order)]),
    free: await section([bytesOf(free)]),
    withVector: await section([bytesOf(withVector)]),
    ids: await section(joinIds(idsBySlot(content), starts)),
    idStarts: await section([bytesOf(starts)]),
    payloads: await section(payloadTexts(content, ends)),
    payloadEnds: await section([bytesOf(ends)]),
    rows: await section(rowsBySlot(content, kind)),
  };
}

function* idsBySlot({ slots, order, id }: PartitionContent): Generator<string, void, undefined> {
  const live = Bitset.of(order);
  for (let slot = 0; slot < slots; slot++) yield live.has(slot) ? id(slot) : '';
}

/** Also fills in where each text ends. */
function* payloadTexts(content: PartitionContent, ends: Float64Array): Generator<Uint8Array, void, undefined> {
  const live = Bitset.of(content.order);
  let end = 0;
  for (let slot = 0; slot < ends.length; slot++) {
    if (live.has(slot)) {
      const bytes = encoder.encode(content.payload(slot));
      end += bytes.byteLength;
      yield bytes;
    }
    ends[slot] = end;
  }
}

function* rowsBySlot(
  content: PartitionContent,
  { dimension, metric }: VectorKind,
): Generator<Uint8Array, void, undefined> {
  const withVector = Bitset.ofWords(content.withVector);
  const nothing = new Uint8Array(rowBytes(dimension, metric));
  for (let slot = 0; slot < content.slots; slot++) {
    if (!withVector.has(slot)) {
      yield nothing;
      continue;
    }
    const vector = content.vector(slot);
    yield bytesOf(vector);
    if (metric === 'cosine') yield bytesOf(Float64Array.of(norm(vector)));
  }
}
