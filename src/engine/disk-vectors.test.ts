import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printSeed, seed } from '../../test/support/seed.ts';
import { norm } from '../score.ts';
import type { Metric } from '../types.ts';
import { DiskVectors, type StoredVectors } from './disk-vectors.ts';
import { rowBytes } from './row-format.ts';
import { VectorTable } from './vector-table.ts';

printSeed('vectors on disk');

/** Rows as a file has them. */
function stored(dimension: number, metric: Metric, rows: ReadonlyMap<number, Float32Array>): StoredVectors {
  const bytesOfRow = rowBytes(dimension, metric);
  return {
    vector(slot, target) {
      target.set(rows.get(slot) ?? new Float32Array(dimension));
    },
    rows(first, target) {
      expect(target.byteLength % bytesOfRow).toBe(0);
      const view = new DataView(target.buffer, target.byteOffset);
      for (let at = 0, slot = first; at < target.byteLength; at += bytesOfRow, slot++) {
        const row = rows.get(slot) ?? new Float32Array(dimension);
        row.forEach((x, i) => {
          view.setFloat32(at + 4 * i, x, true);
        });
        if (metric === 'cosine') view.setFloat64(at + 4 * dimension, norm(row), true);
      }
    },
  };
}

test.each(['cosine', 'dot', 'euclidean'] as const)(
  '%s: to the bit what vectors in memory give, whatever is written after a snapshot',
  (metric) => {
    const dimension = 5;
    const component = fc.float({ min: -10, max: 10, noNaN: true });
    const vector = fc
      .tuple(component, component, component, component, component)
      .map((xs) => Float32Array.of(...xs, 1).subarray(0, 5));
    const writes = fc.array(fc.tuple(fc.nat(80), vector), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(writes, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(80)),
        vector,
        (rounds, asked, query) => {
          const memory = new VectorTable(dimension, metric);
          const disk = new DiskVectors(dimension, metric);
          const all = new Map<number, Float32Array>();
          for (const round of rounds) {
            for (const [slot, row] of round) {
              memory.set(slot, row);
              disk.set(slot, row);
              all.set(slot, row);
            }
            const slots = [...asked.filter((slot) => all.has(slot)), ...[...all.keys()].sort((a, b) => a - b)];
            const of = (table: VectorTable | DiskVectors) => {
              const seen: [number, number][] = [];
              table.distances(query, slots, (slot, distance) => seen.push([slot, distance]));
              return seen;
            };
            expect(of(disk)).toEqual(of(memory));
            for (const slot of slots) {
              expect(disk.at(slot)).toEqual(memory.at(slot));
              for (const table of [disk, memory]) {
                const copy = table.copyAt(slot);
                expect(copy).toEqual(memory.at(slot));
                expect(copy.buffer.byteLength).toBe(4 * dimension);
                copy.fill(7);
              }
              expect(disk.at(slot)).toEqual(memory.at(slot));
            }
            // A snapshot is made.
            disk.moveTo(stored(dimension, metric, new Map(all)));
            expect(of(disk)).toEqual(of(memory));
            expect(disk.byteLength).toBe(0);
          }
        },
      ),
      { seed, numRuns: 200 },
    );
  },
);
