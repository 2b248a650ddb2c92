import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printSeed, seed } from '../../test/support/seed.ts';
import { compareMatches } from '../score.ts';
import { BirthOrder } from './birth-order.ts';
import { patched } from './patch.ts';
import { Bitset } from './payload/bitset.ts';
import { withinSorted } from './payload/sorted.ts';
import { TopK } from './top-k.ts';

printSeed('data structures of the engine');
const slots = fc.uniqueArray(fc.nat(200), { maxLength: 60 });

describe('Bitset', () => {
  it('is a set of small integers: members, count, order, union, intersection, difference', () => {
    fc.assert(
      fc.property(slots, slots, slots, (a, b, gone) => {
        const ascending = (numbers: Iterable<number>) => [...numbers].sort((x, y) => x - y);
        const set = Bitset.of(a);
        for (const slot of gone) set.delete(slot);
        const left = a.filter((slot) => !gone.includes(slot));
        expect([...set]).toEqual(ascending(left));
        expect(set.count()).toBe(left.length);
        expect([...Array(201).keys()].filter((slot) => set.has(slot))).toEqual(ascending(left));
        const visited: number[] = [];
        set.forEach((slot) => {
          visited.push(slot);
        });
        expect(visited).toEqual(ascending(left));
        const other = Bitset.of(b);
        const isOf = (found: Bitset, members: Iterable<number>) => {
          expect([...found]).toEqual(ascending(members));
          expect(found.count()).toBe([...found].length);
        };
        isOf(set.clone().unite(other), new Set([...left, ...b]));
        isOf(new Bitset().unite(set), left);
        isOf(
          set.intersection(other),
          left.filter((slot) => b.includes(slot)),
        );
        isOf(
          set.clone().subtract(other),
          left.filter((slot) => !b.includes(slot)),
        );
        isOf(Bitset.ofWords(set.words()), left);
        isOf(set, left);
      }),
      { seed, numRuns: 500 },
    );
  });
});

it('all but some slots are those that are left', () => {
  fc.assert(
    fc.property(slots, fc.nat(200), (listed, length) => {
      const gone = listed.filter((slot) => slot < length);
      const left = [...Array(length).keys()].filter((slot) => !gone.includes(slot));
      const set = Bitset.allBut(gone, length);
      expect([...set]).toEqual(left);
      expect(set.count()).toBe(left.length);
    }),
    { seed, numRuns: 500 },
  );
});

describe('TopK', () => {
  it('keeps the best k by distance, ties by id, in whatever order they come', () => {
    const candidates = fc.uniqueArray(
      fc.record({ id: fc.string({ maxLength: 2 }), distance: fc.integer({ min: -3, max: 3 }), slot: fc.nat() }),
      { selector: ({ id }) => id, maxLength: 40 },
    );
    fc.assert(
      fc.property(candidates, fc.integer({ min: 1, max: 10 }), (given, k) => {
        const best = new TopK(k);
        for (const candidate of given) if (best.admits(candidate.distance)) best.offer(candidate);
        expect(best.sorted()).toEqual([...given].sort(compareMatches).slice(0, k));
      }),
      { seed, numRuns: 1_000 },
    );
  });
});

describe('BirthOrder', () => {
  it('shows every slot that stays exactly once, whatever comes and goes between pages, and none born after the scan began', () => {
    const step = fc.record({ slot: fc.nat(40), add: fc.boolean() });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(40)),
        fc.array(fc.array(step, { maxLength: 10 }), { maxLength: 10 }),
        (first, between) => {
          const order = new BirthOrder();
          const alive = new Set<number>();
          const touched = new Set<number>();
          const change = (slot: number, add: boolean) => {
            if (add === alive.has(slot)) return;
            if (add) order.add(slot);
            else order.remove(slot);
            if (add) alive.add(slot);
            else alive.delete(slot);
          };
          for (const slot of first) change(slot, true);
          const until = order.latest;
          const seen: number[] = [];
          let after = 0;
          for (const steps of [...between, [], [], ...first.map(() => [])]) {
            const page = [...order.after(after, until)].slice(0, 2);
            seen.push(...page.map(({ slot }) => slot));
            after = page.at(-1)?.birth ?? after;
            for (const { slot, add } of steps) {
              touched.add(slot);
              change(slot, add);
            }
          }
          expect(new Set(seen).size).toBe(seen.length);
          for (const slot of first) if (!touched.has(slot)) expect(seen).toContain(slot);
          for (const slot of seen) expect(first).toContain(slot);
        },
      ),
      { seed, numRuns: 1_000 },
    );
  });

  it('goes on from given slots as if each had been added', () => {
    const change = fc.record({ slot: fc.nat(40), add: fc.boolean() });
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40)), fc.array(change, { maxLength: 20 }), (first, changes) => {
        const [given, added] = [BirthOrder.of(Uint32Array.from(first)), new BirthOrder()];
        for (const slot of first) added.add(slot);
        expect(given.slots()).toEqual(Uint32Array.from(first));
        expect(given.latest).toBe(added.latest);
        const alive = new Set(first);
        for (const { slot, add } of changes) {
          if (add === alive.has(slot)) continue;
          for (const order of [given, added]) add ? order.add(slot) : order.remove(slot);
          add ? alive.add(slot) : alive.delete(slot);
        }
        expect([...given.after(0, given.latest)]).toEqual([...added.after(0, added.latest)]);
        expect(given.slots()).toEqual(added.slots());
      }),
      { seed, numRuns: 500 },
    );
  });

  it('forgets the dead: ten thousand replacements leave no more than what lives, doubled', () => {
    const order = new BirthOrder();
    for (let i = 0; i < 10_000; i++) {
      order.add(i % 100);
      if (i < 9_950) order.remove(i % 100);
    }
    expect([...order.after(0, order.latest)]).toHaveLength(50);
  });
});

it('withinSorted gives the numbers that satisfy all bounds', () => {
  const bound = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -6, max: 6 })),
      fc.record({ gt: bound, gte: bound, lt: bound, lte: bound }),
      (numbers, bounds) => {
        const sorted = numbers.sort((a, b) => a - b);
        const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = bounds;
        expect(withinSorted(sorted, JSON.parse(JSON.stringify(bounds)))).toEqual(
          sorted.filter((x) => x > gt && x >= gte && x < lt && x <= lte),
        );
      },
    ),
    { seed, numRuns: 1_000 },
  );
});

describe('a patch', () => {
  const patch = (set: object, unset: string[][] = [], mode: 'merge' | 'replace' = 'merge') => ({
    set: set as never,
    json: '',
    unset,
    mode,
  });

  it('sets top-level keys, then removes paths; the payload itself and what is not on the way stay as they are', () => {
    const payload = Object.freeze({ a: Object.freeze({ b: 1, c: Object.freeze([1]) }), d: 2 });
    expect(patched(payload, patch({ d: null, e: { f: 1 } }, [['a', 'b']]))).toEqual({
      a: { c: [1] },
      d: null,
      e: { f: 1 },
    });
    expect(payload).toEqual({ a: { b: 1, c: [1] }, d: 2 });
    expect(patched(payload, patch({ x: 1 }, [], 'replace'))).toEqual({ x: 1 });
    expect(
      patched(
        payload,
        patch({}, [
          ['a', 'zz'],
          ['q', 'r'],
          ['d', 'x'],
          ['a', 'c', '0'],
        ]),
      ),
    ).toEqual(payload);
  });

  it('takes __proto__ for a key like any other', () => {
    const payload = JSON.parse('{"__proto__":{"x":1,"y":2}}');
    expect(JSON.stringify(patched(payload, patch({}, [['__proto__', 'x']])))).toBe('{"__proto__":{"y":2}}');
    expect(JSON.stringify(patched({}, patch(payload)))).toBe('{"__proto__":{"x":1,"y":2}}');
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});
