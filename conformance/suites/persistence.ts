import type { VectorDatabase } from '../../src/database.ts';
import type { VectorStore } from '../../src/store.ts';
import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { type AddCase, defineSuite } from '../case.ts';
import type { Context } from '../context.ts';
import { hostileIds, hostileNamespaces, payloads } from '../corpus.ts';
import { contents, idsOf, numbered, scanned, vectorFor } from '../reads.ts';

/** Writes on one connection, closes it, and looks on another. */
async function acrossReopen(
  t: Context,
  write: (store: VectorStore, db: VectorDatabase) => Promise<unknown>,
  look: (store: VectorStore, db: VectorDatabase) => Promise<unknown>,
): Promise<void> {
  const name = t.uniqueName();
  const first = await t.connect();
  await write(t.visible(await first.createCollection(name, t.spec({ fields: { n: 'number' } }))), first);
  await first.close();
  const second = await t.reopen();
  await look(t.visible(await second.collection(name)), second);
  await second.dropCollection(name);
}

export const persistenceSuite = defineSuite(
  'persistence',
  ['upsert', 'scan', 'get', 'count', 'option persistence'],
  (it: AddCase) => {
    it('ids, payloads and vectors come back after closing and opening again', async (t) => {
      let before: unknown;
      const records = Object.values(payloads).map((payload, i) => ({
        id: hostileIds[i]!,
        vector: vectorFor(i),
        payload,
      }));
      await acrossReopen(
        t,
        async (store) => {
          await store.upsert(records);
          before = await contents(store);
        },
        async (store) => {
          deepEqual(await contents(store), before, 'contents');
          deepEqual(idsOf(await scanned(store)).sort(), idsOf(records).sort(), 'ids');
        },
      );
    });

    it(
      'every kind of write survives: upsert over, setPayload, delete, delete by filter, delete all',
      ['setPayload', 'delete', 'deleteByFilter', 'deleteAll', 'namespaces', '$gte'],
      async (t) => {
        const expected: unknown[] = [];
        await acrossReopen(
          t,
          async (store) => {
            await store.upsert(numbered(40));
            await store.upsert({ id: 'r0001', vector: vectorFor(77), payload: { over: true } });
            await store.setPayload(['r0002', 'r0003'], { set: [1, null] });
            await store.setPayload(
              'r0004',
              { n: 4.5 },
              t.supports(t.capabilities.options.replacePayload) ? { mode: 'replace' } : {},
            );
            await store.delete(['r0005', 'gone']);
            await store.delete({ filter: { n: { $gte: 30 } } });
            await store.upsert(numbered(1, 3, 35));
            const emptied = store.namespace('emptied');
            await emptied.upsert(numbered(10));
            await emptied.delete({ all: true });
            expected.push(await contents(store), await contents(emptied));
          },
          async (store) => {
            deepEqual([await contents(store), await contents(store.namespace('emptied'))], expected, 'contents');
            equal(await store.count({ n: { $gte: 29 } }), 2, 'count by a declared field');
          },
        );
      },
    );

    it('searches give the same answers after opening again', ['search'], async (t) => {
      const answers: unknown[] = [];
      const ask = (store: VectorStore) =>
        Promise.all(
          [0, 5, 50, 99].map((i) => store.search(vectorFor(i), { ...t.exactly, k: 12, filter: { n: { $ne: 5 } } })),
        );
      await acrossReopen(
        t,
        async (store) => {
          await store.upsert(numbered(100));
          answers.push(...(await ask(store)));
        },
        async (store) => {
          deepEqual(await ask(store), answers, 'answers');
          equal((await store.search(vectorFor(1), { k: 1_000 })).length, 100, 'matches without exact');
        },
      );
    });

    it(
      'namespaces are there again, each with its records',
      ['namespaces', 'listNamespaces', 'dropNamespace'],
      async (t) => {
        await acrossReopen(
          t,
          async (store) => {
            for (const [i, name] of hostileNamespaces.entries())
              await store.namespace(name).upsert({ id: 'same', vector: vectorFor(i), payload: { i } });
            await store.namespace('dropped').upsert(numbered(3));
            await store.dropNamespace('dropped');
          },
          async (store) => {
            deepEqual(await store.listNamespaces(), [...hostileNamespaces].sort(), 'names');
            for (const [i, name] of hostileNamespaces.entries())
              deepEqual((await store.namespace(name).get('same'))?.payload, { i }, name);
          },
        );
      },
    );

    it('the settings are stored with the collection, and what disagrees is a Conflict', async (t) => {
      await acrossReopen(
        t,
        async (store) => void (await store.upsert(numbered(2))),
        async (store, db) => {
          deepEqual([store.dimension, store.metric], [3, t.metric], 'dimension and metric');
          const info = (await db.listCollections()).find((candidate) => candidate.name === store.name);
          deepEqual(info?.fields, { n: 'number' }, 'fields');
          await rejects('Conflict', 'other fields', () => db.collection(store.name, { fields: { n: 'keyword' } }));
          await rejects('Conflict', 'other dimension', () =>
            db.createCollection(store.name, t.spec({ dimension: 4, fields: { n: 'number' } }), { ifExists: 'open' }),
          );
          await rejects('AlreadyExists', 'create again', () => db.createCollection(store.name, t.spec()));
          equal(await store.count(), 2, 'count');
        },
      );
    });

    it('a collection that was dropped stays dropped, and one created again holds nothing old', async (t) => {
      const gone = t.uniqueName();
      await acrossReopen(
        t,
        async (store, db) => {
          await db.createCollection(gone, t.spec());
          await db.dropCollection(gone);
          await store.upsert(numbered(5));
          const again = t.visible(
            await db.createCollection(store.name, t.spec({ fields: { n: 'number' } }), { ifExists: 'recreate' }),
          );
          await again.upsert(numbered(1, 3, 9));
        },
        async (store, db) => {
          equal(await db.hasCollection(gone), false, 'the dropped one');
          deepEqual(idsOf(await scanned(store)), ['r0009'], 'records of the other');
        },
      );
    });

    it('writing goes on after opening again, and survives the next time', ['delete'], async (t) => {
      const name = t.uniqueName();
      const db = await t.connect();
      await (await db.createCollection(name, t.spec())).upsert(numbered(3));
      await db.close();
      for (let round = 1; round <= 3; round++) {
        const again = await t.reopen();
        const store = t.visible(await again.collection(name));
        await store.upsert(numbered(3, 3, round * 10));
        await store.delete(`r00${round}0`);
        equal(await store.count(), 3 + round * 2, `count in round ${round}`);
        await again.close();
      }
      const last = await t.reopen();
      equal(await (await last.collection(name)).count(), 9, 'count at the end');
      await last.dropCollection(name);
    });

    it('a rebuilt index is there again', ['recreateIndex', 'stats'], async (t) => {
      const index = t.indexSpecs.at(-1)!;
      await acrossReopen(
        t,
        async (store) => {
          await store.upsert(numbered(30));
          await store.recreateIndex(index);
        },
        async (store) => {
          const stats = await store.stats();
          equal(stats.index.type, index.type, 'index type');
          deepEqual([...stats.recovery], [], 'nothing had to be mended');
          equal((await store.search(vectorFor(0), { k: 100 })).length, 30, 'matches');
        },
      );
    });

    it('flush, then close twice: nothing is lost', ['flush'], async (t) => {
      await acrossReopen(
        t,
        async (store, db) => {
          await store.upsert(numbered(5));
          await store.flush();
          await store.upsert(numbered(5, 3, 5));
          await db.close();
        },
        async (store) => ok((await store.count()) === 10, 'ten records'),
      );
    });
  },
);
