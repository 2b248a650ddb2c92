/** Node only. Errors as a person at a terminal wants them: one line, what to do, an exit code. */
import { VectorStoreError } from '../errors.ts';

/** A wrong command line. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The exit code of a command that failed: 2 for wrong usage or input, 130 after Ctrl-C, else 1. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || VectorStoreError.is(error, 'InvalidArgument')) return 2;
  return VectorStoreError.is(error, 'Aborted') ? 130 : 1;
}

/** `anyvec: what is wrong [Code]`; with `$DEBUG` the stack and its causes too. */
export function describeError(error: unknown, env = process.env): string {
  const code = VectorStoreError.is(error) ? ` [${error.code}]` : '';
  const message = error instanceof Error ? error.message : String(error);
  const line = `anyvec: ${message.trim()}${code}`;
  if (!env.DEBUG) return line;
  return `${line}\n${stacks(error).join('\ncaused by ')}`;
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [String(error)];
  return [error.stack ?? String(error), ...stacks(error.cause)];
}
