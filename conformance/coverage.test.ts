import { describe, expect, it } from 'vitest';
import { type Capabilities, capabilitiesOf, type Support } from '../src/capabilities.ts';
import { connect } from '../src/connect.ts';
import { directoryHarness } from './backends/directory.ts';
import { coverage } from './coverage.ts';
import type { Harness, Runner } from './harness.ts';
import { runConformance } from './register.ts';
import { suites } from './suites.ts';

/** The names that a harness's run registers. */
async function registered(harness: Harness): Promise<Set<string>> {
  const names: string[] = [];
  const runner: Runner = {
    describe: (_, body) => body(),
    it: (name) => names.push(name),
    beforeAll: () => undefined,
    afterAll: () => undefined,
  };
  await runConformance({ runner, harness, log: () => undefined });
  await harness.close?.();
  expect(new Set(names).size, 'names are unique').toBe(names.length);
  return new Set(names);
}

/** Capabilities that refuse everything. */
function refusingAll(capabilities: Capabilities): Capabilities {
  const refused = (table: object) =>
    Object.fromEntries(Object.keys(table).map((key): [string, Support] => [key, { refused: 'not here' }]));
  const { operations, filterOperators, options, metrics, fieldTypes, limits } = capabilities;
  return {
    ...capabilities,
    operations: { ...operations, ...refused(operations) },
    filterOperators: { ...filterOperators, ...refused(filterOperators) },
    options: { ...options, ...refused(options) },
    metrics: { ...metrics, ...refused(metrics) },
    fieldTypes: { ...fieldTypes, ...refused(fieldTypes) },
    limits: { ...limits, payloadBytes: 1_000 },
  };
}

const native = capabilitiesOf({ indexTypes: ['flat'] });
const known = new Set(
  [native, refusingAll(native)].flatMap((capabilities) =>
    suites.flatMap((suite) => suite.cases(capabilities).map((test) => test.name)),
  ),
);
const ran = new Set([
  ...(await registered({ name: 'memory', open: () => connect('native:') })),
  ...(await registered(directoryHarness('native'))),
]);

describe('coverage', () => {
  it('has keys that are unique', () => {
    const keys = coverage.map((law) => law.key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('covers every trap of a backend and every defect of a peer by number', () => {
    const numbered = (prefix: string, count: number) =>
      Array.from(
        { length: count },
        (_, i) => coverage.filter(({ key }) => key.startsWith(`${prefix}${String(i + 1).padStart(2, '0')}-`)).length,
      );
    expect(numbered('backends/', 28)).toEqual(Array(28).fill(1));
    expect(numbered('peers/d', 19)).toEqual(Array(19).fill(1));
  });

  for (const law of coverage) {
    if ('outOfScope' in law) {
      it(`${law.key} is left out for a reason`, () => expect(law.outOfScope.length).toBeGreaterThan(20));
      continue;
    }
    it(`${law.key}: its cases exist, and the native engine runs them`, () => {
      expect(
        law.cases.filter((name) => !known.has(name)),
        'no such case',
      ).toEqual([]);
      expect(law.cases.filter((name) => ran.has(name)).length, 'none of its cases is run').toBeGreaterThan(0);
    });
  }

  it('no suite is empty, and no case is registered twice', () => {
    for (const suite of suites) {
      const names = suite.cases(native).map((test) => test.name);
      expect(names.length, suite.name).toBeGreaterThan(0);
      expect(new Set(names).size, suite.name).toBe(names.length);
    }
  });
});
