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

/** The first Ctrl-C (or other signal asked for) aborts, so that work stops in order and what was done is kept; the second one kills. */
export function interruptible(on: readonly NodeJS.Signals[] = ['SIGINT']): {
  readonly signal: AbortSignal;
  stop(): void;
} {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const name of on) process.once(name, abort);
  return {
    signal: controller.signal,
    stop() {
      for (const name of on) process.off(name, abort);
    },
  };
}
