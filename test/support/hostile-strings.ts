import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Harness } from '../../conformance/harness.ts';
import { formatPath } from '../../src/filter/path.ts';
import { type VectorDatabase, type VectorStore, VectorStoreError } from '../../src/index.ts';
import { seed } from './seed.ts';

/** What breaks out of a literal, an address or an object, means something to some backend, or looks like something else. */
const fragments = [
  // Ends of literals.
  ...['"', "'", '\\', '\\"', '\\\\"', '"]', '"}', '`', '\n', '\r', '\t', '\u0001', '\u007f', '\u0085'],
  // Expressions.
  ...['") or (av_key != "")', '" or av_key != "', '"] or (1 == 1) or av_key in ["', ' or ', ' and ', 'not ', ' in '],
  ...['exists ', ' like ', '==', '!=', '&&', '||', '//', '--', '/*', '#', '(', ')', '[', ']', '[]', '[0]', '{', '}'],
  // Filters as objects, and names that backends and adapters keep for themselves.
  ...['$eq', '$ne', '$or', '$exists', '$', '$meta', '{"$ne":""}', '","namespace":"', 'av_key', 'av_namespace'],
  ...['_av', '_av@', '_av#', '_av?', '_av.', '_av*', '_av~', '_av_ns', '__default__', '__proto__', 'constructor'],
  // Addresses.
  ...[
    '/',
    '..',
    '../',
    './',
    '?',
    '&',
    '&ids=',
    '?namespace=',
    '=',
    '+',
    '][',
    '%',
    '%2F',
    '%00',
    '%zz',
    ';',
    ':',
    '@',
  ],
  // Patterns and numbers.
  ...['_', '\\%', '{v}', '*', '.', '.*', '^', 'true', 'null', '1', '1.0', '1e400', '-0', 'NaN'],
  ...['\u2028', '\ufeff', '\u202e', '😀', 'é', 'e\u0301', '\ud7ff', '\uffff', 'x', 'X', 'ß', 'ı', ' ', '\u00a0'],
  ...['\\u0041', '\\x41', '\\U0001F600', '00000000-0000-0000-0000-000000000001'],
];

/** Namespaces and ids take that many bytes. */
const mostBytes = { id: 512, namespace: 128 };

export interface HostileOptions {
  /** Strings in each place. */
  readonly strings: number;
}

/**
 * Registers tests that hostile strings (as a value, a key, an id, a namespace, the name of a collection) are data and nothing else to a backend
 * and its adapter.
 */
export function describeHostileStrings(harness: Harness, { strings: count }: HostileOptions): void {
  const several = fc.array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 5 });
  const random = fc.sample(
    several.map((parts) => parts.join('')),
    { numRuns: count * 2, seed },
  );
  const all = [...new Set([...fragments, ...random])];
  const atMost = (bytes: number) => all.filter((text) => Buffer.byteLength(text) <= bytes).slice(0, count);
  const sampled = all.slice(0, count);

  describe(`${count} hostile strings through ${harness.name}`, () => {
    let db: VectorDatabase;
    beforeAll(async () => {
      db = await harness.open();
    }, 60_000);
    afterAll(async () => {
      await db?.close();
      await harness.close?.();
    });

    const created = (name: string) =>
      db.createCollection(
        `hostile-${name}`,
        { dimension: 2, metric: 'euclidean', ...harness.createOptions },
        { ifExists: 'recreate' },
      );
    const idsOf = async (store: VectorStore, filter: object) =>
      (await store.filter(filter as never, { limit: 10_000, include: { payload: false } })).records.map(({ id }) => id);

    test('there are as many as asked for', () => {
      for (const list of [sampled, atMost(mostBytes.id), atMost(mostBytes.namespace)])
        expect(new Set(list).size).toBe(count);
    });

    test('as a value each finds its own record', async () => {
      const store = await created('values');
      await store.upsert(
        sampled.map((value, i) => ({ id: `${i}`, vector: [i, 1], payload: { value, list: [value, 'other'] } })),
      );
      for (const [i, value] of sampled.entries()) {
        const shown = JSON.stringify(value);
        expect(await idsOf(store, { value }), shown).toEqual([`${i}`]);
        if (i % 20 === 0)
          expect(await idsOf(store, { list: { $contains: value }, value: { $in: [value, 'no such'] } }), shown).toEqual(
            [`${i}`],
          );
        if (i % 50 === 0) {
          expect((await idsOf(store, { value: { $ne: value } })).length, shown).toBe(sampled.length - 1);
          const beginning = sampled.flatMap((text, j) => (text.startsWith(value) ? [`${j}`] : []));
          expect((await idsOf(store, { value: { $startsWith: value } })).sort(), shown).toEqual(beginning.sort());
        }
      }
    }, 1_200_000);

    test('as a key each finds its own record, and is read back', async () => {
      const store = await created('keys');
      const payloads = sampled.map((key, i) => ({ ...own(key, i), nested: own(key, 'x') }));
      await store.upsert(payloads.map((payload, i) => ({ id: `${i}`, vector: [i, 1], payload })));
      for (const [i, key] of sampled.entries()) {
        const shown = JSON.stringify(key);
        expect(await idsOf(store, { [formatPath([key])]: { $exists: true } }), shown).toEqual([`${i}`]);
        if (i % 5 === 0) expect(await idsOf(store, { [formatPath(['nested', key])]: 'x' }), shown).toEqual([`${i}`]);
      }
      const records = await store.get(sampled.map((_, i) => `${i}`));
      expect(records.map((record) => JSON.stringify(record?.payload))).toEqual(
        payloads.map((payload) => JSON.stringify(payload)),
      );
    }, 1_200_000);

    test('as an id each is read, changed and deleted alone', async () => {
      const store = await created('ids');
      const ids = atMost(mostBytes.id);
      await store.upsert(ids.map((id, i) => ({ id, vector: [i, 1], payload: { i } })));
      expect((await store.get(ids)).map((record) => record?.payload)).toEqual(ids.map((_, i) => ({ i })));
      const kept = new Set(ids);
      for (const [i, id] of ids.entries()) {
        const shown = JSON.stringify(id);
        expect(await store.get(id, { include: { vector: false } }), shown).toEqual({ id, payload: { i } });
        if (i % 5 > 0) continue;
        expect(await store.setPayload(id, { changed: true }), shown).toMatchObject({ acknowledged: 1, missing: [] });
        expect(await idsOf(store, { changed: true }), shown).toEqual([id]);
        expect(await store.delete(id), shown).toMatchObject({ acknowledged: 1, missing: [] });
        kept.delete(id);
        if (i % 25 === 0) expect(await store.count(), shown).toBe(kept.size);
      }
      const scanned: string[] = [];
      for await (const { id } of store.scan({ batchSize: 37 })) scanned.push(id);
      expect(scanned.sort()).toEqual([...kept].sort());
    }, 1_200_000);

    test('as a namespace each is apart from all others', async () => {
      const store = await created('namespaces');
      const names = atMost(mostBytes.namespace);
      for (const [i, name] of names.entries())
        await store.namespace(name).upsert({ id: 'same', vector: [i, 1], payload: { i } });
      expect(await store.listNamespaces()).toEqual([...names].sort());
      for (const [i, name] of names.entries()) {
        const shown = JSON.stringify(name);
        const own = store.namespace(name);
        expect(await own.get('same', { include: { vector: false } }), shown).toEqual({ id: 'same', payload: { i } });
        if (i % 5 === 0)
          expect(
            (await own.search([0, 0], { k: 10 })).map(({ payload }) => payload),
            shown,
          ).toEqual([{ i }]);
        if (i % 10 === 0) await own.delete({ all: true });
      }
      expect((await store.stats()).count).toBe(names.filter((_, i) => i % 10 !== 0).length);
    }, 1_200_000);

    test('as the name of a collection each is refused or works, and touches no other', async () => {
      const kept = await created('kept');
      await kept.upsert({ id: 'a', vector: [1, 1], payload: { n: 1 } });
      const disguised = [
        ...[
          '../NAME',
          'x/../NAME',
          './NAME',
          'NAME/',
          '/NAME',
          'NAME?x=1',
          'NAME#x',
          ' NAME',
          'NAME ',
          'NAME\n',
          'NAME.',
        ],
        ...['%68ostile-kept', 'NAME%20', 'NAME%00', 'NAME\u0000', 'HOSTILE-KEPT', 'hostile_kept', 'indexes/NAME', '..'],
      ].map((text) => text.replace('NAME', kept.name));
      for (const name of [...disguised, ...sampled.slice(0, 300)]) {
        const shown = JSON.stringify(name);
        expect(await outcomeOf(db.hasCollection(name)), shown).toMatch(none('false'));
        expect(await outcomeOf(db.collection(name)), shown).toMatch(none('NotFound'));
        expect(await outcomeOf(db.dropCollection(name)), shown).toMatch(none('false'));
        const made = await db.createCollection(name, { dimension: 2, metric: 'dot', ...harness.createOptions }).then(
          (store) => store,
          (error: unknown) => codeOf(error),
        );
        if (typeof made === 'string') {
          expect(made, shown).toMatch(none('InvalidArgument'));
          continue;
        }
        await made.upsert({ id: 'b', vector: [2, 2] });
        expect((await db.listCollections()).map((info) => info.name)).toContain(name);
        expect(await made.count(), shown).toBe(1);
        expect(await db.dropCollection(name), shown).toBe(true);
      }
      expect((await kept.get('a'))?.payload).toEqual({ n: 1 });
      expect(await kept.count()).toBe(1);
    }, 1_200_000);
  });
}

/** An object with one member, also where a literal would take the key for its prototype. */
function own<T>(key: string, value: T): { [key: string]: T } {
  return Object.fromEntries([[key, value]]);
}

/** How a call says that there is no such collection: as usual, or by refusing the name. */
function none(usual: string): RegExp {
  return new RegExp(`^(${usual}|InvalidArgument|Unsupported)$`);
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    (value) => (typeof value === 'boolean' ? String(value) : 'opened'),
    (error: unknown) => codeOf(error),
  );
}

function codeOf(error: unknown): string {
  return VectorStoreError.is(error) ? error.code : String(error);
}
