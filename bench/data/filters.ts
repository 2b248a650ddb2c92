import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shuffled, uniforms } from '../lib/random.ts';
import { aligned, bytesOf, rowOf, type VectorSet } from './vector-set.ts';

/** How what passes a filter lies to the query: anywhere, in its neighbourhood, or as far from it as can be. */
export type Correlation = 'random' | 'positive' | 'negative';

/** Which rows may be found. */
export interface FilterSpec {
  readonly correlation: Correlation;
  /** The share of all rows. */
  readonly share: number;
}

const groups = 10;
const sampled = 5_000;
const rounds = 8;

/**
 * Filters of any selectivity. Queries fall into ten groups by k-means; under `positive` what passes for a group is what is nearest to its
 * centre, under `negative` what is farthest from it, under `random` the same for all.
 */
export class Filters {
  readonly #set: VectorSet;
  /** Rows by distance to the centre, for each group. */
  readonly #ranked: Uint32Array;
  readonly #groupOf: Uint8Array;
  readonly #random: Uint32Array;

  constructor(set: VectorSet) {
    this.#set = set;
    this.#random = shuffled(set.count, 77);
    const [ranked, groupOf] = ['ranked.u32', 'groups.u8'].map((file) => join(set.directory, file));
    if (!existsSync(groupOf!)) {
      const made = rank(set);
      writeFileSync(ranked!, bytesOf(made.ranked));
      writeFileSync(groupOf!, made.groupOf);
    }
    this.#ranked = new Uint32Array(aligned(readFileSync(ranked!)));
    this.#groupOf = readFileSync(groupOf!);
  }

  /** How many different filters there are. */
  variants({ correlation }: FilterSpec): number {
    return correlation === 'random' ? 1 : groups;
  }

  /** The one that goes with a query. */
  variantOf(query: number, { correlation }: FilterSpec): number {
    return correlation === 'random' ? 0 : this.#groupOf[query]!;
  }

  /** The rows that pass, ascending. */
  passing({ correlation, share }: FilterSpec, variant: number): Uint32Array {
    const { count } = this.#set;
    const wanted = Math.round(share * count);
    if (correlation === 'random') return this.#random.slice(0, wanted).sort();
    const ranked = this.#ranked.subarray(variant * count, (variant + 1) * count);
    return (correlation === 'positive' ? ranked.slice(0, wanted) : ranked.slice(count - wanted)).sort();
  }
}

/** A name for each filter of each group, as an application would tag its records. */
export const tagOf = ({ correlation, share }: FilterSpec, variant: number) => `${correlation}-${variant}-${share}`;

/** The tags of every row. */
export function tagsOf(set: VectorSet, specs: readonly FilterSpec[]): string[][] {
  const filters = new Filters(set);
  const tags = Array.from({ length: set.count }, (): string[] => []);
  for (const spec of specs) {
    for (let variant = 0; variant < filters.variants(spec); variant++) {
      const tag = tagOf(spec, variant);
      for (const row of filters.passing(spec, variant)) tags[row]!.push(tag);
    }
  }
  return tags;
}

function rank(set: VectorSet): { ranked: Uint32Array; groupOf: Uint8Array } {
  const { base, asked, dimension, count, queries } = set;
  const centres = kMeans(set);
  const ranked = new Uint32Array(groups * count);
  for (const [group, centre] of centres.entries()) {
    const distances = Float64Array.from({ length: count }, (_, i) => squared(rowOf(base, dimension, i), centre));
    const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => distances[a]! - distances[b]!);
    ranked.set(order, group * count);
  }
  const groupOf = Uint8Array.from({ length: queries }, (_, i) => nearest(rowOf(asked, dimension, i), centres));
  return { ranked, groupOf };
}

/** Lloyd's, on a sample. */
function kMeans({ base, dimension, count }: VectorSet): Float64Array[] {
  const random = uniforms(5);
  const sample = Array.from({ length: Math.min(sampled, count) }, () =>
    rowOf(base, dimension, Math.floor(random() * count)),
  );
  let centres: Float64Array[] = sample.slice(0, groups).map((row) => Float64Array.from(row));
  for (let round = 0; round < rounds; round++) {
    const members = centres.map((): Float32Array[] => []);
    for (const row of sample) members[nearest(row, centres)]!.push(row);
    centres = members.map((rows, i) => (rows.length === 0 ? centres[i]! : mean(rows, dimension)));
  }
  return centres;
}

function mean(rows: readonly Float32Array[], dimension: number): Float64Array {
  const sum = new Float64Array(dimension);
  for (const row of rows) for (let j = 0; j < dimension; j++) sum[j]! += row[j]! / rows.length;
  return sum;
}

function nearest(row: Float32Array, centres: readonly Float64Array[]): number {
  const distances = centres.map((centre) => squared(row, centre));
  return distances.indexOf(Math.min(...distances));
}

function squared(a: Float32Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j]! - b[j]!) ** 2;
  return sum;
}
