import { describe, expect, test } from 'vitest';
import { type GrowingIndex, RenewingIndex } from './renewing-index.ts';

/** A list: all that an index must be to be renewed. */
class List implements GrowingIndex {
  readonly slots: number[] = [];
  disposed = false;
  readonly byteLength = 1;
  failAfter = Number.POSITIVE_INFINITY;

  append(slots: readonly number[]): void {
    if (this.slots.length + slots.length > this.failAfter) throw new Error('no memory');
    this.slots.push(...slots);
  }

  dispose(): void {
    this.disposed = true;
  }
}

function renewing(options: { minimum?: number; eager?: number; failAfter?: number } = {}) {
  const { minimum = 1, eager = minimum, failAfter = Number.POSITIVE_INFINITY } = options;
  const made: List[] = [];
  const prepared: number[][] = [];
  const make = () => {
    const list = new List();
    list.failAfter = failAfter;
    made.push(list);
    return list;
  };
  const index = new RenewingIndex({ minimum, eager, prepare: (slots) => void prepared.push([...slots]), make });
  return { index, made, prepared };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const alive = (index: RenewingIndex<List>) => index.ready()!.positions.liveSlots();

describe('the first index', () => {
  test('is made at the first question after the minimum, from all that is there', () => {
    const { index, made, prepared } = renewing({ minimum: 10, eager: 100 });
    index.add(range(0, 9));
    expect(index.ready()).toBeUndefined();
    index.add(range(9, 50));
    expect(made).toHaveLength(0);
    expect(index.ready()!.index.slots).toEqual(range(0, 50));
    expect(prepared).toEqual([range(0, 50)]);
  });

  test('is made without a question where there are many', () => {
    const { index, made } = renewing({ minimum: 10, eager: 20 });
    index.add(range(0, 19));
    expect(made).toHaveLength(0);
    index.add([19]);
    expect(made).toHaveLength(1);
    expect(index.current!.positions.live).toBe(20);
  });

  test('is thrown away with the last vector; the next one is not prepared again', () => {
    const { index, made, prepared } = renewing({ minimum: 2 });
    index.add([1, 2, 3]);
    index.remove([1, 2, 3]);
    expect(made[0]!.disposed).toBe(true);
    expect([index.live, index.ready()]).toEqual([0, undefined]);
    index.add([4, 5]);
    expect(index.ready()!.index.slots).toEqual([4, 5]);
    expect(prepared).toHaveLength(1);
  });
});

describe('renewal', () => {
  test('no write moves more than two vectors for each of its own, and tombstones stay below three fifths', () => {
    const { index, made } = renewing();
    index.add(range(0, 1_000));
    let before = made.reduce((sum, list) => sum + list.slots.length, 0);
    for (let round = 0; round < 5_000; round++) {
      index.add([(round * 7) % 1_000]);
      const after = made.reduce((sum, list) => sum + list.slots.length, 0);
      // Itself, in two generations at most, and two that are moved.
      expect(after - before).toBeLessThanOrEqual(4);
      before = after;
      const { positions } = index.ready()!;
      expect(positions.live).toBe(1_000);
      expect(positions.tombstones).toBeLessThanOrEqual(1.5 * positions.live + 1);
    }
    expect(made.length).toBeGreaterThan(3);
    expect(made.filter((list) => !list.disposed).length).toBeLessThanOrEqual(2);
    expect(alive(index).sort((a, b) => a - b)).toEqual(range(0, 1_000));
  });

  test('what is removed or replaced while it goes on is neither lost nor found again', () => {
    const { index, made } = renewing();
    index.add(range(0, 2_000));
    index.remove(range(0, 1_001));
    expect(made[1]!.slots).toEqual(range(1_001, 1_257));
    // One that has moved and one that waits, each removed, replaced, and removed and put back; and one that is new.
    index.remove([1_010, 1_910]);
    index.add([1_020, 1_920, 0]);
    index.remove([1_030, 1_930]);
    index.add([1_030, 1_930]);
    for (let round = 0; !made[0]!.disposed; round++) index.add([1_500 + (round % 2)]);
    const expected = [0, ...range(1_001, 2_000).filter((slot) => slot !== 1_010 && slot !== 1_910)];
    expect(alive(index).sort((a, b) => a - b)).toEqual(expected);
    const times = (slot: number) => made[1]!.slots.filter((each) => each === slot).length;
    expect([1_910, 1_920, 1_930, 0, 1_020, 1_999].map(times)).toEqual([0, 1, 1, 1, 2, 1]);
    expect(made).toHaveLength(2);
  });

  test('removing is cheap, however much is removed', () => {
    const { index, made } = renewing();
    index.add(range(0, 10_000));
    index.remove(range(0, 6_000));
    expect(made[1]!.slots.length).toBeLessThanOrEqual(256);
  });
});

test('an index that fails is given up: writes go on, the next question says so once, and it is not tried again', () => {
  const { index, made } = renewing({ failAfter: 15 });
  index.add(range(0, 10));
  index.add(range(10, 20));
  expect(made[0]!.disposed).toBe(true);
  expect(index.current).toBeUndefined();
  expect(() => index.ready()).toThrow('no memory');
  expect(index.ready()).toBeUndefined();
  index.add([30]);
  index.remove([0]);
  expect(index.ready()).toBeUndefined();
  expect(made).toHaveLength(1);
});
