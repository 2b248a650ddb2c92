import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { contents, idsOf, malformed, numbered, scanned } from '../reads.ts';

export const listDropSuite = defineSuite('list and drop', ['upsert', 'count', 'scan'], (it) => {
  it('listCollections tells each collection once, sorted by name, with its settings', async (t) => {
    const first = await t.create({ dimension: 4, fields: { n: 'number', 'a."b.c"': 'keyword' } });
    const second = await t.create();
    const infos = await t.db.listCollections();
    const names = infos.map((info) => info.name);
    deepEqual(names, [...new Set(names)].sort(), 'names');
    ok(names.includes(second.name), 'the second collection');
    const info = infos.find((candidate) => candidate.name === first.name);
    ok(info !== undefined, 'the first collection');
    deepEqual([info.dimension, info.metric, info.managed], [4, t.metric, true], 'dimension, metric, managed');
    deepEqual(info.fields, { n: 'number', 'a."b.c"': 'keyword' }, 'fields');
    ok(t.capabilities.idModes.includes(info.idMode), `idMode ${info.idMode}`);
  });

  it('hasCollection tells what is there', async (t) => {
    const store = await t.create();
    equal(await t.db.hasCollection(store.name), true, 'created');
    equal(await t.db.hasCollection(t.uniqueName()), false, 'never created');
    for (const name of ['', undefined, 7]) {
      await rejects('InvalidArgument', String(name), () => t.db.hasCollection(malformed(name)));
    }
  });

  it('dropCollection says true once, then false', async (t) => {
    const { name } = await t.create();
    equal(await t.db.dropCollection(name), true, 'first drop');
    equal(await t.db.hasCollection(name), false, 'hasCollection');
    equal(
      (await t.db.listCollections()).some((info) => info.name === name),
      false,
      'listed',
    );
    equal(await t.db.dropCollection(name), false, 'second drop');
    await rejects('NotFound', 'collection', () => t.db.collection(name));
    await rejects('InvalidArgument', 'no name', () => t.db.dropCollection(malformed(undefined)));
  });

  it('a collection created again after a drop is empty, and may have another dimension', async (t) => {
    const old = await t.create();
    await old.upsert(numbered(3));
    await t.db.dropCollection(old.name);
    const fresh = t.visible(await t.db.createCollection(old.name, t.spec({ dimension: 4 })));
    equal(await fresh.count(), 0, 'count');
    await fresh.upsert(numbered(1, 4));
    deepEqual(idsOf(await scanned(fresh)), ['r0000'], 'records');
  });

  it('dropping one collection leaves the others alone', async (t) => {
    const doomed = await t.create();
    const other = await t.scratch();
    await doomed.upsert(numbered(3));
    await other.upsert(numbered(3));
    const before = await contents(other);
    await t.db.dropCollection(doomed.name);
    deepEqual(await contents(other), before, 'the other collection');
  });

  it('health says that the backend answers', async (t) => {
    const health = await t.db.health();
    equal(health.ok, true, 'ok');
    ok(health.latencyMs >= 0 && Number.isFinite(health.latencyMs), `latencyMs ${health.latencyMs}`);
    equal(health.problem, undefined, 'problem');
  });

  it('unwrap gives the client beneath', async (t) => {
    ok(t.db.unwrap() !== undefined && t.db.unwrap() !== null, 'a client');
  });
});
