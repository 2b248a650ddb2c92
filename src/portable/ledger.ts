import type { Driver, DriverWriteResult } from '../driver.ts';
import { type ErrorCode, VectorStoreError } from '../errors.ts';
import type { Id, WriteResult } from '../types.ts';
import type { Call } from './call.ts';

/** The books of one write call: every id ends in exactly one column. */
export class WriteLedger {
  readonly #result: WriteResult = { acknowledged: 0, missing: [], failed: [], unknown: [] };
  readonly #details: boolean;
  #cause: VectorStoreError | undefined;

  constructor(details: boolean) {
    this.#details = details;
    if (details) this.#result.acknowledgedIds = [];
  }

  /** The first error, if any: a reason to send nothing more. */
  get cause(): VectorStoreError | undefined {
    return this.#cause;
  }

  /** Whether no id was entered yet. */
  get isEmpty(): boolean {
    const { acknowledged, missing, failed, unknown } = this.#result;
    return acknowledged + missing.length + failed.length + unknown.length === 0;
  }

  /** Enters a driver's answer. `ids` are those asked for; undefined for a write by filter, where the answer names them if it can. */
  settle(ids: readonly Id[] | undefined, answer: DriverWriteResult): void {
    const { missing = [], failed = [], unknown = [] } = answer;
    const result = this.#result;
    this.#cause ??= answer.cause;
    result.acknowledged += answer.acknowledged;
    result.missing.push(...missing);
    result.failed.push(...failed);
    result.unknown.push(...unknown);
    if (!this.#details) return;
    const others = new Set([...missing, ...unknown, ...failed.map((entry) => entry.id)]);
    for (const id of answer.ids ?? ids ?? []) if (!others.has(id)) result.acknowledgedIds!.push(id);
  }

  /** Enters ids whose request failed as a whole. */
  fail(ids: readonly Id[], error: VectorStoreError, applied: 'no' | 'unknown'): void {
    this.#cause ??= error;
    if (applied === 'unknown') this.#result.unknown.push(...ids);
    else this.reject(ids, error.code);
  }

  /** Enters ids that were not sent. */
  reject(ids: readonly Id[], code: ErrorCode): void {
    for (const id of ids) this.#result.failed.push({ id, code });
  }

  /**
   * The result, if every id was acknowledged or is missing.
   *
   * @throws the cause itself if nothing was written and nothing is unknown; else `PartialFailure` with the cause. Both carry the result.
   */
  finish(): WriteResult {
    const result = this.#result;
    const { failed, unknown, acknowledged } = result;
    if (this.#cause === undefined && failed.length === 0 && unknown.length === 0) return result;
    const ids = [...failed.map((entry) => entry.id), ...unknown];
    const cause = this.#cause;
    if (cause !== undefined && acknowledged === 0 && unknown.length === 0) {
      const { code, message, retryable, retryAfterMs } = cause;
      throw new VectorStoreError(code, message, {
        retryable,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
        ids,
        result,
        cause: cause.cause,
      });
    }
    throw this.partialFailure(cause);
  }

  /** The error of a write that stopped half-way. */
  partialFailure(cause: VectorStoreError | undefined): VectorStoreError {
    const { failed, unknown, acknowledged } = this.#result;
    const why = cause === undefined ? '' : `: ${cause.message}`;
    return new VectorStoreError(
      'PartialFailure',
      `${acknowledged} acknowledged, ${failed.length} failed, ${unknown.length} unknown${why}`,
      {
        ids: [...failed.map((entry) => entry.id), ...unknown],
        result: this.#result,
        ...(cause !== undefined && { retryable: cause.retryable, cause }),
      },
    );
  }
}

/** Sends one batch and enters how it ended; never throws. */
export async function sendBatch(
  call: Call,
  driver: Driver,
  ledger: WriteLedger,
  ids: readonly Id[],
  send: (context: { signal: AbortSignal }) => Promise<DriverWriteResult>,
): Promise<void> {
  if (ledger.cause !== undefined) return ledger.reject(ids, ledger.cause.code);
  if (call.signal.aborted) return ledger.fail(ids, call.wrap(call.signal.reason), 'no');
  try {
    ledger.settle(ids, await call.run(send));
  } catch (error) {
    ledger.fail(ids, call.wrap(error), appliedBy(driver, error, call));
  }
}

/** Whether a write that rejected may have taken effect all the same. */
function appliedBy(driver: Driver, error: unknown, call: Call): 'no' | 'unknown' {
  // Abort and deadline interrupt our waiting, not the backend.
  if (error === call.signal.reason) return 'unknown';
  return driver.classify(error)?.applied ?? 'unknown';
}
