import type { Capabilities } from '../src/capabilities.ts';
import { isSupported } from '../src/capabilities.ts';
import { type Case, coreNeeds, type Suite, unmetNeeds } from './case.ts';
import { Context } from './context.ts';
import { type Budget, defaultBudget, type Harness, type Runner } from './harness.ts';
import { chooseSeed, deepFactor } from './seed.ts';
import { Session } from './session.ts';
import { suites } from './suites.ts';

/** Narrows a run. */
export interface RunOptions {
  /** Only cases whose name contains it, or matches it. */
  readonly only?: string | RegExp;
  /** Default: `$ANYVEC_SEED`, else a random one. */
  readonly seed?: number;
  /** Where the seed is announced. Default `console.info`. */
  readonly log?: (line: string) => void;
}

/** The cases that a backend with these capabilities must pass, by suite. */
export function selectCases(capabilities: Capabilities, only?: RunOptions['only']): { suite: Suite; cases: Case[] }[] {
  return suites
    .map((suite) => ({
      suite,
      cases: suite.cases(capabilities).filter((test) => isAsked(test, only) && applies(test, capabilities)),
    }))
    .filter(({ cases }) => cases.length > 0);
}

/** The names of the cases that `selectCases` leaves out for a refused capability, with what they need. */
export function inapplicableCases(
  capabilities: Capabilities,
  only?: RunOptions['only'],
): { name: string; needs: string[] }[] {
  const all = suites.flatMap((suite) => suite.cases(capabilities));
  return all
    .filter((test) => isAsked(test, only) && !applies(test, capabilities))
    .map((test) => ({ name: test.name, needs: unmetNeeds(test.needs, capabilities) }));
}

/** A session that is not open yet, with seed and budget settled and said. */
export function prepareSession(harness: Harness, options: RunOptions): Session {
  const seed = options.seed ?? chooseSeed();
  const log = options.log ?? ((line: string) => console.info(line));
  log(`conformance of ${harness.name}: seed ${seed} (ANYVEC_SEED=${seed} repeats it)`);
  return new Session(harness, budgetOf(harness), seed);
}

/** Connects once to learn what the backend can do. */
export async function readCapabilities(harness: Harness): Promise<Capabilities> {
  const db = await harness.open();
  const { capabilities } = db;
  await db.close();
  const lacking = unmetNeeds(coreNeeds, capabilities);
  if (lacking.length > 0) {
    throw new TypeError(
      `${harness.name}: every store must do ${coreNeeds.join(', ')}; this one refuses ${lacking.join(', ')}`,
    );
  }
  if (isSupported(capabilities.options.persistence) && harness.reopen === undefined) {
    throw new TypeError(`${harness.name}: capabilities say that data persists, so the harness needs reopen()`);
  }
  if (capabilities.consistency === 'eventual' && harness.settle === undefined) {
    throw new TypeError(
      `${harness.name}: capabilities say that writes become visible later, so the harness needs settle()`,
    );
  }
  return capabilities;
}

/** Runs one case in an open session. */
export async function runCase(test: Case, session: Session): Promise<void> {
  const context = new Context(session);
  try {
    await test.run(context);
  } finally {
    await context.giveBack();
  }
}

/**
 * Registers the whole suite with a test runner. A backend's test file is little more than
 *
 * ```ts
 * await runConformance({ runner: { describe, it, beforeAll, afterAll }, harness: { name: 'mine', open: () => connect('mine://') } });
 * ```
 *
 * Which cases there are depends on the backend's capabilities alone: what is refused is tested to be refused.
 */
export async function runConformance({
  runner,
  harness,
  ...options
}: RunOptions & { runner: Runner; harness: Harness }): Promise<void> {
  const selected = selectCases(await readCapabilities(harness), options.only);
  const session = prepareSession(harness, options);
  const { caseTimeoutMs } = session.budget;
  runner.describe(`conformance of ${harness.name}`, () => {
    runner.beforeAll(() => session.open(), caseTimeoutMs);
    runner.afterAll(() => session.close(), caseTimeoutMs);
    for (const { suite, cases } of selected) {
      runner.describe(suite.name, () => {
        for (const test of cases) runner.it(test.name, () => runCase(test, session), caseTimeoutMs);
      });
    }
  });
}

function budgetOf(harness: Harness): Budget {
  const budget = { ...defaultBudget, ...harness.budget };
  const factor = deepFactor();
  return {
    ...budget,
    filters: budget.filters * factor,
    sequences: budget.sequences * factor,
    caseTimeoutMs: budget.caseTimeoutMs * factor,
  };
}

function applies(test: Case, capabilities: Capabilities): boolean {
  return unmetNeeds(test.needs, capabilities).length === 0;
}

function isAsked(test: Case, only: RunOptions['only']): boolean {
  if (only === undefined) return true;
  return typeof only === 'string'
    ? test.name.includes(only)
    : new RegExp(only.source, only.flags.replace(/[gy]/g, '')).test(test.name);
}
