import type { DriverHybrid } from '../../src/driver.ts';
import { parsePath, type Segments, valueAt } from '../../src/filter/path.ts';
import { termsOf } from '../../src/filter/tokenize.ts';
import type { CollectionInfo, Payload } from '../../src/types.ts';

/**
 * The sparse vector that texts are ranked by. Its name says how it is made: another way of making it must get another name.
 *
 * Dimension: a hash of field and term, see `dimensionsOf`. Value in a record: how much the term counts in the field's text, by the saturation of BM25 with
 * `k1` and `b` below, against texts of {@link usualLength} terms. The server multiplies with the rarity of the dimension (its `idf` modifier).
 */
export const textVectorName = '_av_text_1';

const k1 = 1.2;
const b = 0.75;
/** The average length is not known where a record is written: texts pay for what they have beyond this. */
const usualLength = 100;

/** A sparse vector: ascending dimensions, with a value each. */
export interface SparseVector {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

/** Whether there is nothing to be found by: then a point has no such vector. */
export function isEmpty({ indices }: SparseVector): boolean {
  return indices.length === 0;
}

/** A declared field of type `text`. */
interface TextField {
  readonly field: string;
  readonly path: Segments;
}

/** The text fields of a collection, and what its records are found by. */
export class TextVectors {
  readonly fields: readonly TextField[];
  /** By payload: first measured, then sent. */
  readonly #known = new WeakMap<Payload, SparseVector>();

  constructor({ fields }: Pick<CollectionInfo, 'fields'>) {
    const declared = Object.keys(fields).filter((field) => fields[field] === 'text');
    this.fields = declared.map((field) => ({ field, path: parsePath(field, 'fields') }));
  }

  /** Empty where the texts of a record hold no term. The payload must not change afterwards. */
  of(payload: Payload): SparseVector {
    const known = this.#known.get(payload) ?? textVectorOf(payload, this.fields);
    this.#known.set(payload, known);
    return known;
  }
}

function textVectorOf(payload: Payload, fields: readonly TextField[]): SparseVector {
  const values = new Map<number, number>();
  for (const { field, path } of fields) {
    const terms = termsOf(valueAt(payload, path));
    const base = k1 * (1 - b + (b * terms.length) / usualLength);
    const dimensionOf = dimensionsOf(field);
    for (const [term, frequency] of frequencies(terms))
      add(values, dimensionOf(term), (frequency * (k1 + 1)) / (frequency + base));
  }
  // More digits than an f32 holds would only be sent.
  return sorted(values, (value) => Math.round(value * 1e7) / 1e7);
}

/** What a query asks for: each term in each of its fields, by the field's weight. */
export function queryVectorOf({ fields, terms }: Pick<DriverHybrid, 'fields' | 'terms'>): SparseVector {
  const values = new Map<number, number>();
  for (const { field, weight } of fields) {
    const dimensionOf = dimensionsOf(field);
    for (const term of terms) add(values, dimensionOf(term), weight);
  }
  return sorted(values, (value) => value);
}

function add(values: Map<number, number>, dimension: number, value: number): void {
  values.set(dimension, (values.get(dimension) ?? 0) + value);
}

function sorted(values: ReadonlyMap<number, number>, rounded: (value: number) => number): SparseVector {
  const indices = Array.from(Uint32Array.from(values.keys()).sort());
  return { indices, values: indices.map((index) => rounded(values.get(index)!)) };
}

function frequencies(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

/**
 * 32 bits of a field's term: FNV-1a over the UTF-8 of both, with a NUL between, then mixed as in MurmurHash3. Two terms may share a dimension (of
 * 100,000 terms about one pair does): then a text counts a little too much, and what it would be found by wrongly is checked on the text itself.
 */
function dimensionsOf(field: string): (term: string) => number {
  const prefix = bytesInto(0x811c9dc5, `${field}\0`);
  return (term) => {
    let hash = bytesInto(prefix, term);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  };
}

const prime = 0x01000193;
const encoder = new TextEncoder();

function bytesInto(before: number, text: string): number {
  let hash = before;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return encoder.encode(text.slice(i)).reduce((sum, byte) => Math.imul(sum ^ byte, prime), hash);
    hash = Math.imul(hash ^ unit, prime);
  }
  return hash;
}
