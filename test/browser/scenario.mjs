// A user's program, run the same in Node and in a browser: everything that memory mode does, and what came back, as data.
import { connect, VectorStoreError } from 'anyvec';

const dimension = 24;
const words = 'amber basil cedar delta ember fjord grove heron inlet juniper kelp larch maple north ochre pearl'.split(
  ' ',
);

/**
 * Numbers from 0 to 1, the same everywhere.
 * @param {number} seed
 */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * @param {number[] | undefined} centre
 * @param {() => number} random
 */
const around = (centre = [], random) => centre.map((x) => x + 0.4 * (random() - 0.5));

/**
 * Records around sixteen centres, each with eight words.
 * @param {number} count
 */
function makeRecords(count) {
  const random = generator(7);
  const centres = Array.from({ length: 16 }, () => Array.from({ length: dimension }, () => random() - 0.5));
  return Array.from({ length: count }, (_, i) => ({
    id: `r${i}`,
    vector: around(centres[i % 16], random),
    payload: {
      n: i,
      group: `g${i % 7}`,
      title: Array.from({ length: 8 }, () => words[Math.floor(random() ** 2 * words.length)]).join(' '),
    },
  }));
}

/**
 * Everything that matches say but payloads.
 * @param {import('anyvec').Match[]} matches
 */
const scores = (matches) => matches.map(({ payload, ...match }) => match);

/** Every step, with what it gave. */
export async function run() {
  const db = await connect('native:');
  const store = await db.createCollection('articles', {
    dimension,
    metric: 'cosine',
    index: { type: 'hnsw', m: 12, efConstruction: 150 },
    fields: { n: 'number', group: 'keyword', title: 'text' },
  });
  const records = makeRecords(2_000);
  const random = generator(8);
  const queries = records.filter(({ payload }) => payload.n % 97 === 0).map(({ vector }) => around(vector, random));
  const [first = [], second = [], third = []] = queries;
  const text = 'heron pearl juniper';
  const look = async () => ({
    count: await store.count(),
    index: (await store.stats()).index,
    hasIndex: ((await store.stats()).indexBytes ?? 0) > 0,
    nearest: (await store.searchBatch(queries, { k: 10, params: { ef: 400 } })).map(scores),
    exact: scores(await store.search(first, { exact: true, k: 25 })),
    filtered: scores(await store.search(second, { k: 10, filter: { group: 'g3', n: { $lt: 1_200 } } })),
    page: (await store.filter({ title: { $match: 'heron pearl' } }, { limit: 10 })).records,
    byText: await store.searchHybrid({ text }, { k: 20 }),
    hybrid: scores(await store.searchHybrid({ text, vector: third }, { k: 20, exact: true })),
    weighted: scores(
      await store.searchHybrid(
        { text, vector: second },
        { exact: true, filter: { group: { $ne: 'g1' } }, fusion: { type: 'weighted', vectorWeight: 0.7 } },
      ),
    ),
  });

  const upserted = await store.upsert(records);
  const written = await look();
  const writes = [
    upserted,
    await store.setPayload({ filter: { group: 'g3' } }, { title: 'heron heron zephyr' }),
    await store.setPayload(['r1', 'gone'], { n: -1 }),
    await store.delete({ filter: { n: { $gte: 1_900 } } }),
    await store.delete(['r2', 'r3', 'gone']),
    await store.upsert({ id: 'r5', vector: third, payload: { n: 5, title: 'zephyr' } }),
  ];
  const changed = await look();
  await store.recreateIndex({ type: 'hnsw', m: 24, efConstruction: 100 });
  const rebuilt = await look();
  await store.recreateIndex({ type: 'flat' });
  const flat = await look();

  const tenant = store.namespace('tenant');
  await tenant.upsert(records.slice(0, 50));
  const inTenant = [await tenant.count(), scores(await tenant.search(third)), await store.listNamespaces()];
  const scanned = [];
  for await (const { id, vector } of tenant.scan({ include: { vector: true } }))
    scanned.push([id, Array.from(vector ?? [])]);
  const refusals = [
    await code(() => store.search([1, 2])),
    await code(() => store.searchHybrid({ text: 'a', vector: [] })),
    await code(() => store.search(first, { signal: AbortSignal.abort() })),
    await code(() => db.collection('nowhere')),
  ];
  await db.close();
  refusals.push(await code(() => store.count()));
  return { writes, written, changed, rebuilt, flat, inTenant, scanned, refusals };
}

/** @param {() => Promise<unknown>} work */
async function code(work) {
  try {
    await work();
    return 'accepted';
  } catch (error) {
    return VectorStoreError.is(error) ? error.code : String(error);
  }
}
