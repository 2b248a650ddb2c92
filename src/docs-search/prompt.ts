/** Node only. Questions typed at a terminal. */
import { createInterface } from 'node:readline/promises';

/**
 * Asks for questions until an empty line, Ctrl-D or Ctrl-C. Resolves then.
 * @param answer Called with each question; what it throws goes to `onError` and does not end the loop.
 */
export async function promptLoop(
  answer: (question: string) => Promise<void>,
  onError: (error: unknown) => void,
  signal?: AbortSignal,
): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '\n? ' });
  const close = () => lines.close();
  signal?.addEventListener('abort', close);
  lines.once('SIGINT', close);
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '') break;
    await answer(line).catch(onError);
    if (signal?.aborted) break;
    lines.prompt();
  }
  signal?.removeEventListener('abort', close);
  lines.close();
}

/** The first Ctrl-C aborts the signal, so that work stops in order and what was embedded is kept; the second one kills. */
export function interruptible(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort);
  return { signal: controller.signal, stop: () => void process.off('SIGINT', abort) };
}
