import { sleep } from '../../src/remote/sleep.ts';
import type { IndexProgress } from '../../src/types.ts';
import type { Description } from './manifest.ts';

/** Waits until an index is built: the server does that in the background, and answers from the old one meanwhile. */
export async function untilIndexed(
  describe: () => Promise<Description>,
  onProgress: ((progress: IndexProgress) => void) | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (let pause = 10; ; pause = Math.min(pause * 2, 1_000)) {
    const { status, points, indexed } = await describe();
    const built = status === 'green' || status === undefined;
    onProgress?.({ done: built ? points : Math.min(indexed, points), total: points });
    if (built) return;
    await sleep(pause, signal);
  }
}
