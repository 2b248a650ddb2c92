import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MilvusKind, startMilvus, type TestServer } from '../../conformance/backends/milvus.ts';
import { formatPath } from '../../src/filter/path.ts';
import { connect, type VectorDatabase, type VectorStore } from '../../src/index.ts';
import { printSeed, seed } from '../../test/support/seed.ts';

printSeed('hostile strings on Milvus');

const count = process.env.ANYVEC_DEEP === '1' ? 2_000 : 250;

/** What breaks out of a literal, means something to the expression language, or looks like something else. */
const fragments = [
  ...[
    '"',
    "'",
    '\\',
    '\\"',
    '\\\\"',
    '"]',
    '") or (av_key != "")',
    '" or av_key != "',
    '"] or (1 == 1) or av_key in ["',
    '\n',
    '\r',
    '\t',
    '\u0001',
    '\u007f',
    '\u0085',
  ],
  ...[
    '%',
    '_',
    '\\%',
    '{v}',
    '{',
    '}',
    '$meta',
    '$',
    '(',
    ')',
    '[',
    ']',
    '[0]',
    '.',
    ' or ',
    ' and ',
    'not ',
    ' in ',
    'exists ',
    ' like ',
    '==',
    '!=',
    '&&',
    '||',
    '//',
    '--',
    '/*',
    '#',
  ],
  ...[
    'av_key',
    'av_namespace',
    '_av',
    '_av@',
    'true',
    'null',
    '1',
    '1.0',
    '1e400',
    '-0',
    '\u2028',
    '\ufeff',
    '\u202e',
    '😀',
    'é',
    'e\u0301',
    '\ud7ff',
    '\uffff',
    'x',
    'X',
    ' ',
    '\\u0041',
    '\\x41',
    '\\U0001F600',
  ],
];
const hostile = fc.array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
const sampled = [...new Set([...fragments, ...fc.sample(hostile, { numRuns: count * 2, seed })])].slice(0, count);

describe.each<MilvusKind>(['milvus', 'milvus-lite'])(
  '%s: every hostile string returns exactly its own rows',
  (kind) => {
    let server: TestServer;
    let db: VectorDatabase;

    beforeAll(async () => {
      server = await startMilvus(kind);
      db = await connect(server.url);
    }, 60_000);

    afterAll(async () => {
      await db?.close();
      await server?.stop();
    });

    const created = (name: string) =>
      db.createCollection(name, { dimension: 2, metric: 'euclidean', index: { type: 'flat' } });
    const idsOf = async (store: VectorStore, filter: object) =>
      (await store.filter(filter as never, { limit: 10_000, include: { payload: false } })).records.map(({ id }) => id);

    test('as a value', async () => {
      const store = await created('values');
      await store.upsert(
        sampled.map((value, i) => ({ id: `${i}`, vector: [i, 1], payload: { value, list: [value, 'other'] } })),
      );
      for (const [i, value] of sampled.entries()) {
        expect(await idsOf(store, { value }), JSON.stringify(value)).toEqual([`${i}`]);
        if (i % 5 === 0)
          expect(
            await idsOf(store, { list: { $contains: value }, value: { $in: [value, 'no such'] } }),
            JSON.stringify(value),
          ).toEqual([`${i}`]);
        if (i % 50 === 0)
          expect((await idsOf(store, { value: { $ne: value } })).length, JSON.stringify(value)).toBe(
            sampled.length - 1,
          );
      }
      const prefixed = sampled.filter((_, i) => i % 10 === 0);
      for (const prefix of prefixed) {
        const expected = sampled.flatMap((value, i) => (value.startsWith(prefix) ? [`${i}`] : []));
        expect((await idsOf(store, { value: { $startsWith: prefix } })).sort(), JSON.stringify(prefix)).toEqual(
          expected.sort(),
        );
      }
    }, 600_000);

    test('as a key', async () => {
      const store = await created('keys');
      await store.upsert(
        sampled.map((key, i) => ({ id: `${i}`, vector: [i, 1], payload: { [key]: i, nested: { [key]: 'x' } } })),
      );
      for (const [i, key] of sampled.entries()) {
        expect(await idsOf(store, { [formatPath([key])]: { $exists: true } }), JSON.stringify(key)).toEqual([`${i}`]);
        if (i % 5 === 0)
          expect(await idsOf(store, { [formatPath(['nested', key])]: 'x' }), JSON.stringify(key)).toEqual([`${i}`]);
      }
      const records = await store.get(sampled.map((_, i) => `${i}`));
      expect(records.map((record) => record?.payload)).toEqual(
        sampled.map((key, i) => ({ [key]: i, nested: { [key]: 'x' } })),
      );
    }, 600_000);

    test('as an id: read, changed and deleted', async () => {
      const store = await created('ids');
      await store.upsert(sampled.map((id, i) => ({ id, vector: [i, 1], payload: { i } })));
      expect((await store.get(sampled)).map((record) => record?.payload)).toEqual(sampled.map((_, i) => ({ i })));
      const kept = new Set(sampled);
      for (const id of sampled.slice(0, count / 5)) {
        expect(await store.get(id, { include: { vector: false } }), JSON.stringify(id)).toEqual({
          id,
          payload: { i: sampled.indexOf(id) },
        });
        expect(await store.delete(id), JSON.stringify(id)).toMatchObject({ acknowledged: 1, missing: [] });
        kept.delete(id);
        expect(await store.count(), JSON.stringify(id)).toBe(kept.size);
      }
      const scanned: string[] = [];
      for await (const { id } of store.scan({ batchSize: 37 })) scanned.push(id);
      expect(scanned.sort()).toEqual([...kept].sort());
    }, 600_000);

    test('as a namespace: no operation crosses', async () => {
      const names = sampled.slice(0, Math.min(count, 1_000));
      const store = await created('namespaces');
      for (const [i, name] of names.entries())
        await store.namespace(name).upsert({ id: 'same', vector: [i, 1], payload: { i } });
      expect(await store.listNamespaces()).toEqual([...names].sort());
      for (const [i, name] of names.entries()) {
        const own = store.namespace(name);
        expect(await own.get('same', { include: { vector: false } }), JSON.stringify(name)).toEqual({
          id: 'same',
          payload: { i },
        });
        if (i % 5 === 0)
          expect(
            (await own.search([0, 0], { k: 10 })).map(({ payload }) => payload),
            JSON.stringify(name),
          ).toEqual([{ i }]);
        if (i % 10 === 0)
          expect(await own.delete({ all: true }), JSON.stringify(name)).toMatchObject({ acknowledged: 1 });
      }
      expect((await store.stats()).count).toBe(names.filter((_, i) => i % 10 !== 0).length);
    }, 600_000);
  },
);
