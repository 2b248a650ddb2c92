import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printSeed, seed } from '../../../test/support/seed.ts';
import { none, Positions } from './positions.ts';

printSeed('positions');
const writes = fc.array(fc.record({ remove: fc.boolean(), slot: fc.nat(200) }), { size: '+1' });

/** The same as a list of slots by position, the plainest way. */
function replay(steps: readonly { remove: boolean; slot: number }[]): { table: Positions; model: number[] } {
  const table = new Positions();
  const model: number[] = [];
  for (const { remove, slot } of steps) {
    const at = model.indexOf(slot);
    if (at >= 0) model[at] = none;
    if (remove) expect(table.remove(slot)).toBe(at >= 0);
    else {
      table.append(slot);
      model.push(slot);
    }
  }
  return { table, model };
}

test('it is the list of slots by position, with tombstones for what was replaced or removed', () => {
  fc.assert(
    fc.property(writes, (steps) => {
      const { table, model } = replay(steps);
      const live = model.filter((slot) => slot !== none);
      expect(table.liveSlots()).toEqual(live);
      expect([table.length, table.live, table.tombstones]).toEqual([
        model.length,
        live.length,
        model.length - live.length,
      ]);
      expect(model.map((_, position) => table.slotAt(position))).toEqual(model);
      expect(table.slotAt(model.length)).toBe(none);
      for (let slot = 0; slot <= 201; slot++) expect(table.has(slot)).toBe(live.includes(slot));
    }),
    { seed },
  );
});

test('from its bytes comes the same table, which can go on', () => {
  fc.assert(
    fc.property(writes, writes, (steps, more) => {
      const { table } = replay(steps);
      const copy = Positions.fromBytes(table.toBytes());
      for (const each of [table, copy]) for (const { slot } of more) each.append(slot);
      expect(copy.toBytes()).toEqual(table.toBytes());
      expect(copy.liveSlots()).toEqual(table.liveSlots());
    }),
    { seed },
  );
});

test('so it does where every slot is its own position', () => {
  fc.assert(
    fc.property(fc.nat(200), writes, (length, more) => {
      const table = Positions.of(Array.from({ length }, (_, slot) => slot));
      const copy = Positions.fromBytes(table.toBytes());
      expect([copy.length, copy.live, copy.isIdentity]).toEqual([length, length, true]);
      for (const each of [table, copy])
        for (const { remove, slot } of more) remove ? each.remove(slot) : each.append(slot);
      expect(copy.toBytes()).toEqual(table.toBytes());
      expect(copy.isIdentity).toBe(table.isIdentity);
      for (let slot = 0; slot <= 201; slot++) expect(copy.positionOf(slot)).toBe(table.positionOf(slot));
    }),
    { seed },
  );
});

test.each([
  ['a slot twice', Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0)],
  ['half a slot', Uint8Array.of(1, 0)],
])('bytes with %s are refused', (_, bytes) => {
  expect(() => Positions.fromBytes(bytes)).toThrow(expect.objectContaining({ code: 'Corruption' }));
});
