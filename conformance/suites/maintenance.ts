import { equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { malformed, numbered, vectorFor } from '../reads.ts';

export const maintenanceSuite = defineSuite('stats and flush', ['upsert', 'count'], (it) => {
  it(
    'stats counts the records of all namespaces, and the namespaces that hold some',
    ['stats', 'namespaces'],
    async (t) => {
      const store = await t.scratch();
      equal((await store.stats()).count, 0, 'count of nothing');
      await store.upsert(numbered(5));
      await store.namespace('a').upsert(numbered(3));
      await store.namespace('b').upsert(numbered(1));
      const stats = await store.stats();
      equal(stats.count, 9, 'count');
      equal(stats.namespaces, 3, 'namespaces');
      equal((await store.namespace('a').stats()).count, 9, 'count asked of a namespace');
    },
  );

  it('stats gives sizes in bytes where it gives any, and lists', ['stats'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(50));
    const stats = await store.stats();
    for (const name of ['indexBytes', 'vectorBytes', 'diskBytes'] as const) {
      const size = stats[name];
      ok(size === undefined || (Number.isInteger(size) && size >= 0), `${name} is ${size}`);
    }
    ok(typeof stats.index.type === 'string', `index.type is ${stats.index.type}`);
    ok(Array.isArray(stats.ignoredHints) && Array.isArray(stats.recovery), 'lists');
    equal(stats.recovery.length, 0, 'nothing had to be mended');
  });

  it(
    'a search hint is used or listed in ignoredHints, and strict refuses what would be ignored',
    ['stats', 'search'],
    async (t) => {
      const store = await t.create();
      await store.upsert(numbered(20));
      for (const name of ['ef', 'nprobe'] as const) {
        const isUsed = store.capabilities.searchParams.includes(name);
        const params = { [name]: 50 };
        equal((await store.search(vectorFor(0), { params, k: 20 })).length, 20, `matches with ${name}`);
        equal(
          (await store.stats()).ignoredHints.includes(`params.${name}`),
          !isUsed,
          `params.${name} listed as ignored`,
        );
        const strict = () => store.search(vectorFor(0), { params, k: 20, strict: true });
        if (isUsed) equal((await strict()).length, 20, `strict matches with ${name}`);
        else await rejects('Unsupported', `strict ${name}`, strict);
      }
      await rejects('InvalidArgument', 'strict as text', () =>
        store.search(vectorFor(0), { strict: malformed('yes') }),
      );
    },
  );

  it('flush returns, with or without something to write', ['flush'], async (t) => {
    const store = await t.scratch();
    equal(await store.flush(), undefined, 'of nothing');
    await store.upsert(numbered(5));
    equal(await store.flush(), undefined, 'of something');
    equal(await store.count(), 5, 'count');
  });
});
