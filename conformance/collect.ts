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

/**
 * Runs the suite (or the cases asked for) in this process, without a test runner, one case after another.
 *
 * @param options `failFast` stops at the first failure; `only` narrows by name.
 */
export async function runCollected(
  harness: Harness,
  options: RunOptions & { readonly failFast?: boolean } = {},
): Promise<Collected> {
  const capabilities = await readCapabilities(harness);
  const session = prepareSession(harness, options);
  const collected: Collected = { passed: [], failed: [], inapplicable: inapplicableCases(capabilities) };
  await session.open();
  try {
    for (const test of selectCases(capabilities, options.only).flatMap(({ cases }) => cases)) {
      try {
        await withinTime(runCase(test, session), session.budget.caseTimeoutMs);
        collected.passed.push(test.name);
      } catch (error) {
        collected.failed.push({ name: test.name, error });
        if (options.failFast) break;
      }
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
