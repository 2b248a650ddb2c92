import { onAbort } from './on-abort.ts';

/**
 * Runs work with a signal that fires with any of some others, with its reason, or with `late()` when the work takes too long. When the work is over nothing is left
 * behind: of `AbortSignal.any` each source keeps an entry as long as it lives (Node 20), and `AbortSignal.timeout` all that waits for it until its time has come.
 */
export async function withTimedSignal<T>(
  sources: readonly AbortSignal[],
  timeoutMs: number,
  late: () => unknown,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stops = sources.map((source) => onAbort(source, () => controller.abort(source.reason)));
  const timer = setTimeout(() => controller.abort(late()), timeoutMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    for (const stop of stops) stop();
  }
}
