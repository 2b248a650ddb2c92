import {
  type Capabilities,
  isSupported,
  operations,
  optionNames,
  portableLimits,
  refusal,
  type Support,
} from '../../src/capabilities.ts';
import { type FilterOperator, filterOperators } from '../../src/filter/parse.ts';
import type { VectorStore } from '../../src/store.ts';
import type { FieldType, Metric } from '../../src/types.ts';
import { deepEqual, equal, ok, rejects, throws } from '../assertions.ts';
import { type AddCase, defineSuite, impliedNeeds, isMet, type Need } from '../case.ts';
import type { Context } from '../context.ts';
import { methodCollection, storeMethods } from '../methods.ts';
import { asFilter, contents, numbered, scanned, vectorFor } from '../reads.ts';

/** One filter per operator that matches the record `r0001` alone, on declared fields. */
const operatorFilters: Readonly<Record<FilterOperator, unknown>> = {
  $eq: { n: { $eq: 1 } },
  $ne: { odd: { $ne: false } },
  $gt: { n: { $gt: 0 }, odd: true },
  $gte: { n: { $gte: 1 }, odd: true },
  $lt: { n: { $lt: 2 }, odd: true },
  $lte: { n: { $lte: 1 }, odd: true },
  $in: { n: { $in: [1, 7] } },
  $nin: { n: { $nin: [0, 2] } },
  $exists: { only: { $exists: true } },
  $contains: { tags: { $contains: 'x1' } },
  $all: { tags: { $all: ['x1', 'all'] } },
  $startsWith: { text: { $startsWith: 'one' } },
  $match: { text: { $match: 'fish ONE' } },
};

async function operatorStore(t: Context): Promise<VectorStore> {
  const declared = { text: 'text', n: 'number', tags: 'keyword', odd: 'boolean' } as const;
  const usable = Object.entries(declared).filter(([, type]) => isSupported(t.capabilities.fieldTypes[type]));
  const store = await t.scratch({ fields: Object.fromEntries(usable) });
  const words = ['zero fish', 'one fish', 'two fish'];
  await store.upsert(
    words.map((text, n) => ({
      id: `r000${n}`,
      vector: vectorFor(n),
      payload: { n, text, odd: n === 1, tags: ['all', `x${n}`], ...(n === 1 && { only: 0 }) },
    })),
  );
  return store;
}

export const capabilitiesSuite = defineSuite('capabilities', ['upsert', 'scan', 'count'], (it, capabilities) => {
  operationCases(it, capabilities);
  operatorCases(it, capabilities);
  optionCases(it, capabilities);

  for (const [metric, support] of Object.entries(capabilities.metrics) as [Metric, Support][]) {
    it(`metric ${metric} is ${word(support)}`, async (t) => {
      const name = t.uniqueName();
      const create = () => t.db.createCollection(name, { ...t.spec(), metric });
      if (isSupported(support)) equal((await create()).metric, metric, 'metric');
      else await isRefused(t, support, create, name);
    });
  }

  for (const [type, support] of Object.entries(capabilities.fieldTypes) as [FieldType, Support][]) {
    it(`field type ${type} is ${word(support)}`, async (t) => {
      const name = t.uniqueName();
      const create = () => t.db.createCollection(name, t.spec({ fields: { f: type } }));
      if (!isSupported(support)) return isRefused(t, support, create, name);
      await create();
      deepEqual((await t.db.listCollections()).find((info) => info.name === name)?.fields, { f: type }, 'fields');
    });
  }

  it('everything has an entry: a way, or a reason why not', async (t) => {
    const { operations: ops, filterOperators: ops2, options, metrics, fieldTypes } = t.capabilities;
    deepEqual(Object.keys(ops).sort(), [...operations].sort(), 'operations');
    deepEqual(Object.keys(ops2).sort(), [...filterOperators].sort(), 'filter operators');
    deepEqual(Object.keys(options).sort(), [...optionNames].sort(), 'options');
    for (const [name, support] of Object.entries({ ...ops, ...ops2, ...options, ...metrics, ...fieldTypes })) {
      const reason =
        refusal(support) ?? (typeof support === 'object' && 'emulated' in support ? support.emulated.cost : 'native');
      ok(typeof reason === 'string' && reason.length > 0, `${name}: a reason or a cost in words`);
    }
    for (const [need, implied] of Object.entries(impliedNeeds) as [Need, Need][]) {
      ok(isMet(implied, t.capabilities) || !isMet(need, t.capabilities), `${need} makes no sense without ${implied}`);
    }
    ok(t.capabilities.indexTypes.length > 0, 'index types');
    ok(t.capabilities.idModes.length > 0, 'id modes');
    ok(
      Object.keys(metrics).some((metric) => isSupported(metrics[metric as Metric])),
      'a metric',
    );
    deepEqual(JSON.parse(JSON.stringify(t.capabilities)), t.capabilities, 'as JSON');
  });

  it('limits are numbers, and identifiers beyond them are refused', ['get'], async (t) => {
    const { limits } = t.capabilities;
    for (const [name, limit] of Object.entries(limits))
      ok(typeof limit === 'number' && limit >= 1, `${name} is ${limit}`);
    deepEqual(Object.keys(limits).sort(), Object.keys(portableLimits).sort(), 'names');
    const store = await t.scratch();
    const longest = 'i'.repeat(limits.idBytes);
    await store.upsert({ id: longest, vector: vectorFor(1) });
    equal((await store.get(longest))?.id, longest, 'the longest id');
    await rejects('InvalidArgument', 'an id that is too long', () =>
      store.upsert({ id: `${longest}i`, vector: vectorFor(1) }),
    );
    if (limits.k < 10_000)
      await rejects('Unsupported', 'k beyond the limit', () => store.search(vectorFor(0), { k: limits.k + 1 }));
    if (!t.supports(t.capabilities.operations.namespaces)) return;
    const name = 'n'.repeat(limits.namespaceBytes);
    equal(await store.namespace(name).count(), 0, 'count in the namespace with the longest name');
    throws('InvalidArgument', 'a namespace that is too long', () => store.namespace(`${name}n`));
  });

  it('a vector comes back in its direction only under cosine', ['get'], async (t) => {
    for (const metric of ['dot', 'euclidean'] as const) {
      if (!isSupported(t.capabilities.metrics[metric])) continue;
      const store = await t.scratch({ metric });
      ok(store.capabilities.vectorReadback !== 'direction', `vectorReadback under ${metric}`);
      await store.upsert({ id: 'a', vector: [3, 4, 12] });
      const [x, y, z] = (await store.get('a'))!.vector!;
      ok(Math.hypot(x! - 3, y! - 4, z! - 12) < 1e-4, `read back as ${x}, ${y}, ${z} under ${metric}`);
    }
  });
});

function operationCases(it: AddCase, { operations: supported }: Capabilities): void {
  for (const operation of operations) {
    const support = supported[operation];
    it(`operation ${operation} is ${word(support)}`, async (t) => {
      const store = await methodCollection(t);
      if (operation === 'namespaces') {
        if (isSupported(support)) equal(store.namespace('tenant').namespaceName, 'tenant', 'namespaceName');
        else throws('Unsupported', operation, () => store.namespace('tenant'));
        return;
      }
      const forms = storeMethods.filter(({ needs }) => needs[0] === operation);
      ok(forms.length > 0, `a call that stands on ${operation}`);
      for (const { name, needs, call } of forms) {
        if (isSupported(support) && needs.every((need) => t.meets(need))) await call(store);
        else if (!isSupported(support)) await isRefused(t, support, () => call(store), name, store);
      }
    });
  }
}

function operatorCases(it: AddCase, { filterOperators: supported, operations: ops }: Capabilities): void {
  for (const operator of filterOperators) {
    const support = supported[operator];
    const fieldNeeds: readonly Need[] = operator === '$match' && isSupported(support) ? ['field text'] : [];
    it(`filter operator ${operator} is ${word(support)}`, fieldNeeds, async (t) => {
      const store = await operatorStore(t);
      const filter = asFilter(operatorFilters[operator]);
      if (isSupported(support)) {
        deepEqual(
          (await scanned(store, filter)).map((record) => record.id),
          ['r0001'],
          'matches',
        );
        return;
      }
      const takers: [Support, string, () => Promise<unknown>][] = [
        [ops.search, 'search', () => store.search(vectorFor(0), { filter })],
        [ops.searchBatch, 'searchBatch', () => store.searchBatch([vectorFor(0)], { filter })],
        [ops.filter, 'filter', () => store.filter(filter)],
        [ops.count, 'count', () => store.count(asFilter({ $not: { $or: [filter, { a: 1 }] } }))],
        [ops.scan, 'scan', () => scanned(store, filter)],
        [ops.deleteByFilter, 'delete', () => store.delete({ filter })],
        [ops.setPayloadByFilter, 'setPayload', () => store.setPayload({ filter }, { hit: true })],
      ];
      for (const [taken, name, call] of takers) if (isSupported(taken)) await isRefused(t, support, call, name, store);
    });
  }
}

function optionCases(it: AddCase, { options }: Capabilities): void {
  const uses: Readonly<Partial<Record<keyof typeof options, (store: VectorStore) => Promise<unknown>>>> = {
    exact: (store) => store.search(vectorFor(0), { exact: true }),
    searchFilter: (store) => store.search(vectorFor(0), { filter: { n: 1 } }),
    nullVector: (store) => store.upsert([...numbered(1), { id: 'bare', vector: null }]),
    replacePayload: (store) => store.setPayload('r0000', { m: 1 }, { mode: 'replace' }),
    unset: (store) => store.setPayload('r0000', {}, { unset: ['n'] }),
    strongConsistency: (store) =>
      Promise.all([
        store.search(vectorFor(0), { consistency: 'strong' }),
        store.get('r0000', { consistency: 'strong' }),
      ]),
    eventualConsistency: (store) =>
      Promise.all([store.search(vectorFor(0), { consistency: 'eventual' }), scanned(store)]),
  };
  for (const [name, use] of Object.entries(uses)) {
    const support = options[name as keyof typeof options];
    it(
      `option ${name} is ${word(support)}`,
      name === 'replacePayload' || name === 'unset' ? ['setPayload'] : [],
      async (t) => {
        const store = await t.scratch();
        await store.upsert(numbered(3));
        if (isSupported(support)) await use(store);
        else await isRefused(t, support, () => use(store), name, store);
      },
    );
  }

  it(`option ttl is ${word(options.ttl)}`, async (t) => {
    const name = t.uniqueName();
    const create = () => t.db.createCollection(name, { ...t.spec(), ttlSeconds: 2 });
    if (isSupported(options.ttl)) await expectExpiry(t.visible(await create()));
    else await isRefused(t, options.ttl, create, name);
  });

  if (!isSupported(options.missingIds)) {
    it(
      'option missingIds is refused: missing is empty, for the backend cannot know',
      ['delete', 'setPayload'],
      async (t) => {
        const store = await t.scratch();
        deepEqual((await store.delete('gone')).missing, [], 'missing of delete');
        deepEqual((await store.setPayload('gone', { a: 1 })).missing, [], 'missing of setPayload');
        equal(await store.count(), 0, 'count');
      },
    );
  }

  if (!isSupported(options.persistence)) {
    it('option persistence is refused: another connection does not find what a closed one wrote', async (t) => {
      const name = t.uniqueName();
      const db = await t.connect();
      await (await db.createCollection(name, t.spec())).upsert(numbered(1));
      await db.close();
      equal(await (await t.connect()).hasCollection(name), false, 'found');
    });
  }
}

/** That records are gone two seconds after their last upsert, and not before. */
async function expectExpiry(store: VectorStore): Promise<void> {
  const seconds = (n: number) => new Promise((resolve) => setTimeout(resolve, n * 1_000));
  await store.upsert(numbered(2));
  equal(await store.count(), 2, 'count at first');
  await seconds(1.2);
  await store.upsert(numbered(1));
  await seconds(1.3);
  deepEqual(
    (await scanned(store)).map((record) => record.id),
    ['r0000'],
    'records when one was written again',
  );
  await seconds(2);
  const left = [await store.count(), await store.get('r0000'), await store.search(vectorFor(0)), await scanned(store)];
  deepEqual(left, [0, undefined, [], []], 'what is left');
}

/** That a call says `Unsupported` with the reason of the capabilities, and nothing has changed. */
async function isRefused(
  t: Context,
  support: Support,
  call: () => Promise<unknown>,
  name: string,
  store?: VectorStore,
): Promise<void> {
  const before = store && (await contents(store));
  const error = await rejects('Unsupported', name, call);
  ok(error.message.includes(refusal(support)!), `the message gives the reason: ${error.message}`);
  equal(error.retryable, false, 'retryable');
  if (store) deepEqual(await contents(store), before, 'contents');
  else equal(await t.db.hasCollection(name), false, 'created');
}

function word(support: Support): string {
  return isSupported(support) ? 'supported, and does what it should' : 'refused with its reason, and nothing happens';
}
