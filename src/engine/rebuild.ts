import { TimeSlice } from '../time-slice.ts';
import type { IndexProgress } from '../types.ts';
import { settle } from './index/settle.ts';
import type { ResolvedIndex, VectorIndex, VectorIndexProvider } from './index/vector-index.ts';
import type { Partition } from './partition.ts';

/** Vectors added to a new index between two looks at the clock and the abort signal. */
const chunkSize = 100;

/**
 * New indexes over the vectors of all partitions, built beside the old ones in slices that let reads go on. Nothing takes effect here;
 * on error or abort what was built is disposed of.
 */
export async function buildIndexes(
  provider: VectorIndexProvider,
  resolved: ResolvedIndex,
  partitions: Iterable<Partition>,
  onProgress: ((progress: IndexProgress) => void) | undefined,
  signal: AbortSignal,
): Promise<Map<Partition, VectorIndex>> {
  const built = new Map<Partition, VectorIndex>();
  const work = Array.from(partitions, (partition) => ({ partition, slots: partition.vectorSlots() }));
  const total = work.reduce((sum, { slots }) => sum + slots.length, 0);
  const slice = new TimeSlice(signal);
  let done = 0;
  onProgress?.({ done, total });
  try {
    for (const { partition, slots } of work) {
      const index = provider.create(resolved, partition.vectors);
      built.set(partition, index);
      for (let at = 0; at < slots.length; at += chunkSize) {
        const chunk = [...slots.subarray(at, at + chunkSize)];
        index.add(chunk);
        done += chunk.length;
        if (index.settle === undefined) onProgress?.({ done, total });
        await slice.pause();
      }
      const counted = done;
      await settle(index, slice, (left) => onProgress?.({ done: counted - left, total }));
    }
    return built;
  } catch (error) {
    disposeAll(built);
    throw error;
  }
}

export function disposeAll(built: ReadonlyMap<Partition, VectorIndex>): void {
  for (const index of built.values()) index.dispose();
}
