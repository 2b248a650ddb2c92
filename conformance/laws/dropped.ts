import { equal, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import type { Context } from '../context.ts';
import { methodSpec, storeMethods } from '../methods.ts';
import { numbered } from '../reads.ts';

/** Handles on a collection that was dropped: the one that created it, one that opened it, and one on a namespace. */
function droppedStores(t: Context) {
  return t.fixture('dropped collection', async (fixture) => {
    const created = await fixture.create(methodSpec(fixture));
    const opened = await fixture.db.collection(created.name);
    const stores = [
      created,
      opened,
      ...(fixture.supports(fixture.capabilities.operations.namespaces) ? [created.namespace('tenant')] : []),
    ];
    for (const store of stores) await store.upsert(numbered(3));
    await fixture.db.dropCollection(created.name);
    return stores;
  });
}

export const droppedSuite = defineSuite('a dropped collection', ['upsert'], (it) => {
  for (const { name, operation, needs, rootOnly, call } of storeMethods) {
    it(`${name} rejects with NotFound, on every handle that was open`, needs, async (t) => {
      for (const store of await droppedStores(t)) {
        if (rootOnly && store.namespaceName !== undefined) continue;
        const error = await rejects('NotFound', name, () => call(store));
        equal(error.operation, operation, 'operation of the error');
        equal(error.collection, store.name, 'collection of the error');
        equal(error.retryable, false, 'retryable');
      }
    });
  }

  it('its handles can still be closed', async (t) => {
    const store = await t.create();
    await t.db.dropCollection(store.name);
    await store.close();
    await store.close();
  });
});
