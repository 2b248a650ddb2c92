import { deepEqual, equal, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { malformedIds } from '../corpus.ts';
import { checkVector } from '../oracle/comparison.ts';
import { idsOf, malformed, numbered, vectorFor } from '../reads.ts';

export const getSuite = defineSuite('get', ['upsert', 'get'], (it) => {
  it('one id gives the record or undefined, an array of one gives an array', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(2));
    deepEqual((await store.get('r0001'))?.payload, { n: 1 }, 'one');
    equal(await store.get('gone'), undefined, 'absent');
    deepEqual(idsOf((await store.get(['r0001'])).filter((record) => record !== undefined)), ['r0001'], 'an array');
    deepEqual(await store.get(['gone']), [undefined], 'an array of an absent one');
  });

  it('the order asked, duplicates kept, undefined where there is none', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(5));
    const asked = ['r0003', 'gone', 'r0000', 'r0003', 'r0004', 'gone', 'r0000'];
    const records = await store.get(asked);
    deepEqual(
      records.map((record) => record?.id ?? 'gone'),
      asked,
      'ids',
    );
    deepEqual(records[0], records[3], 'the duplicate');
    deepEqual(
      records.map((record) => record?.payload.n),
      [3, undefined, 0, 3, 4, undefined, 0],
      'payloads',
    );
  });

  it('more ids than one request takes, all in their places', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(1_050));
    const asked = idsOf(numbered(1_100)).reverse();
    const records = await store.get(asked);
    deepEqual(
      records.map((record) => record?.payload.n),
      asked.map((_, i) => (i < 50 ? undefined : 1_099 - i)),
      'payloads',
    );
  });

  it('include chooses payload and vector; by default both', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(1));
    const record = async (include?: { payload?: boolean; vector?: boolean }) =>
      store.get('r0000', { ...(include && { include }) });
    deepEqual(Object.keys((await record())!).sort(), ['id', 'payload', 'vector'], 'default');
    deepEqual(await record({ vector: false }), { id: 'r0000', payload: { n: 0 } }, 'no vector');
    deepEqual(await record({ vector: false, payload: false }), { id: 'r0000' }, 'neither');
    const bare = await store.get('r0000', { include: { payload: false, vector: true } });
    deepEqual(Object.keys(bare!).sort(), ['id', 'vector'], 'vector only');
    checkVector(bare!.vector, Float32Array.from(vectorFor(0)), store.capabilities.vectorReadback, 'vector');
  });

  it('vectors come back as the capabilities promise: by bits, rounded, or in their direction', async (t) => {
    const store = await t.scratch({ dimension: 5 });
    const vectors = [
      [0.1, -0.2, 0.3, 1 / 3, -7],
      [1e-5, 2e-5, -3e-5, 0, 1e-7],
      [1e15, -1e15, 1, 0, 5e14],
      [16_777_217, 1.000_000_1, -0, 3, 2 ** -20],
    ];
    await store.upsert(vectors.map((vector, i) => ({ id: `v${i}`, vector })));
    const records = await store.get(vectors.map((_, i) => `v${i}`));
    for (const [i, vector] of vectors.entries()) {
      checkVector(records[i]!.vector, Float32Array.from(vector), store.capabilities.vectorReadback, `vector ${i}`);
    }
  });

  it('malformed ids and options are refused', async (t) => {
    const store = await t.scratch();
    for (const [what, id] of malformedIds) {
      await rejects('InvalidArgument', what, () => store.get([malformed(id)]));
      if (!Array.isArray(id)) await rejects('InvalidArgument', `${what}, alone`, () => store.get(malformed(id)));
    }
    await rejects('InvalidArgument', 'a Set', () => store.get(malformed(new Set(['a']))));
    await rejects('InvalidArgument', 'a hole', () => store.get(malformed(Array(1))));
    await rejects('InvalidArgument', 'a key nobody knows', () => store.get('a', malformed({ limit: 1 })));
    await rejects('InvalidArgument', 'include', () => store.get('a', { include: malformed({ vectors: true }) }));
  });
});
