import { VectorStoreError } from '../../src/errors.ts';

/** Failures of many trials, one line for each kind, with how to replay the first of that kind. */
export class Failures {
  readonly #kinds = new Map<string, { count: number; text: string }>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(replay: string, what: string): void {
    this.#count += 1;
    const kind = what.replace(/\d+/g, '#').slice(0, 100);
    const same = this.#kinds.get(kind);
    if (same !== undefined) same.count += 1;
    else this.#kinds.set(kind, { count: 1, text: `${what.slice(0, 900)}\n    replay: ${replay}` });
  }

  toString(): string {
    const kinds = [...this.#kinds.values()].map(({ count, text }) => `${count} times: ${text}`);
    return `${this.#count} failures\n  ${kinds.slice(0, 12).join('\n  ')}`;
  }
}

/** An error in a few words: its code, if it has one, and its message. */
export function shownError(error: unknown): string {
  if (VectorStoreError.is(error)) return `${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  return `${error.message}\n${error.stack?.split('\n').slice(1, 4).join('\n')}`;
}
