import { describe, expect, it } from 'vitest';
import { capabilitiesOf } from '../src/capabilities.ts';
import { connect } from '../src/connect.ts';
import type { VectorDatabase } from '../src/database.ts';
import type { CollectionDriver } from '../src/driver.ts';
import { forwardCollection, forwardDriver } from '../src/middleware/forward.ts';
import { runCollected } from './collect.ts';
import type { Harness } from './harness.ts';
import { selectCases } from './register.ts';

const log = () => undefined;
const memory: Harness = { name: 'memory', open: () => connect('native:') };

/** A server in miniature: every connection sees the same collections. */
async function sharing(): Promise<{ db: VectorDatabase; harness: Harness }> {
  const db = await connect('native:');
  const connection = new Proxy(db, {
    get(target, key) {
      if (key === 'close') return async () => undefined;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { db, harness: { name: 'shared', open: async () => connection } };
}

function claiming(capabilities: Parameters<typeof capabilitiesOf>[0]): Harness {
  const claimed = capabilitiesOf(capabilities);
  const middleware = [
    (driver: Parameters<typeof forwardDriver>[0]) => ({ ...forwardDriver(driver), capabilities: claimed }),
  ];
  return { name: 'claiming', open: () => connect('native:', { middleware }) };
}

describe('a run', () => {
  it('takes only the cases whose name is asked for, by text or pattern', () => {
    const capabilities = capabilitiesOf({ indexTypes: ['flat'] });
    const names = (only?: string | RegExp) =>
      selectCases(capabilities, only).flatMap(({ cases }) => cases.map((test) => test.name));
    expect(names('delete: by id')).toEqual(names().filter((name) => name.includes('delete: by id')));
    expect(names(/^get: .*duplicates/gi)).toEqual([
      'get: the order asked, duplicates kept, undefined where there is none',
    ]);
    expect(names('no case is called that')).toEqual([]);
  });

  it('says which cases do not apply, and what they would need', async () => {
    const { inapplicable, failed } = await runCollected(memory, { only: /^(flush|persistence): /, log });
    expect(failed).toEqual([]);
    expect(inapplicable.filter(({ needs }) => needs.includes('option persistence')).length).toBeGreaterThan(5);
    expect(inapplicable.every(({ needs }) => needs.length > 0)).toBe(true);
  });

  it('announces its seed, and the seed decides what is tried', async () => {
    const lines: string[] = [];
    const tried = async (seed: number) => {
      const written: string[] = [];
      const recording = (inner: CollectionDriver) =>
        forwardCollection(inner, {
          upsert(namespace, records, context) {
            written.push(...records.map((record) => record.json));
            return inner.upsert(namespace, records, context);
          },
        });
      const open = () =>
        connect('native:', { middleware: [(driver) => forwardDriver(driver, { wrapCollection: recording })] });
      await runCollected(
        { name: 'recorded', open },
        { only: 'the population itself', seed, log: (line) => lines.push(line) },
      );
      return written;
    };
    const once = await tried(7);
    expect(once.length).toBeGreaterThan(500);
    expect(await tried(7)).toEqual(once);
    expect(await tried(8)).not.toEqual(once);
    expect(lines[0]).toContain('ANYVEC_SEED=7');
  });

  it('drops all it created, and leaves runs at the same time and foreign collections alone', async () => {
    const { db, harness } = await sharing();
    await db.createCollection('foreign', { dimension: 2, metric: 'dot' });
    const runs = await Promise.all(
      [1, 2].map(() => runCollected(harness, { only: /^(create|list and drop|count|delete): /, log })),
    );
    for (const { failed, passed } of runs) {
      expect(failed).toEqual([]);
      expect(passed.length).toBeGreaterThan(25);
    }
    expect((await db.listCollections()).map((info) => info.name)).toEqual(['foreign']);
  });

  it('stops at the first failure where that is asked, and tells its error', async () => {
    const broken: Harness = {
      name: 'broken',
      open: () =>
        connect('native:', { middleware: [(driver) => forwardDriver(driver, { hasCollection: async () => true })] }),
    };
    const all = await runCollected(broken, { only: /^(create|list and drop): /, log });
    expect(all.failed.length).toBeGreaterThan(1);
    const first = await runCollected(broken, { only: /^(create|list and drop): /, log, failFast: true });
    expect(first.failed.map(({ name }) => name)).toEqual([all.failed[0]!.name]);
    expect(String(first.failed[0]!.error)).toContain('true instead of false');
  });
});

describe('a harness is refused', () => {
  it('whose backend lacks what every store must do: an empty run would look like a passed one', async () => {
    const refusing = claiming({
      indexTypes: ['flat'],
      operations: { scan: { refused: 'no' } },
      options: { persistence: { refused: 'no' } },
    });
    await expect(runCollected(refusing, { log })).rejects.toThrow(/every store must do .*this one refuses scan/);
  });

  it('without reopen where data persists, or settle where writes become visible later', async () => {
    await expect(runCollected(claiming({ indexTypes: ['flat'] }), { log })).rejects.toThrow(/needs reopen/);
    const eventual = claiming({
      indexTypes: ['flat'],
      consistency: 'eventual',
      options: { persistence: { refused: 'no' } },
    });
    await expect(runCollected(eventual, { log })).rejects.toThrow(/needs settle/);
  });
});
