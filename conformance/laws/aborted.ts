import type { VectorStoreError } from '../../src/errors.ts';
import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { databaseMethods, methodCollection, storeMethods } from '../methods.ts';
import { contents, idsOf, malformed, numbered, scanned, vectorFor } from '../reads.ts';

export const abortedSuite = defineSuite('aborted is aborted', ['upsert', 'scan'], (it) => {
  for (const { name, operation, needs, call } of storeMethods) {
    it(`${name} with a signal that has fired rejects with Aborted, and nothing changes`, needs, async (t) => {
      const store = await methodCollection(t);
      const before = await contents(store);
      const error = await rejects('Aborted', name, () => call(store, { signal: AbortSignal.abort() }));
      deepEqual([error.operation, error.retryable], [operation, false], 'operation and retryable');
      deepEqual(await contents(store), before, 'contents');
    });
  }

  for (const { operation, call } of databaseMethods) {
    it(`${operation} with a signal that has fired rejects with Aborted, and nothing changes`, async (t) => {
      const { name } = await t.create();
      const fresh = t.uniqueName();
      for (const each of [name, fresh])
        await rejects('Aborted', operation, () => call(t.db, each, { signal: AbortSignal.abort() }));
      deepEqual([await t.db.hasCollection(name), await t.db.hasCollection(fresh)], [true, false], 'collections');
    });
  }

  for (const { name, kind, needs, call } of storeMethods.filter((method) => method.kind !== 'write')) {
    it(`${name} (${kind}) that is aborted under way rejects with Aborted at once`, needs, async (t) => {
      const store = await methodCollection(t);
      const controller = new AbortController();
      const answer = call(store, { signal: controller.signal });
      controller.abort();
      await rejects('Aborted', name, () => answer);
      await call(store);
    });
  }

  for (const { name, needs, call } of storeMethods.filter((method) => method.kind === 'write')) {
    it(`${name} that is aborted under way says of every id how it ended`, needs, async (t) => {
      const store = await methodCollection(t);
      const controller = new AbortController();
      const answer = call(store, { signal: controller.signal });
      controller.abort();
      const error = await answer.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      ok(error !== undefined, 'a call that was aborted before it was answered has succeeded');
      checkAborted(error as VectorStoreError);
      // Whatever was under way has ended when the next write of the same handle has been acknowledged.
      await store.upsert({ id: 'afterwards', vector: vectorFor(5) });
      ok(idsOf(await scanned(store)).includes('afterwards'), 'the handle works on');
    });
  }

  it('an upsert that is aborted under way: acknowledged ids are there, failed ones are not', ['count'], async (t) => {
    const store = await t.scratch();
    const controller = new AbortController();
    const answer = store.upsert(numbered(500), {
      signal: controller.signal,
      batchSize: 20,
      concurrency: 1,
      details: true,
    });
    await Promise.resolve();
    controller.abort();
    const error = (await answer.then(
      () => undefined,
      (reason: unknown) => reason,
    )) as VectorStoreError;
    checkAborted(error);
    const { acknowledgedIds = [], failed, unknown } = error.result!;
    deepEqual([...acknowledgedIds, ...idsOf(failed), ...unknown].sort(), idsOf(numbered(500)), 'ids in the books');
    await store.upsert({ id: 'afterwards', vector: vectorFor(5) });
    const stored = new Set(idsOf(await scanned(store)));
    deepEqual(
      acknowledgedIds.filter((id) => !stored.has(id)),
      [],
      'acknowledged, yet absent',
    );
    deepEqual(
      failed.filter(({ id }) => stored.has(id)),
      [],
      'failed, yet written',
    );
  });

  it('a signal that fires when the call is over changes nothing', ['get'], async (t) => {
    const store = await methodCollection(t);
    const controller = new AbortController();
    const { signal } = controller;
    await store.upsert(numbered(4), { signal, timeoutMs: 60_000 });
    const record = await store.get('r0003', { signal });
    controller.abort();
    equal(record?.id, 'r0003', 'record');
    equal((await scanned(store)).length, 4, 'records');
  });

  it('one signal serves many calls at once, and ends them all', async (t) => {
    const store = await methodCollection(t);
    const controller = new AbortController();
    const calls = Array.from({ length: 10 }, () => store.search(vectorFor(1), { signal: controller.signal }));
    controller.abort();
    for (const call of calls) await rejects('Aborted', 'search', () => call);
  });

  for (const { name, needs, call } of storeMethods) {
    it(`${name} takes a timeout, and refuses what is no signal or timeout`, needs, async (t) => {
      const store = await methodCollection(t);
      await call(store, { timeoutMs: 60_000, signal: new AbortController().signal });
      for (const options of [
        { timeoutMs: -1 },
        { timeoutMs: Number.NaN },
        { timeoutMs: '10' },
        { timeoutMs: null },
        { signal: {} },
        { signal: 'abort' },
        { signal: null },
      ]) {
        await rejects('InvalidArgument', `${name} with ${JSON.stringify(options)}`, () =>
          call(store, malformed(options)),
        );
      }
    });
  }
});

/** `Aborted` where nothing can have been written, else `PartialFailure` with the books, and `Aborted` as its cause. */
function checkAborted(error: VectorStoreError): void {
  if (error.code === 'Aborted') {
    const { acknowledged = 0, unknown = [] } = error.result ?? {};
    deepEqual([acknowledged, unknown], [0, []], 'written in spite of Aborted');
    return;
  }
  equal(error.code, 'PartialFailure', 'code');
  equal((error.cause as { code?: unknown }).code, 'Aborted', 'code of the cause');
  const { acknowledged, failed, unknown } = error.result!;
  ok(acknowledged + failed.length + unknown.length > 0, 'PartialFailure, yet no id is in the books');
}
