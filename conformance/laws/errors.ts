import { VectorStoreError } from '../../src/errors.ts';
import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { databaseMethods, methodCollection, storeMethods } from '../methods.ts';
import { contents, malformed } from '../reads.ts';

const bad = malformed({ noSuchOption: 1 });

/** What every error carries, and nothing that a log could not take. */
function checkShape(
  error: VectorStoreError,
  place: { operation: string; provider: string; collection?: string },
): void {
  ok(error instanceof Error && VectorStoreError.is(error, error.code), 'a branded Error');
  equal(error.name, 'VectorStoreError', 'name');
  ok(typeof error.message === 'string' && error.message.length > 0, 'a message');
  ok(typeof error.retryable === 'boolean', 'retryable');
  equal(error.operation, place.operation, 'operation');
  equal(error.provider, place.provider, 'provider');
  if (place.collection !== undefined) equal(error.collection, place.collection, 'collection');
  const json: unknown = JSON.parse(JSON.stringify(error));
  const { code, message, retryable } = error;
  deepEqual(json, { code, message, retryable, ...place }, 'as JSON');
}

export const errorsSuite = defineSuite('errors', ['upsert', 'scan'], (it) => {
  for (const { name, operation, needs, call } of storeMethods) {
    it(`${name} refuses an option that nobody knows, says where it happened, and changes nothing`, needs, async (t) => {
      const store = await methodCollection(t);
      const before = await contents(store);
      const error = await rejects('InvalidArgument', name, () => call(store, bad));
      checkShape(error, { operation, provider: t.db.provider, collection: store.name });
      equal(error.retryable, false, 'retryable');
      ok(error.message.includes('noSuchOption'), `the message names the option: ${error.message}`);
      deepEqual(await contents(store), before, 'contents');
    });
  }

  for (const { operation, call } of databaseMethods) {
    it(`${operation} refuses an option that nobody knows, and says where it happened`, async (t) => {
      const name = t.uniqueName();
      const error = await rejects('InvalidArgument', operation, () => call(t.db, name, bad));
      const named = operation !== 'listCollections' && operation !== 'health';
      checkShape(error, { operation, provider: t.db.provider, ...(named && { collection: name }) });
      equal(await t.db.hasCollection(name), false, 'created');
    });
  }

  it('options of the wrong type are refused by every method', async (t) => {
    const store = await methodCollection(t);
    for (const { name, needs, call } of storeMethods) {
      // That call of the list puts its options into an object of its own.
      if (name === 'search with a filter' || !needs.every((need) => t.meets(need))) continue;
      for (const options of [null, 7, 'x', []]) {
        await rejects('InvalidArgument', `${name} with ${JSON.stringify(options)}`, () =>
          call(store, malformed(options)),
        );
      }
    }
  });

  it(
    'a missing record is no error, a missing collection is NotFound, a taken name AlreadyExists',
    ['get'],
    async (t) => {
      const store = await methodCollection(t);
      equal(await store.get('nobody'), undefined, 'a missing record');
      const name = t.uniqueName();
      const notFound = await rejects('NotFound', 'collection', () => t.db.collection(name));
      checkShape(notFound, { operation: 'collection', provider: t.db.provider, collection: name });
      const taken = await rejects('AlreadyExists', 'createCollection', () =>
        t.db.createCollection(store.name, t.spec()),
      );
      checkShape(taken, { operation: 'createCollection', provider: t.db.provider, collection: store.name });
    },
  );
});
