import { isSupported } from '../../src/capabilities.ts';
import type { CollectionSpec, IndexSpec } from '../../src/types.ts';
import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { malformedNames } from '../corpus.ts';
import { idsOf, malformed, numbered, scanned } from '../reads.ts';

type PlainSpec = CollectionSpec & { readonly payload?: undefined };

/** Specifications that break a rule, as changes to one that is right. */
const malformedSpecs: readonly (readonly [what: string, change: unknown])[] = [
  ['no dimension', { dimension: undefined }],
  ['dimension 0', { dimension: 0 }],
  ['dimension -1', { dimension: -1 }],
  ['dimension 1.5', { dimension: 1.5 }],
  ['dimension NaN', { dimension: Number.NaN }],
  ['dimension as text', { dimension: '3' }],
  ['no metric', { metric: undefined }],
  ['a metric nobody knows', { metric: 'manhattan' }],
  ['a metric in upper case', { metric: 'COSINE' }],
  ['a field type nobody knows', { fields: { a: 'integer' } }],
  ['a field type that is no word', { fields: { a: true } }],
  ['fields in an array', { fields: ['a'] }],
  ['a field path with an empty segment', { fields: { 'a..b': 'keyword' } }],
  ['a field path with an open quote', { fields: { '"a': 'keyword' } }],
  ['a field declared in two spellings', { fields: { a: 'keyword', '"a"': 'number' } }],
  ['an index that is no object', { index: 'hnsw' }],
  ['an index type that is no word', { index: { type: 7 } }],
  ['m of 1', { index: { type: 'auto', m: 1 } }],
  ['m of 129', { index: { type: 'auto', m: 129 } }],
  ['efConstruction of 3', { index: { type: 'auto', efConstruction: 3 } }],
  ['ef of 0', { index: { type: 'auto', ef: 0 } }],
  ['nlist of 0', { index: { type: 'auto', nlist: 0 } }],
  ['nprobe of 1.5', { index: { type: 'auto', nprobe: 1.5 } }],
  ['an index setting nobody knows', { index: { type: 'auto', M: 16 } }],
  ['a key nobody knows', { dimensions: 3 }],
  ['a payload schema that is none', { payload: { type: 'object' } }],
];

export const createSuite = defineSuite('create', ['upsert', 'scan', 'count'], (it) => {
  it('a new collection is empty and says what it was created with', async (t) => {
    const name = t.uniqueName();
    const store = await t.db.createCollection(name, t.spec({ dimension: 5 }));
    deepEqual(
      [store.name, store.dimension, store.metric, store.namespaceName],
      [name, 5, t.metric, undefined],
      'the handle',
    );
    equal(await store.count(), 0, 'count');
    deepEqual(store.capabilities.operations, t.db.capabilities.operations, 'capabilities of the handle');
  });

  it('a taken name is refused with AlreadyExists, and what is stored stays', async (t) => {
    const store = await t.create();
    await store.upsert(numbered(2));
    await rejects('AlreadyExists', 'createCollection', () => t.db.createCollection(store.name, t.spec()));
    await rejects('AlreadyExists', "ifExists: 'error'", () =>
      t.db.createCollection(store.name, t.spec(), { ifExists: 'error' }),
    );
    equal(await store.count(), 2, 'count');
  });

  it("ifExists: 'open' opens what is there, and creates where nothing is", async (t) => {
    const name = t.uniqueName();
    const first = t.visible(await t.db.createCollection(name, t.spec(), { ifExists: 'open' }));
    await first.upsert(numbered(2));
    const second = await t.db.createCollection(name, t.spec(), { ifExists: 'open' });
    deepEqual(idsOf(await scanned(second)).sort(), ['r0000', 'r0001'], 'records');
  });

  it("ifExists: 'open' with another dimension, metric or fields is a Conflict, and what is stored stays", async (t) => {
    const store = await t.create({ fields: { n: 'number' } });
    await store.upsert(numbered(2));
    const agreed = t.spec({ fields: { n: 'number' } });
    const other = (['cosine', 'dot', 'euclidean'] as const).filter(
      (metric) => metric !== t.metric && isSupported(t.capabilities.metrics[metric]),
    );
    const changes = [
      { dimension: 4 },
      { fields: { n: 'keyword' } },
      { fields: {} },
      ...other.map((metric) => ({ metric })),
    ] as const;
    for (const change of changes) {
      const spec: PlainSpec = { ...agreed, ...change };
      await rejects('Conflict', JSON.stringify(change), () =>
        t.db.createCollection(store.name, spec, { ifExists: 'open' }),
      );
    }
    equal(await store.count(), 2, 'count');
  });

  it("ifExists: 'recreate' drops what was there and takes the new settings", async (t) => {
    const old = await t.create();
    await old.upsert(numbered(2));
    const fresh = await t.db.createCollection(old.name, t.spec({ dimension: 4 }), { ifExists: 'recreate' });
    deepEqual([fresh.dimension, await fresh.count()], [4, 0], 'dimension and count');
    await rejects('NotFound', 'the old handle', () => old.count());
  });

  it('ifExists takes no other word', async (t) => {
    const name = t.uniqueName();
    const ifExists = malformed('replace');
    await rejects('InvalidArgument', 'createCollection', () => t.db.createCollection(name, t.spec(), { ifExists }));
    equal(await t.db.hasCollection(name), false, 'created');
  });

  it('malformed names are refused', async (t) => {
    for (const [what, name] of malformedNames) {
      await rejects('InvalidArgument', what, () => t.db.createCollection(malformed(name), t.spec()));
    }
  });

  it('portable names are accepted: words of letters and digits joined by dashes, up to 45 characters', async (t) => {
    for (const ending of ['', '0', '-1', '-a-1-b2', 'x'.repeat(27), '-x'.repeat(13)]) {
      const name = t.uniqueName(ending);
      const store = await t.db.createCollection(name, t.spec());
      equal(store.name, name, 'name');
      equal(await t.db.dropCollection(name), true, `drop of ${name}`);
    }
  });

  it('malformed specifications are refused, and nothing is created', async (t) => {
    const name = t.uniqueName();
    for (const [what, change] of malformedSpecs) {
      const spec: unknown = { ...t.spec(), ...(change as object) };
      await rejects('InvalidArgument', what, () => t.db.createCollection(name, malformed(spec)));
    }
    for (const spec of [undefined, null, 3, []]) {
      await rejects('InvalidArgument', String(spec), () => t.db.createCollection(name, malformed(spec)));
    }
    equal(await t.db.hasCollection(name), false, 'created');
  });

  it('dimension 1 works, and so does the largest; beyond it is Unsupported', async (t) => {
    const { dimension } = t.capabilities.limits;
    ok(dimension >= 4_096, `at least 4,096 dimensions are portable, not ${dimension}`);
    for (const size of [1, 4_096]) {
      const store = await t.create({ dimension: size, metric: t.metric });
      await store.upsert(numbered(2, size));
      const [match] = await store.search(numbered(2, size)[1]!.vector!, { ...t.exactly, k: 2 });
      ok(match !== undefined, `a match with ${size} dimensions`);
      await t.db.dropCollection(store.name);
    }
    await rejects('Unsupported', 'one more', () =>
      t.db.createCollection(t.uniqueName(), { ...t.spec(), dimension: dimension + 1 }),
    );
  });

  it('an index type that this backend does not know is Unsupported', async (t) => {
    const name = t.uniqueName();
    const index: IndexSpec = { type: 'no-such-index' };
    await rejects('Unsupported', 'createCollection', () =>
      t.db.createCollection(name, { ...t.spec(), index, strict: true }),
    );
    equal(await t.db.hasCollection(name), false, 'created');
  });

  it('every index type of the capabilities can be created', ['stats'], async (t) => {
    for (const index of t.indexSpecs) {
      const store = await t.db.createCollection(t.uniqueName(), { ...t.spec({ dimension: 8 }), index });
      equal((await store.stats()).index.type, index.type, 'stats().index.type');
      await t.db.dropCollection(store.name);
    }
  });

  it(
    'an index setting is used or listed in ignoredHints, and strict refuses what would be ignored',
    ['stats'],
    async (t) => {
      const settings = { m: 8, efConstruction: 40, ef: 30, nlist: 2, nprobe: 1 } as const;
      for (const [name, value] of Object.entries(settings)) {
        const index: IndexSpec = { type: 'auto', ...t.harness.createOptions?.index, [name]: value };
        const store = await t.db.createCollection(t.uniqueName(), { ...t.spec(), index });
        const stats = await store.stats();
        const isIgnored = stats.ignoredHints.includes(`index.${name}`);
        equal(isIgnored, stats.index[name as keyof typeof settings] !== value, `index.${name} listed as ignored`);
        const strict = () => t.db.createCollection(t.uniqueName(), { ...t.spec(), index, strict: true });
        if (isIgnored) await rejects('Unsupported', `strict index.${name}`, strict);
        else
          equal((await (await strict()).stats()).index[name as keyof typeof settings], value, `strict index.${name}`);
      }
    },
  );
});
