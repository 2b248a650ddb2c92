import type { Payload, SetPayloadOptions } from '../../src/types.ts';
import { deepEqual, equal, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { hostileIds, hostileKeys, malformedIds, malformedPayloads, payloads } from '../corpus.ts';
import { checkVector } from '../oracle/comparison.ts';
import { asFilter, contents, idsOf, malformed, numbered, scanned, vectorFor } from '../reads.ts';
import { alwaysTrue, malformedTargets } from './delete.ts';

const vector = vectorFor(1);

type Row = readonly [what: string, before: Payload, patch: Payload, options: SetPayloadOptions, after: Payload];

const merges: readonly Row[] = [
  [
    'top-level keys are replaced, the others stay',
    { a: 1, b: { x: 1, y: 2 }, c: [1] },
    { b: { z: 3 }, d: 4 },
    {},
    { a: 1, b: { z: 3 }, c: [1], d: 4 },
  ],
  [
    'null is a value, at the top and beneath',
    { a: 1, b: 2 },
    { a: null, c: { d: null } },
    {},
    { a: null, b: 2, c: { d: null } },
  ],
  ['an undefined member is untouched', { a: 1, b: 2 }, { a: undefined, b: 3 }, {}, { a: 1, b: 3 }],
  ['an empty patch changes nothing', { a: 1 }, {}, {}, { a: 1 }],
  ['−0 becomes 0', { a: 1 }, { a: -0 }, {}, { a: 0 }],
  ['a dot in a key is part of the key', { a: { b: 1 } }, { 'a.b': 2 }, {}, { a: { b: 1 }, 'a.b': 2 }],
  [
    'keys of Object.prototype are plain data',
    { x: 1 },
    JSON.parse('{"__proto__":{"y":1},"constructor":2}'),
    {},
    JSON.parse('{"x":1,"__proto__":{"y":1},"constructor":2}'),
  ],
];

const replacements: readonly Row[] = [
  ['nothing of the old payload stays', { a: 1, b: { c: 2 } }, { b: 3 }, { mode: 'replace' }, { b: 3 }],
  ['an empty object empties it', { a: 1 }, {}, { mode: 'replace' }, {}],
];

const removals: readonly Row[] = [
  ['a key', { a: 1, b: 2 }, {}, { unset: ['a'] }, { b: 2 }],
  ['a nested key', { a: { b: 1, c: 2 } }, {}, { unset: ['a.b'] }, { a: { c: 2 } }],
  ['the last nested key, and its object stays', { a: { b: 1 } }, {}, { unset: ['a.b'] }, { a: {} }],
  ['what is not there', { a: 1 }, {}, { unset: ['b', 'a.b', 'c.d.e'] }, { a: 1 }],
  ['nothing through an array', { a: [{ b: 1 }] }, {}, { unset: ['a.b', 'a.0'] }, { a: [{ b: 1 }] }],
  ['a quoted segment', { 'a.b': 1, a: { b: 2 } }, {}, { unset: ['"a.b"'] }, { a: { b: 2 } }],
  ['after the merge', { a: { old: 1 } }, { a: { x: 1 } }, { unset: ['a.old', 'b'] }, { a: { x: 1 } }],
  [
    'a key of Object.prototype',
    JSON.parse('{"__proto__":1,"constructor":2,"a":3}'),
    {},
    { unset: ['__proto__', 'constructor', 'toString'] },
    { a: 3 },
  ],
];

export const setPayloadSuite = defineSuite('setPayload', ['upsert', 'get', 'scan', 'count', 'setPayload'], (it) => {
  for (const [group, needs, rows] of [
    ['merge', [], merges],
    ['replace', ['option replacePayload'], replacements],
    ['unset', ['option unset'], removals],
  ] as const) {
    for (const [what, before, patch, options, after] of rows) {
      it(`${group}: ${what}`, needs, async (t) => {
        const store = await t.scratch();
        await store.upsert([
          { id: 'a', vector, payload: before },
          { id: 'other', vector, payload: before },
        ]);
        const untouched = (await contents(store)).other;
        deepEqual(
          await store.setPayload('a', patch, options),
          { acknowledged: 1, missing: [], failed: [], unknown: [] },
          'result',
        );
        deepEqual((await store.get('a'))?.payload, after, 'payload');
        deepEqual((await contents(store)).other, untouched, 'the other record');
      });
    }
  }

  it('replace and unset together: what is unset is gone', ['option replacePayload', 'option unset'], async (t) => {
    const store = await t.scratch();
    await store.upsert({ id: 'a', vector, payload: { a: 1 } });
    await store.setPayload('a', { b: { c: 1, d: 2 } }, { mode: 'replace', unset: ['b.e', 'a'] });
    deepEqual((await store.get('a'))?.payload, { b: { c: 1, d: 2 } }, 'payload');
  });

  it('never touches the vector', async (t) => {
    const store = await t.scratch();
    await store.upsert({ id: 'a', vector: [0.1, 0.2, 0.3], payload: {} });
    const before = await store.search([0.1, 0.2, 0.4], t.exactly);
    await store.setPayload('a', { x: 1 });
    checkVector(
      (await store.get('a'))!.vector,
      Float32Array.of(0.1, 0.2, 0.3),
      store.capabilities.vectorReadback,
      'vector',
    );
    const after = await store.search([0.1, 0.2, 0.4], t.exactly);
    deepEqual(after, [{ ...before[0]!, payload: { x: 1 } }], 'match');
  });

  it('every payload that can be stored can be set', ['option replacePayload'], async (t) => {
    const store = await t.scratch();
    await store.upsert({ id: 'a', vector });
    for (const [what, payload] of Object.entries(payloads)) {
      await store.setPayload('a', payload, { mode: 'replace' });
      deepEqual((await store.get('a'))?.payload, payload, `replaced by ${what}`);
      await store.setPayload('a', payload);
      deepEqual((await store.get('a'))?.payload, payload, `merged with itself: ${what}`);
    }
  });

  it('hostile keys are set and unset like others', ['option unset'], async (t) => {
    const store = await t.scratch();
    await store.upsert({ id: 'a', vector, payload: { keep: { me: 1 } } });
    await store.setPayload('a', Object.fromEntries(hostileKeys.map((key, i) => [key, i])));
    deepEqual(
      (await store.get('a'))?.payload,
      { keep: { me: 1 }, ...Object.fromEntries(hostileKeys.map((key, i) => [key, i])) },
      'set',
    );
    await store.setPayload('a', {}, { unset: hostileKeys.map((key) => JSON.stringify(key)) });
    deepEqual((await store.get('a'))?.payload, { keep: { me: 1 } }, 'unset');
  });

  it('a missing id is reported, not created', ['option missingIds'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(3));
    const result = await store.setPayload(['r0001', 'gone', 'r0001', 'r0002'], { hit: true }, { details: true });
    deepEqual([result.acknowledged, result.missing, result.failed, result.unknown], [2, ['gone'], [], []], 'result');
    deepEqual([...result.acknowledgedIds!].sort(), ['r0001', 'r0002'], 'acknowledgedIds');
    deepEqual(
      await store.setPayload('gone', { hit: true }),
      { acknowledged: 0, missing: ['gone'], failed: [], unknown: [] },
      'alone',
    );
    deepEqual([await store.get('gone'), await store.count()], [undefined, 3], 'get and count');
    deepEqual(idsOf(await scanned(store, { hit: true })).sort(), ['r0001', 'r0002'], 'hit');
  });

  it('many ids over many requests, and hostile ones, are all patched', ['$exists'], async (t) => {
    const store = await t.scratch();
    const ids = [...idsOf(numbered(1_050)), ...hostileIds];
    await store.upsert(ids.map((id, i) => ({ id, vector: vectorFor(i), payload: { i } })));
    equal((await store.setPayload(ids, { hit: true })).acknowledged, ids.length, 'acknowledged');
    equal(await store.count({ hit: true, i: { $exists: true } }), ids.length, 'patched');
  });

  it('by filter: what matches is patched, and nothing else', ['setPayloadByFilter', '$gte'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(20));
    const result = await store.setPayload({ filter: { n: { $gte: 15 } } }, { hit: true });
    deepEqual([result.acknowledged, result.missing, result.failed, result.unknown], [5, [], [], []], 'result');
    deepEqual(idsOf(await scanned(store, { hit: true })).sort(), idsOf(numbered(5, 3, 15)), 'hit');
    equal(
      (await store.setPayload({ filter: { n: 99 } }, { hit: true })).acknowledged,
      0,
      'acknowledged where nothing matches',
    );
  });

  it(
    'by filter: a patch that changes what the filter asks for is applied to all that matched',
    ['setPayloadByFilter', '$ne'],
    async (t) => {
      const store = await t.scratch();
      await store.upsert(numbered(25));
      await store.setPayload({ filter: { n: { $ne: 3 } } }, { n: 3 });
      equal(await store.count({ n: 3 }), 25, 'records with n = 3');
    },
  );

  it('a filter that is always true is refused', ['setPayloadByFilter', '$in', '$nin'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(2));
    for (const filter of alwaysTrue) {
      await rejects('InvalidArgument', JSON.stringify(filter), () =>
        store.setPayload({ filter: asFilter(filter) }, { hit: true }),
      );
    }
    equal(await store.count({ hit: true }), 0, 'patched');
  });

  it('what breaks a rule is refused, and nothing changes', ['option unset'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(2));
    const before = await contents(store);
    for (const [what, id] of malformedIds) {
      await rejects('InvalidArgument', what, () => store.setPayload(['r0000', malformed(id)], { hit: true }));
    }
    for (const target of [...malformedTargets, { all: true }]) {
      await rejects('InvalidArgument', JSON.stringify(target) ?? 'undefined', () =>
        store.setPayload(malformed(target), { hit: true }),
      );
    }
    for (const [what, payload] of malformedPayloads) {
      if (what === '65 levels') continue;
      await rejects('InvalidArgument', what, () => store.setPayload('r0000', malformed(payload)));
    }
    await rejects('InvalidArgument', 'no patch', () => store.setPayload('r0000', malformed(undefined)));
    for (const options of [
      { mode: 'upsert' },
      { unset: 'a' },
      { unset: [7] },
      { unset: ['a..b'] },
      { unset: [''] },
      { unset: ['"a'] },
      { remove: ['a'] },
    ]) {
      await rejects('InvalidArgument', JSON.stringify(options), () =>
        store.setPayload('r0000', { hit: true }, malformed(options)),
      );
    }
    deepEqual(await contents(store), before, 'contents');
  });

  it('the same path set and unset is refused', ['option unset'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(1));
    const cases: readonly (readonly [patch: Payload, unset: string[]])[] = [
      [{ a: 1 }, ['a']],
      [{ a: { b: 1 } }, ['a.b']],
      [{ 'a.b': 1 }, ['"a.b"']],
      [{ a: null }, ['a']],
    ];
    for (const [patch, unset] of cases) {
      await rejects('InvalidArgument', JSON.stringify({ patch, unset }), () =>
        store.setPayload('r0000', patch, { unset }),
      );
    }
    deepEqual((await store.get('r0000'))?.payload, { n: 0 }, 'payload');
  });

  it('a declared field keeps its type: a patch against it is refused', ['field keyword'], async (t) => {
    const store = await t.scratch({ fields: { k: 'keyword', 'o.k': 'keyword' } });
    await store.upsert({ id: 'a', vector, payload: { k: 'x', o: { k: 'y' } } });
    for (const patch of [{ k: 1 }, { k: ['x', 1] }, { o: { k: true } }, { k: {} }]) {
      await rejects('InvalidArgument', JSON.stringify(patch), () => store.setPayload('a', patch));
    }
    await store.setPayload('a', { k: null, o: 'no object', free: 1 });
    deepEqual((await store.get('a'))?.payload, { k: null, o: 'no object', free: 1 }, 'payload');
    await store.setPayload('a', { k: ['p', 'q'] });
    equal(await store.count({ k: 'q' }), 1, 'found by the new value');
    equal(await store.count({ k: 'x' }), 0, 'found by the old value');
  });
});
