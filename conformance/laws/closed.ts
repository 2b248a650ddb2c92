import { equal, rejects, throws } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import type { Context } from '../context.ts';
import { databaseMethods, storeMethods } from '../methods.ts';
import { malformed, numbered } from '../reads.ts';

/** A collection whose handle was closed, while its database is open. */
function closedStore(t: Context) {
  return t.fixture('closed store', async (fixture) => {
    const store = await fixture.create();
    await store.upsert(numbered(3));
    await store.close();
    return store;
  });
}

/** A database that was closed, with a handle and a namespace handle from before. */
function closedDatabase(t: Context) {
  return t.fixture('closed database', async (fixture) => {
    const db = await fixture.connect();
    const name = fixture.uniqueName();
    const store = await db.createCollection(name, fixture.spec());
    const tenant = fixture.supports(fixture.capabilities.operations.namespaces) ? store.namespace('tenant') : undefined;
    await db.close();
    return { db, store, tenant, name };
  });
}

export const closedSuite = defineSuite('closed is closed', ['upsert'], (it) => {
  for (const { name, needs, call } of storeMethods) {
    it(`${name} on a closed handle rejects with StoreClosed`, needs, async (t) => {
      const error = await rejects('StoreClosed', name, async () => call(await closedStore(t)));
      equal(error.retryable, false, 'retryable');
    });

    it(`${name} on a handle whose database was closed rejects with StoreClosed`, needs, async (t) => {
      await rejects('StoreClosed', name, async () => call((await closedDatabase(t)).store));
    });
  }

  for (const { operation, call } of databaseMethods) {
    it(`${operation} on a closed database rejects with StoreClosed`, async (t) => {
      const { db, name } = await closedDatabase(t);
      await rejects('StoreClosed', operation, () => call(db, name));
    });
  }

  it('namespace() and unwrap() throw StoreClosed', ['namespaces'], async (t) => {
    const store = await closedStore(t);
    throws('StoreClosed', 'namespace', () => store.namespace('tenant'));
    const { db } = await closedDatabase(t);
    throws('StoreClosed', 'unwrap', () => db.unwrap());
  });

  it(
    'a namespace handle is closed with the handle that it came from, and not the other way round',
    ['namespaces', 'count'],
    async (t) => {
      const store = await t.create();
      const [first, second] = [store.namespace('tenant'), store.namespace('tenant')];
      await first.close();
      await rejects('StoreClosed', 'the closed namespace handle', () => first.count());
      equal(await second.count(), 0, 'count through another namespace handle');
      equal(await store.count(), 0, 'count through the root handle');
      await store.close();
      await rejects('StoreClosed', 'a namespace of a closed handle', () => second.count());
      const { tenant } = await closedDatabase(t);
      await rejects('StoreClosed', 'a namespace of a closed database', () => tenant!.count());
    },
  );

  it('closing twice, or by await using, is fine', async (t) => {
    const db = await t.connect();
    const store = await db.createCollection(t.uniqueName(), t.spec());
    await store.close();
    await store.close();
    await store[Symbol.asyncDispose]();
    await db.close();
    await db.close();
    await db[Symbol.asyncDispose]();
  });

  it('closing waits for what is under way: it is written, or rejects with a typed error', ['count'], async (t) => {
    const { name } = await t.create();
    const store = await t.db.collection(name);
    const writing = store.upsert(numbered(50));
    await store.close();
    equal((await writing).acknowledged, 50, 'acknowledged');
    await rejects('StoreClosed', 'afterwards', () => store.upsert(malformed(numbered(1))));
    equal(await (await t.db.collection(name)).count(), 50, 'count');
  });

  it('a scan that was begun before ends with StoreClosed', ['scan'], async (t) => {
    const { name } = await t.create();
    const store = await t.db.collection(name);
    await store.upsert(numbered(25));
    const scan = store.scan({ batchSize: 5 });
    await scan.next();
    await store.close();
    await rejects('StoreClosed', 'the next step', () => scan.next());
  });
});
