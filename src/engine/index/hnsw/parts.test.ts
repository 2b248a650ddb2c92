import { expect, test } from 'vitest';
import { IndexedVectors } from '../../../../test/support/vector-index.ts';
import { vectorMaker } from '../../../../test/support/vectors.ts';
import { Bitset } from '../../payload/bitset.ts';
import { joined } from '../package.ts';
import { loadHnsw } from './provider.ts';

test.each([0, 1])(
  'while its parts are written, searches of every kind leave them as they are; threads: %i',
  async (threads) => {
    const make = vectorMaker(64);
    const indexed = IndexedVectors.create(await loadHnsw(), { type: 'hnsw', options: { threads } }, 64, 'cosine');
    indexed.fill(4_000, make);
    indexed.remove([5, 77]);
    const { index } = indexed;
    const parts = index.serializeInParts!()!;
    const before = joined(parts);
    const graph = index.byteLength;
    for (const share of [1, 2, 20, 200]) {
      const allowed = Bitset.of(
        Uint32Array.from({ length: 4_000 / share }, (_, i) => i * share).filter((slot) => slot !== 5 && slot !== 77),
      );
      const asked = { params: {}, allowed, allowedCount: allowed.count() };
      for (const ef of [10, 500])
        expect(index.search(make(), 10, { ...asked, params: { ef } })?.slots.length ?? 10).toBeGreaterThan(9);
      index.search(make(), 10, { params: { ef: 2_000 }, allowed: undefined, allowedCount: 3_998 });
    }
    expect(Buffer.compare(joined(parts), before)).toBe(0);
    expect(Buffer.compare(index.serialize()!, before)).toBe(0);
    // The one large part is the graph itself, and no copy of it.
    expect(parts.some((part) => part.byteLength > graph / 2 && part.buffer.byteLength > part.byteLength)).toBe(true);
    index.dispose();
  },
);
