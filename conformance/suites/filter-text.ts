import type { JsonValue } from '../../src/types.ts';
import { defineSuite } from '../case.ts';
import { hostileKeys, hostileStrings, segment } from '../corpus.ts';
import { filled, hostileStore } from '../fixtures.ts';
import { asFilter, expectMatching } from '../reads.ts';

/** What comes before another in this list must not be found by it, and the other way round. */
export const filterTextSuite = defineSuite('filter on hostile text', ['upsert', '$eq'], (it) => {
  it('every string is found as a value and as an element, and no other with it', async (t) => {
    const store = await hostileStore(t);
    for (const [i, text] of hostileStrings.entries()) {
      await expectMatching(store, { v: text }, [`string ${i}`], t.exactly);
      await expectMatching(store, { list: text }, [`string ${i}`], t.exactly);
    }
  });

  it('$in, $contains and $startsWith take every string as it is', ['$in', '$contains', '$startsWith'], async (t) => {
    const store = await hostileStore(t);
    for (const [i, text] of hostileStrings.entries()) {
      await expectMatching(store, { v: { $in: [text, 'nobody has this'] } }, [`string ${i}`], t.exactly);
      await expectMatching(store, { list: { $contains: text } }, [`string ${i}`], t.exactly);
      const expected = hostileStrings.flatMap((other, j) => (other.startsWith(text) ? [`string ${j}`] : []));
      await expectMatching(store, { v: { $startsWith: text } }, expected, t.exactly);
    }
    await expectMatching(
      store,
      { v: { $in: hostileStrings } },
      hostileStrings.map((_, i) => `string ${i}`),
      t.exactly,
    );
  });

  it('every key can be asked for, at the top and nested, as a quoted segment', ['$exists'], async (t) => {
    const store = await hostileStore(t);
    for (const [i, key] of hostileKeys.entries()) {
      await expectMatching(store, { [JSON.stringify(key)]: 'here' }, [`key ${i}`], t.exactly);
      await expectMatching(store, { [`outer.${JSON.stringify(key)}`]: 'inside' }, [`key ${i}`], t.exactly);
      await expectMatching(store, { [`outer.${segment(key)}`]: { $exists: true } }, [`key ${i}`], t.exactly);
    }
  });

  it('a key that no payload has itself is missing, also one of Object.prototype', ['$exists', '$ne'], async (t) => {
    const store = await filled(t, 'plain', { a: { n: 1 }, b: { n: { m: 1 } } }, {});
    for (const key of [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'valueOf',
      'constructor.name',
      '__proto__.n',
      'n.constructor',
      'n.toString',
    ]) {
      await expectMatching(store, { [key]: { $exists: true } }, [], t.exactly);
      await expectMatching(store, { [key]: { $exists: false } }, ['a', 'b'], t.exactly);
      await expectMatching(store, { [key]: { $ne: 'x' } }, ['a', 'b'], t.exactly);
    }
  });

  it('a dotted path means nesting; a quoted segment a key with a dot', ['$exists'], async (t) => {
    const payloads: Record<string, Record<string, JsonValue>> = {
      nested: { a: { b: 1 } },
      dotted: { 'a.b': 1 },
      mixed: { a: { 'b.c': 1 } },
      deep: { a: { b: { c: 1 } } },
    };
    const store = await filled(t, 'dots', payloads, {});
    await expectMatching(store, { 'a.b': 1 }, ['nested'], t.exactly);
    await expectMatching(store, { '"a"."b"': 1 }, ['nested'], t.exactly);
    await expectMatching(store, { '"a.b"': 1 }, ['dotted'], t.exactly);
    await expectMatching(store, { 'a."b.c"': 1 }, ['mixed'], t.exactly);
    await expectMatching(store, { 'a.b.c': 1 }, ['deep'], t.exactly);
    await expectMatching(store, { '"a\\u002eb"': 1 }, ['dotted'], t.exactly);
    await expectMatching(store, { 'a.b': { $exists: true } }, ['nested', 'deep'], t.exactly);
  });

  it('declared or not: hostile keys and strings give the same answers', ['$ne'], async (t) => {
    const keys = ['with.dot', 'a"b', 'a\\b', '', '$eq', '__proto__', 'constructor', 'with space', '😀', '_av', 'a[0]'];
    const fields = Object.fromEntries(keys.map((key) => [JSON.stringify(key), 'keyword' as const]));
    const payloads = Object.fromEntries(keys.map((key, i) => [`key ${i}`, { [key]: `say "${key}"` }]));
    for (const [name, declared] of [
      ['declared keys', fields],
      ['undeclared keys', {}],
    ] as const) {
      const store = await filled(t, name, payloads, declared);
      for (const [i, key] of keys.entries()) {
        await expectMatching(store, { [JSON.stringify(key)]: `say "${key}"` }, [`key ${i}`], t.exactly);
        await expectMatching(
          store,
          asFilter({ [JSON.stringify(key)]: { $ne: `say "${key}"` } }),
          Object.keys(payloads).filter((_, j) => i !== j),
          t.exactly,
        );
      }
    }
  });
});
