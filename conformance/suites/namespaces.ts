import type { VectorStore } from '../../src/store.ts';
import { deepEqual, equal, rejects, sameMembers, throws } from '../assertions.ts';
import { defineSuite, type Need } from '../case.ts';
import type { Context } from '../context.ts';
import { hostileIds, hostileNamespaces, malformedNamespaces } from '../corpus.ts';
import { contents, idsOf, malformed, numbered, paged, scanned, vectorFor } from '../reads.ts';

const vector = vectorFor(1);

/** What may be done in one namespace; no other may notice. */
const writes: readonly (readonly [
  what: string,
  needs: readonly Need[],
  write: (store: VectorStore) => Promise<unknown>,
])[] = [
  [
    'upsert',
    ['upsert'],
    (store) => store.upsert({ id: 'shared', vector: vectorFor(9), payload: { owner: 'changed' } }),
  ],
  [
    'upsert a stream',
    ['upsert'],
    (store) => store.upsert(new Set([{ id: 'shared', vector: vectorFor(9), payload: {} }])),
  ],
  ['delete', ['delete'], (store) => store.delete(['shared', 'own a', 'own b', 'own'])],
  [
    'delete by filter',
    ['deleteByFilter', '$exists'],
    (store) => store.delete({ filter: { owner: { $exists: true } } }),
  ],
  ['delete all', ['deleteAll'], (store) => store.delete({ all: true })],
  [
    'setPayload',
    ['setPayload'],
    (store) => store.setPayload(['shared', 'own a', 'own b', 'own'], { owner: 'changed' }),
  ],
  [
    'setPayload by filter',
    ['setPayloadByFilter', '$exists'],
    (store) => store.setPayload({ filter: { owner: { $exists: true } } }, { owner: 'changed' }),
  ],
];

export const namespacesSuite = defineSuite('namespaces', ['upsert', 'get', 'scan', 'count', 'namespaces'], (it) => {
  it('a namespace says what it is', async (t) => {
    const store = await t.scratch();
    const tenant = store.namespace('tenant');
    deepEqual(
      [tenant.name, tenant.namespaceName, tenant.dimension, tenant.metric],
      [store.name, 'tenant', store.dimension, store.metric],
      'handle',
    );
    equal(await tenant.count(), 0, 'count of one that nobody wrote to');
    deepEqual(await tenant.search(vectorFor(0)), [], 'search in one that nobody wrote to');
  });

  it(
    'one id in two namespaces is two records, and no read crosses',
    ['$ne', 'searchBatch', 'search', 'filter'],
    async (t) => {
      const { root, a, b } = await tenants(t);
      for (const [store, owner] of [
        [root, ''],
        [a, 'a'],
        [b, 'b'],
      ] as const) {
        const own = owner === '' ? 'own' : `own ${owner}`;
        deepEqual((await store.get('shared'))?.payload, { owner }, `get in ${owner}`);
        deepEqual(
          (await store.get(['own', 'own a', 'own b'])).map((record) => record?.id).filter(Boolean),
          [own],
          `get of all owners' ids in ${owner}`,
        );
        equal(await store.count(), 2, `count in ${owner}`);
        equal(await store.count({ owner: { $ne: owner } }), 0, `count of others' records in ${owner}`);
        sameMembers(idsOf(await scanned(store)), ['shared', own], `scan in ${owner}`);
        sameMembers(idsOf(await paged(store, {})), ['shared', own], `filter in ${owner}`);
        const matches = await store.search(vector, { k: 100 });
        sameMembers(idsOf(matches), ['shared', own], `search in ${owner}`);
        deepEqual(
          matches.map((match) => match.payload.owner),
          [owner, owner],
          `owners found in ${owner}`,
        );
        const [batch] = await store.searchBatch([vector], { k: 100 });
        deepEqual(batch, matches, `searchBatch in ${owner}`);
      }
    },
  );

  for (const [what, needs, write] of writes) {
    it(`${what} in one namespace changes no other, nor the default one`, needs, async (t) => {
      for (const which of ['a', 'root'] as const) {
        const stores = await tenants(t);
        const others = Object.entries(stores).filter(([name]) => name !== which);
        const before = await Promise.all(others.map(([, store]) => contents(store)));
        const own = await contents(stores[which]);
        await write(stores[which]);
        equal(JSON.stringify(await contents(stores[which])) === JSON.stringify(own), false, `${which} has changed`);
        for (const [i, [name, store]] of others.entries())
          deepEqual(await contents(store), before[i], `contents of ${name}`);
      }
    });
  }

  it(
    'hostile names are all different namespaces, listed by code units',
    ['listNamespaces', 'dropNamespace'],
    async (t) => {
      const store = await t.scratch();
      for (const [i, name] of hostileNamespaces.entries())
        await store.namespace(name).upsert({ id: 'same', vector: vectorFor(i), payload: { i } });
      deepEqual(await store.listNamespaces(), [...hostileNamespaces].sort(), 'names');
      equal(await store.count(), 0, 'count of the default namespace');
      for (const [i, name] of hostileNamespaces.entries()) {
        const namespace = store.namespace(name);
        deepEqual(
          [(await namespace.get('same'))?.payload, await namespace.count()],
          [{ i }, 1],
          `record in ${JSON.stringify(name)}`,
        );
      }
      const dropped = hostileNamespaces.filter((_, i) => i % 2 === 0);
      for (const name of dropped) await store.dropNamespace(name);
      deepEqual(
        await store.listNamespaces(),
        hostileNamespaces.filter((name) => !dropped.includes(name)).sort(),
        'names left',
      );
    },
  );

  it('hostile ids and names together do not run into one another', async (t) => {
    const store = await t.scratch();
    const pairs = [
      ['a', 'b/c'],
      ['a/b', 'c'],
      ['a:', 'b'],
      ['a', ':b'],
      ['a_', '_b'],
      ['a', '__b'],
      ['a"', 'b'],
      ['a', '"b'],
      ['1', '23'],
      ['12', '3'],
      ['a', 'b'],
      ['b', 'a'],
    ] as const;
    for (const [i, [name, id]] of pairs.entries())
      await store.namespace(name).upsert({ id, vector: vectorFor(i), payload: { i } });
    for (const [i, [name, id]] of pairs.entries())
      deepEqual((await store.namespace(name).get(id))?.payload, { i }, `${name} with ${id}`);
    const many = hostileIds.slice(0, 40);
    for (const name of ['x', 'y'])
      await store.namespace(name).upsert(many.map((id, i) => ({ id, vector: vectorFor(i), payload: { name } })));
    for (const name of ['x', 'y']) equal(await store.namespace(name).count({ name }), many.length, `count in ${name}`);
  });

  it(
    'listNamespaces tells the non-empty ones, sorted, without the default one',
    ['listNamespaces', 'delete'],
    async (t) => {
      const store = await t.scratch();
      deepEqual(await store.listNamespaces(), [], 'of nothing');
      await store.upsert(numbered(1));
      deepEqual(await store.listNamespaces(), [], 'of the default one alone');
      for (const name of ['b', 'B', 'a', 'ä', '10', '9']) await store.namespace(name).upsert(numbered(1));
      deepEqual(await store.listNamespaces(), ['10', '9', 'B', 'a', 'b', 'ä'], 'names');
      await store.namespace('a').delete('r0000');
      deepEqual(await store.listNamespaces(), ['10', '9', 'B', 'b', 'ä'], 'names without the one that is empty now');
    },
  );

  it(
    'dropNamespace removes all its records and nothing else; one that does not exist is fine',
    ['listNamespaces', 'dropNamespace'],
    async (t) => {
      const { root, a, b } = await tenants(t);
      const before = [await contents(root), await contents(b)];
      equal(await root.dropNamespace('a'), undefined, 'result');
      await root.dropNamespace('a');
      await root.dropNamespace('never there');
      equal(await a.count(), 0, 'count');
      deepEqual(await a.search(vector), [], 'search');
      deepEqual(await root.listNamespaces(), ['b'], 'names');
      deepEqual([await contents(root), await contents(b)], before, 'the others');
      await a.upsert(numbered(1));
      equal(await a.count(), 1, 'count after writing again');
    },
  );

  it('two handles on one namespace see the same records', async (t) => {
    const store = await t.scratch();
    await store.namespace('tenant').upsert(numbered(2));
    equal(await store.namespace('tenant').count(), 2, 'count');
    const other = await t.db.collection(store.name);
    equal(await other.namespace('tenant').count(), 2, 'count through another handle of the collection');
  });

  it(
    'what is about the whole collection belongs to the root handle',
    ['listNamespaces', 'dropNamespace'],
    async (t) => {
      const store = await t.scratch();
      const tenant = store.namespace('tenant');
      throws('InvalidArgument', 'namespace', () => tenant.namespace('deeper'));
      await rejects('InvalidArgument', 'listNamespaces', () => tenant.listNamespaces());
      await rejects('InvalidArgument', 'dropNamespace', () => tenant.dropNamespace('tenant'));
      if (t.supports(t.capabilities.operations.recreateIndex))
        await rejects('InvalidArgument', 'recreateIndex', () => tenant.recreateIndex({ type: 'auto' }));
      if (t.supports(t.capabilities.operations.flush)) await rejects('InvalidArgument', 'flush', () => tenant.flush());
    },
  );

  it(
    'names that are none are refused: nothing reaches the default namespace by mistake',
    ['dropNamespace'],
    async (t) => {
      const store = await t.scratch();
      await store.upsert(numbered(2));
      for (const [what, name] of malformedNamespaces) {
        throws('InvalidArgument', what, () => store.namespace(malformed(name)));
        await rejects('InvalidArgument', `dropNamespace of ${what}`, () => store.dropNamespace(malformed(name)));
      }
      equal(await store.count(), 2, 'count');
    },
  );
});

/** The default namespace and two others, with one shared and one own id each. */
async function tenants(t: Context): Promise<{ root: VectorStore; a: VectorStore; b: VectorStore }> {
  const root = await t.scratch();
  const stores = { root, a: root.namespace('a'), b: root.namespace('b') };
  for (const [name, store] of Object.entries(stores)) {
    const owner = name === 'root' ? '' : name;
    await store.upsert([
      { id: 'shared', vector, payload: { owner } },
      { id: owner === '' ? 'own' : `own ${owner}`, vector: vectorFor(2), payload: { owner } },
    ]);
  }
  return stores;
}
