import type { Harness } from './harness.ts';
import {
  inapplicableCases,
  prepareSession,
  type RunOptions,
  readCapabilities,
  runCase,
  selectCases,
} from './register.ts';

/** How every case ended, by name. */
export interface Collected {
  readonly passed: string[];
  readonly failed: { name: string; error: unknown }[];
  /** Cases that a refused capability rules out. */
  readonly inapplicable: { name: string; needs: string[] }[];
}

/** How {@link runCollected} goes about it. */
export interface CollectOptions extends RunOptions {
  /** Stops at the first failure. Default false. */
  readonly failFast?: boolean;
  /** Stops after the case that is running. */
  readonly signal?: AbortSignal;
  /** Called after every case. */
  readonly onCase?: (name: string, failure: { readonly error: unknown } | undefined) => void;
}

/**
 * Runs the suite (or the cases asked for) in this process, without a test runner, one case after another.
 *
 * @throws what `signal` was aborted with, after everything the suite made is dropped.
 */
export async function runCollected(harness: Harness, options: CollectOptions = {}): Promise<Collected> {
  const capabilities = await readCapabilities(harness);
  const session = prepareSession(harness, options);
  const collected: Collected = { passed: [], failed: [], inapplicable: inapplicableCases(capabilities, options.only) };
  await session.open();
  try {
    for (const test of selectCases(capabilities, options.only).flatMap(({ cases }) => cases)) {
      options.signal?.throwIfAborted();
      const failure = await failureOf(withinTime(runCase(test, session), session.budget.caseTimeoutMs));
      if (failure === undefined) collected.passed.push(test.name);
      else collected.failed.push({ name: test.name, error: failure.error });
      options.onCase?.(test.name, failure);
      if (failure !== undefined && options.failFast) break;
    }
  } finally {
    await session
      .close()
      .catch((error: unknown) =>
        collected.failed.push({ name: 'end of the run: everything is dropped and closed', error }),
      );
  }
  return collected;
}

async function failureOf(work: Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return { error };
  }
}

async function withinTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the case did not end within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
