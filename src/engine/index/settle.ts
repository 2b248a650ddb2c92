import type { TimeSlice } from '../../time-slice.ts';
import type { VectorIndex } from './vector-index.ts';

/** Has an index do what it put off, in slices that let others run. `onLeft` hears how many vectors are left. */
export async function settle(index: VectorIndex, slice: TimeSlice, onLeft?: (left: number) => void): Promise<void> {
  await index.settleWithThreads?.(slice, onLeft);
  for (;;) {
    await index.rest?.();
    const left = index.settle?.(slice.until) ?? 0;
    onLeft?.(left);
    if (left === 0) return;
    await slice.pause();
  }
}
