import { describe, expect, it } from 'vitest';
import type { VectorDatabase } from '../../src/database.ts';
import { migrate, type RecordMap, verify } from '../../src/migrate/index.ts';
import type { Metric } from '../../src/types.ts';
import { Random } from '../crash/random.ts';
import { printSeed, seed } from '../support/seed.ts';
import { breakablePayload, defects, type Planted } from './defects.ts';
import { Ends, type Kind } from './ends.ts';
import { intercepted } from './intercepted.ts';
import { anyVector, type Content, countOf, fill, hostileContent, type TestRecord, within } from './records.ts';

const deep = process.env.ANYVEC_DEEP === '1';

printSeed('planted defects');

describe('verification', () => {
  const { coarse, fine, optional } = defects;
  const targets: { kind: Kind; metric: Metric; planted: typeof coarse; rounds: number }[] = [
    { kind: 'native', metric: 'euclidean', planted: { ...coarse, ...fine, ...optional }, rounds: deep ? 40 : 3 },
    { kind: 'faiss', metric: 'cosine', planted: { ...coarse, ...fine, ...optional }, rounds: deep ? 10 : 1 },
    // Vectors come back rounded: other code compares them.
    { kind: 'qdrant', metric: 'cosine', planted: coarse, rounds: deep ? 10 : 1 },
    { kind: 'pinecone', metric: 'dot', planted: { ...coarse, ...fine }, rounds: 1 },
  ];
  for (const { kind, metric, planted, rounds } of targets) {
    const total = Object.keys(planted).length * rounds;
    it(`finds ${total} defects of ${Object.keys(planted).length} kinds planted in ${kind} (${metric}), by id and kind, and nothing else`, {
      timeout: 600_000,
    }, async () => {
      await using ends = new Ends();
      const random = new Random(seed);
      const content = breakableContent(random);
      const [source, target] = [await ends.open({ provider: 'native' }), await ends.fresh(kind)];
      await fill(source, 'c', content, metric);
      const store = await fill(target, 'c', content, metric);
      const check = () => verify(source, target, { seed, queries: 4 });
      expect(await check()).toMatchObject({ ok: true, state: 'validated' });
      const missed: string[] = [];
      for (let round = 0; round < rounds; round++) {
        for (const [name, plant] of Object.entries(planted)) {
          const namespace = random.pick([...content.keys()]);
          const [record, other] = random.some([...content.get(namespace)!.values()], 2) as [TestRecord, TestRecord];
          const otherNamespace = random.pick([...content.keys()].filter((key) => key !== namespace));
          const defect: Planted = await plant({ store, namespace, record, other, otherNamespace, random });
          const { ok, state, collections } = await check();
          const found = collections[0]!.differences.map(({ namespace, id, kinds }) => ({ namespace, id, kinds }));
          if (ok || state !== 'mismatched' || sorted(found) !== sorted(defect.expected))
            missed.push(`${name}: ${sorted(found)}, not ${sorted(defect.expected)}`);
          await defect.undo();
        }
      }
      expect(missed).toEqual([]);
      expect(await check()).toMatchObject({ ok: true, state: 'validated' });
    });
  }

  it('raises no false alarm in 20 runs on different data, whatever the order of records and keys, and with -0 for 0', {
    timeout: 120_000,
  }, async () => {
    const kinds = ['native', 'jsonl', 'hnswlib', 'parquet', 'faiss', 'qdrant', 'pinecone'] as const;
    const metrics = ['cosine', 'euclidean', 'dot'] as const;
    for (let run = 0; run < 20; run++) {
      await using ends = new Ends();
      const [source, target] = [await ends.open({ provider: 'native' }), await ends.fresh(kinds[run % kinds.length]!)];
      const both = [source.capabilities, target.capabilities];
      const metric = metrics[run % metrics.length]!;
      const content = hostileContent(seed + run, 60, both);
      await fill(source, 'c', content, metric);
      await fill(target, 'c', reordered(content), metric);
      const verification = await verify(source, target, { seed: run, verify: 'full' });
      expect(verification, `run ${run} to ${target.provider}: ${JSON.stringify(verification)}`).toMatchObject({
        ...{ ok: true, state: 'validated' },
        collections: [{ validated: countOf(content), differences: [] }],
      });
    }
  });

  it('compares counts of all and records of a sample, and says that it did not see the others', async () => {
    const { source, target, content } = await twins();
    const options = { verify: 'sample', sampleSize: 10, queries: 0, seed } as const;
    const clean = await verify(source, target, options);
    expect(clean).toMatchObject({ ok: true, state: 'unverified', collections: [{ differences: [] }] });
    const [namespace, records] = [...content][1]!;
    const store = within(await target.collection('c'), namespace);
    await store.delete([...records.keys()][0]!);
    expect(await verify(source, target, options)).toMatchObject({
      ok: false,
      collections: [{ schema: [expect.stringContaining(`not ${records.size}`)] }],
    });
    await store.upsert([...records.values()].map((record) => ({ ...record, payload: {} })));
    const broken = await verify(source, target, options);
    expect(broken.collections[0]!.differences.length).toBe(10);
    expect(broken.collections[0]!.differences.every(({ kinds }) => kinds.join() === 'payload')).toBe(true);
  });

  it('finds a collection that is not there, other declared fields, another metric, and a namespace too many', async () => {
    const { source, target, content } = await twins();
    const other = async (name: string, spec: object) => {
      const store = await target.createCollection(name, { dimension: 8, metric: 'euclidean', ...spec });
      for (const [namespace, records] of content) await within(store, namespace).upsert([...records.values()]);
      return store;
    };
    await other('metric', { metric: 'cosine' });
    await other('fields', { fields: { count: 'number' } });
    await (await other('more', {})).namespace('more').upsert({ id: 'x', vector: anyVector(new Random(1)) });
    const against = async (name: string) =>
      (await verify(source, target, { collections: { c: name }, seed })).collections[0]!;
    expect(await against('none')).toMatchObject({
      ...{ ok: false, missing: countOf(content), schema: ['the target has no such collection'] },
    });
    expect(await against('metric')).toMatchObject({ ok: false, schema: ['metric is cosine, not euclidean'] });
    expect(await against('fields')).toMatchObject({ ok: false, schema: ['other fields are declared'] });
    expect(await against('more')).toMatchObject({
      ...{ ok: false, extra: 1, namespaces: { missing: [], extra: ['more'] } },
      differences: [{ namespace: 'more', id: 'x', kinds: ['extra'] }],
    });
  });

  it('takes a record for moved only where it is the same: another of its id is missing here and extra there', async () => {
    const { source, target, content } = await twins();
    const store = await target.collection('c');
    const [record] = content.get('plain')!.values();
    await store.namespace('plain').delete(record!.id);
    await store.namespace('é').upsert({ ...record!, payload: { another: true } });
    const { collections } = await verify(source, target, { seed });
    expect(collections[0]!.differences.map(({ namespace, kinds }) => [namespace, kinds])).toEqual([
      ['plain', ['missing']],
      ['é', ['extra']],
    ]);
  });

  it('lists so many differences as asked for, and counts all', async () => {
    const { source, target, content } = await twins();
    const store = await target.collection('c');
    for (const [namespace, records] of content)
      await within(store, namespace).upsert([...records.values()].map((record) => ({ ...record, payload: {} })));
    const { collections } = await verify(source, target, { seed, listed: 7 });
    expect(collections[0]).toMatchObject({ mismatched: countOf(content), validated: 0 });
    expect(collections[0]!.differences.length).toBe(7);
  });

  it('finds a target that holds every record, and whose searches find others', async () => {
    const { source, target } = await twins();
    const lying = intercepted(target, 'searchBatch', async (search, vectors: Float32Array[], ...rest: unknown[]) =>
      search(
        vectors.map((vector) => vector.map((x) => -x)),
        ...rest,
      ),
    );
    const { ok, collections } = await verify(source, lying, { seed, queries: 20 });
    expect(ok).toBe(false);
    expect(collections[0]).toMatchObject({ mismatched: 0, missing: 0, extra: 0, search: { queries: 20 } });
    expect(collections[0]!.search.agreeing).toBeLessThan(20);
    expect(collections[0]!.search.differing.length).toBeGreaterThan(0);
  });

  it('computes what searches should find where the source cannot be asked: of mapped records, and of those that are left', async () => {
    const { source, target } = await twins();
    const turned: RecordMap = ({ vector, ...record }) => ({
      ...record,
      id: `m-${record.id}`.slice(0, 100),
      vector: vector === null ? null : [...vector].reverse(),
    });
    const mapped = { map: turned, collections: { c: 'mapped' }, spec: { metric: 'dot' } as const };
    const { verification } = await migrate(source, target, { ...mapped, seed });
    expect(verification).toMatchObject({
      state: 'validated',
      collections: [{ search: { queries: 20, agreeing: 20, overlap: 1, computed: true } }],
    });
    const lying = intercepted(target, 'searchBatch', async (search, vectors: Float32Array[], ...rest: unknown[]) =>
      search(
        vectors.map((vector) => vector.map((x) => -x)),
        ...rest,
      ),
    );
    const { collections } = await verify(source, lying, { ...mapped, seed, namespaces: [''] });
    const [check] = collections;
    expect(check).toMatchObject({ ok: false, mismatched: 0, missing: 0, extra: 0, search: { computed: true } });
    expect(check!.search.agreeing).toBeLessThan(check!.search.queries);
    const [page] = [await (await source.collection('c')).filter({}, { limit: 1 })];
    const { id } = page.records[0]!;
    await (await target.collection('c')).delete(id);
    const leftOut = [{ collection: 'c', namespace: '', id, code: 'record-refused', detail: 'as a test' }] as const;
    const after = await verify(source, target, { seed, leftOut, namespaces: [''] });
    const { search } = after.collections[0]!;
    expect([after.state, search.computed, search.agreeing]).toEqual(['unverified', true, search.queries]);
  });

  it('finds a target that gives a record twice', async () => {
    const { source, target, content } = await twins();
    const stuttering = intercepted(target, 'scan', (scan, ...options) =>
      twice(scan(...options) as AsyncIterable<unknown>),
    );
    const { ok, collections } = await verify(source, stuttering, { seed, queries: 0 });
    const [first] = content.get('')!.keys();
    expect(ok).toBe(false);
    expect(collections[0]).toMatchObject({ mismatched: 1 });
    expect(collections[0]!.differences).toMatchObject([{ namespace: '', id: first, kinds: ['duplicate'] }]);
  });
});

/** Two databases in memory with equal collections. */
async function twins(): Promise<{ source: VectorDatabase; target: VectorDatabase; content: Content }> {
  const ends = new Ends();
  const content = breakableContent(new Random(seed));
  const [source, target] = [await ends.open({ provider: 'native' }), await ends.open({ provider: 'native' })];
  for (const database of [source, target]) await fill(database, 'c', content, 'euclidean');
  return { source, target, content };
}

function breakableContent(random: Random): Map<string, Map<string, TestRecord>> {
  const namespaces = ['', 'plain', 'é', 'e\u0301'];
  return new Map(
    namespaces.map((namespace) => [
      namespace,
      new Map(
        Array.from({ length: 12 }, (_, i) => {
          // No id is in two namespaces, so that one that moves stays alone.
          const id = `é-${i}-${random.seed()}`;
          return [id, { id, payload: breakablePayload(random), vector: anyVector(random) }] as const;
        }),
      ),
    ]),
  );
}

/** The same, written in another order, with other zeros. */
function reordered(content: Content): Content {
  const reversed = <T>(entries: Iterable<T>) => [...entries].reverse();
  return new Map(
    reversed(content).map(([namespace, records]) => [
      namespace,
      new Map(
        reversed(records).map(([id, { payload, vector }]) => {
          const zeros = vector?.map((x) => (x === 0 ? -0 : x)) ?? null;
          return [id, { id, payload: Object.fromEntries(reversed(Object.entries(payload))), vector: zeros }];
        }),
      ),
    ]),
  );
}

function sorted(found: readonly { namespace: string; id: string; kinds: readonly string[] }[]): string {
  return found
    .map(({ namespace, id, kinds }) => JSON.stringify([namespace, id, [...kinds].sort()]))
    .sort()
    .join();
}

async function* twice<T>(records: AsyncIterable<T>): AsyncGenerator<T> {
  let isFirst = true;
  for await (const record of records) {
    yield record;
    if (isFirst) yield record;
    isFirst = false;
  }
}
