import type { CallContext, Classification, Driver } from '../../driver.ts';
import { type ErrorCode, VectorStoreError } from '../../errors.ts';

/** A shard that did not answer. */
export interface FailedShard {
  /** Its place in the list, from 0. */
  readonly shard: number;
  /** Its provider. */
  readonly provider: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** An error of one shard, with what it means there. */
export class ShardError extends Error {
  readonly shard: number;
  readonly provider: string;
  readonly meaning: Classification;

  constructor(shard: number, driver: Driver, cause: unknown, meaning = meaningOf(driver, cause)) {
    const message = `shard ${shard} (${driver.provider}): ${meaning.message}`;
    super(message, { cause });
    this.shard = shard;
    this.provider = driver.provider;
    this.meaning = { ...meaning, message };
  }

  /** As users see it. */
  get typed(): VectorStoreError {
    const { code, message, retryable, retryAfterMs } = this.meaning;
    return new VectorStoreError(code, message, {
      ...(retryable !== undefined && { retryable }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      cause: this.cause,
    });
  }

  /** In short. */
  get summary(): FailedShard {
    const { code, message } = this.meaning;
    return { shard: this.shard, provider: this.provider, code, message };
  }
}

function meaningOf(driver: Driver, error: unknown): Classification {
  const known = driver.classify(error);
  if (known !== undefined) return known;
  if (VectorStoreError.is(error)) {
    const { code, message, retryable, retryAfterMs } = error;
    return { code, message, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }), applied: 'unknown' };
  }
  const message = `unexpected: ${error instanceof Error ? error.message : 'an error that is no Error'}`;
  return { code: 'Internal', message, applied: 'unknown' };
}

/** Asks one shard; its error says which it was. An abort of the call stays what it is. */
export async function askShard<T>(
  shard: number,
  driver: Driver,
  context: CallContext,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if ((context.signal.aborted && error === context.signal.reason) || error instanceof ShardError) throw error;
    throw new ShardError(shard, driver, error);
  }
}
