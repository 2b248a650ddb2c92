import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nearness } from './exact.ts';
import { type FilterSpec, Filters } from './filters.ts';
import { aligned, bytesOf, type VectorSet } from './vector-set.ts';

/** Neighbours that are asked for, everywhere. */
export const k = 10;

/** Where the truth of a question is kept: how near the k-th nearest is to each query. */
function truthFile(set: VectorSet, filter: FilterSpec | undefined): string {
  const of = filter === undefined ? 'all' : `${filter.correlation}-${filter.share}`;
  return join(set.directory, `truth-${of}-k${k}.f64`);
}

/** Makes it where it is missing, by comparing with every row that passes. */
export function makeTruth(set: VectorSet, filters: readonly (FilterSpec | undefined)[]): void {
  const missing = filters.filter((filter) => !existsSync(truthFile(set, filter)));
  if (missing.length === 0) return;
  const nearness = new Nearness(set);
  const rows = new Filters(set);
  for (const filter of missing) writeFileSync(truthFile(set, filter), bytesOf(exact(set, nearness, rows, filter)));
}

function exact(set: VectorSet, nearness: Nearness, filters: Filters, filter: FilterSpec | undefined): Float64Array {
  const all = Array.from({ length: set.queries }, (_, i) => i);
  if (filter === undefined) return nearness.ofKth(all, k);
  const result = new Float64Array(set.queries);
  for (let variant = 0; variant < filters.variants(filter); variant++) {
    const own = all.filter((query) => filters.variantOf(query, filter) === variant);
    const found = nearness.ofKth(own, k, filters.passing(filter, variant));
    for (const [i, query] of own.entries()) result[query] = found[i]!;
  }
  return result;
}

export function readTruth(set: VectorSet, filter: FilterSpec | undefined): Float64Array {
  return new Float64Array(aligned(readFileSync(truthFile(set, filter))));
}

/** The last digits of f64 sums, taken in whatever order. */
const rounding = 1e-9;

/**
 * The share of the k nearest that was found. Whatever is as near as the k-th nearest counts, so that ties do not.
 *
 * @param kth How near the k-th nearest is; Infinity where fewer than k can be found.
 * @param wanted How many can be found: k, or fewer.
 * @param found Rows, without duplicates; those that must not be found are not to be among them.
 */
export function recallOf(
  nearness: Nearness,
  query: number,
  kth: number,
  found: readonly number[],
  wanted: number = k,
): number {
  const limit = kth + Math.abs(kth) * rounding + rounding;
  let hits = 0;
  for (const row of new Set(found)) if (nearness.of(query, row) <= limit) hits += 1;
  return Math.min(hits, wanted) / wanted;
}
