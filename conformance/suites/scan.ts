import type { VectorStore } from '../../src/store.ts';
import { deepEqual, equal, ok, rejects, sameMembers } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { checkVector } from '../oracle/comparison.ts';
import { asFilter, idsOf, malformed, numbered, scanned, vectorFor } from '../reads.ts';

const page = 10;

export const scanSuite = defineSuite('scan', ['upsert', 'scan'], (it) => {
  it('gives each record once: none, one, a page, a page more or less, three pages', async (t) => {
    const store = await t.scratch();
    for (const size of [0, 1, page - 1, page, page + 1, 3 * page, 3 * page + 1]) {
      await store.upsert(numbered(size));
      const records = await scanned(store, undefined, page);
      sameMembers(idsOf(records), idsOf(numbered(size)), `scan of ${size}`);
      for (const { id, payload, vector } of records) {
        const n = Number(id.slice(1));
        deepEqual(payload, { n }, `payload of ${id}`);
        checkVector(vector, Float32Array.from(vectorFor(n)), store.capabilities.vectorReadback, `vector of ${id}`);
      }
    }
  });

  it('with a filter gives each match once, whatever the size of the pages', ['$gte', '$lt'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(95));
    for (const batchSize of [1, 7, 30, 95, 1_000]) {
      sameMembers(
        idsOf(await scanned(store, { n: { $gte: 60, $lt: 90 } }, batchSize)),
        idsOf(numbered(30, 3, 60)),
        `in pages of ${batchSize}`,
      );
    }
    deepEqual(await scanned(store, { n: -1 }), [], 'no match');
    deepEqual(await scanned(store, { $or: [] }), [], 'never a match');
  });

  it(
    'during deletes between the pages: untouched records exactly once, the others at most once',
    ['delete'],
    async (t) => {
      await expectStable(await t.scratch(), async (store, seen) => {
        const coming = idsOf(numbered(100)).filter((id) => !seen.includes(id));
        const victims = [seen.at(-1)!, ...coming.slice(0, 2)];
        await store.delete(victims);
        return victims;
      });
    },
  );

  it('during upserts between the pages: untouched records exactly once, the others at most once', async (t) => {
    let round = 0;
    await expectStable(await t.scratch(), async (store) => {
      const rewritten = numbered(3, 3, round * 9);
      const fresh = numbered(5, 3, 1_000 + round++ * 5);
      await store.upsert([...rewritten, ...fresh]);
      return [...idsOf(rewritten), ...idsOf(fresh)];
    });
  });

  it('deleting what was just given loses nothing: a scan can empty the collection', ['delete'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(55));
    for await (const { id } of store.scan({ batchSize: page })) await store.delete(id);
    deepEqual(idsOf(await scanned(store)), [], 'left');
  });

  it('may be left early, and begun again', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(35));
    for await (const { id } of store.scan({ batchSize: page })) if (id !== '') break;
    sameMembers(idsOf(await scanned(store, undefined, page)), idsOf(numbered(35)), 'the second scan');
    const [left, right] = await Promise.all([scanned(store, undefined, 4), scanned(store, undefined, 9)]);
    sameMembers(idsOf(left), idsOf(right), 'two scans at once');
  });

  it('include chooses payload and vector; by default both', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(1));
    const keys = async (include?: { payload?: boolean; vector?: boolean }) => {
      for await (const record of store.scan({ ...(include && { include }) })) return Object.keys(record).sort();
      return [];
    };
    deepEqual(await keys(), ['id', 'payload', 'vector'], 'default');
    deepEqual(await keys({ vector: false }), ['id', 'payload'], 'no vector');
    deepEqual(await keys({ payload: false }), ['id', 'vector'], 'no payload');
    deepEqual(await keys({ payload: false, vector: false }), ['id'], 'neither');
  });

  it('options that break a rule are refused by the first step', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(3));
    const bad = [
      { batchSize: 0 },
      { batchSize: 1.5 },
      { batchSize: 10_001 },
      { batchSize: '10' },
      { limit: 1 },
      { include: 'payload' },
      { filter: { n: undefined } },
    ];
    for (const options of bad) {
      await rejects('InvalidArgument', JSON.stringify(options), () => store.scan(malformed(options)).next());
    }
    for (const filter of [null, 7, 'x', []]) {
      await rejects('InvalidArgument', JSON.stringify(filter), () => store.scan({ filter: asFilter(filter) }).next());
    }
  });

  it('an abort between two steps ends it with Aborted', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(35));
    const controller = new AbortController();
    const scan = store.scan({ batchSize: page, signal: controller.signal });
    equal((await scan.next()).done, false, 'a first record');
    controller.abort();
    await rejects('Aborted', 'the next step', () => scan.next());
  });
});

/** Scans 100 records in small pages while `write` touches some (and says which); checks who is seen how often. */
async function expectStable(
  store: VectorStore,
  write: (store: VectorStore, seen: readonly string[]) => Promise<string[]>,
): Promise<void> {
  await store.upsert(numbered(100));
  const seen: string[] = [];
  const touched = new Set<string>();
  for await (const { id } of store.scan({ batchSize: page })) {
    seen.push(id);
    if (seen.length % page === page - 2) for (const each of await write(store, seen)) touched.add(each);
  }
  equal(new Set(seen).size, seen.length, 'records given twice');
  ok(touched.size > 10, `only ${touched.size} records were touched`);
  const untouched = idsOf(numbered(100)).filter((id) => !touched.has(id));
  ok(untouched.length > 10, `only ${untouched.length} records were left alone`);
  deepEqual(
    untouched.filter((id) => !seen.includes(id)),
    [],
    'untouched records that were lost',
  );
}
