import { VectorStoreError } from '../../errors.ts';
import { evaluate } from '../../filter/evaluate.ts';
import type { FilterLeaf, FilterNode } from '../../filter/normal-form.ts';
import { parsePath } from '../../filter/path.ts';
import type { Pieces, TimeSlice } from '../../time-slice.ts';
import type { FieldType, Payload } from '../../types.ts';
import { cloneJson } from '../../validate/payload.ts';
import { Bm25 } from '../text/bm25.ts';
import { Bitset } from './bitset.ts';
import { FieldIndex } from './field-index.ts';

/** Slots indexed between two looks at the clock: texts may be long. */
const chunkSize = 16;
/** Payloads evaluated between two. */
const evaluatedTogether = 64;

/** Where the payloads of a snapshot are read, as JSON text. */
export interface StoredPayloads {
  payload(slot: number): string;
}

/**
 * The payloads of a partition by slot, with indexes on the declared fields. Payloads are kept as given: never changed, never handed out.
 * Those of a snapshot are read and parsed when they are asked for; an index is made when a filter or a ranking asks for its field first.
 */
export class PayloadTable {
  readonly #payloads: (Payload | undefined)[] = [];
  /** How many slots have one. */
  #size: number;
  /** Slots whose payload has not been read yet. */
  readonly #unread: Bitset;
  #stored: StoredPayloads | undefined;
  readonly #fields = new Map<
    string,
    { readonly index: FieldIndex /** The slots below are in it. */; indexed: number }
  >();
  readonly #bm25 = new Bm25();

  /** @param stored With the slots that it has. */
  constructor(
    fields: { readonly [field: string]: FieldType },
    stored?: { readonly from: StoredPayloads; readonly slots: Bitset; readonly length: number },
  ) {
    for (const [field, type] of Object.entries(fields))
      this.#fields.set(field, { index: new FieldIndex(parsePath(field, 'fields'), type), indexed: 0 });
    this.#stored = stored?.from;
    this.#unread = stored?.slots.clone() ?? new Bitset();
    this.#size = this.#unread.count();
    if (stored !== undefined) this.#payloads = new Array(stored.length);
  }

  at(slot: number): Payload {
    const known = this.#payloads[slot];
    if (known !== undefined) return known;
    const payload = parse(this.#stored!.payload(slot));
    this.#payloads[slot] = payload;
    this.#unread.delete(slot);
    return payload;
  }

  /** A copy. One that has not been read yet is read for this alone. */
  copyAt(slot: number): Payload {
    return this.#unread.has(slot) ? parse(this.#stored!.payload(slot)) : cloneJson(this.at(slot));
  }

  /** As JSON text. */
  textAt(slot: number): string {
    return this.#unread.has(slot) ? this.#stored!.payload(slot) : JSON.stringify(this.at(slot));
  }

  /** All payloads are found there from now on, as they are: none has to be kept. */
  moveTo(stored: StoredPayloads): void {
    this.#stored = stored;
    for (let slot = 0; slot < this.#payloads.length; slot++) {
      if (this.#payloads[slot] === undefined) continue;
      this.#payloads[slot] = undefined;
      this.#unread.add(slot);
    }
  }

  /** Sets or replaces a payload. */
  set(slot: number, payload: Payload): void {
    this.remove(slot);
    this.#payloads[slot] = payload;
    this.#size += 1;
    for (const { index, indexed } of this.#fields.values()) if (slot < indexed) index.add(slot, payload);
  }

  remove(slot: number): void {
    if (!this.#has(slot)) return;
    for (const { index, indexed } of this.#fields.values()) if (slot < indexed) index.remove(slot, this.at(slot));
    this.#payloads[slot] = undefined;
    this.#unread.delete(slot);
    this.#size -= 1;
  }

  /** Does for some fields what the next `resolve` or `rankByText` would have to do first, in slices. */
  async prepare(fields: Iterable<string>, slice: Pick<TimeSlice, 'pause'>): Promise<void> {
    for (const name of fields) {
      const field = this.#fields.get(name);
      while (field !== undefined && field.indexed < this.#payloads.length) {
        this.#indexUpTo(field, field.indexed + chunkSize);
        await slice.pause();
      }
    }
  }

  /**
   * The slots of `universe` whose payload matches: by field indexes where they can tell, else by evaluating the payloads that are still
   * in question. Exact. Nothing must change between the pieces. What is returned is valid until the next write, and not to be changed: it may be what an
   * index keeps.
   *
   * @param universe Of slots that have a payload.
   */
  *resolve(filter: FilterNode, universe: Bitset): Pieces<Bitset> {
    switch (filter.kind) {
      case 'all':
        return universe;
      case 'none':
        return new Bitset();
      case 'not':
        return universe.clone().subtract(yield* this.resolve(filter.of, universe));
      case 'or':
        return yield* this.#resolveOr(filter.of, universe);
      case 'and': {
        let left = universe;
        // Indexed members first: what is left to evaluate is less.
        const members = [...filter.of].sort((a, b) => this.#cost(a) - this.#cost(b));
        for (const member of members) left = yield* this.resolve(member, left);
        return left;
      }
      default:
        return yield* this.#resolveLeaf(filter, universe);
    }
  }

  /**
   * Visits the best `k` of the allowed slots whose text holds a term, and perhaps others of them, each with its score by {@link Bm25}. Nothing must
   * change between the pieces.
   *
   * @param fields Of type `text`, with their weights.
   */
  *rankByText(
    fields: readonly { readonly field: string; readonly weight: number }[],
    terms: readonly string[],
    among: { readonly k: number; readonly allowed: Bitset },
    visit: (slot: number, score: number) => void,
  ): Pieces<void> {
    const ranked = fields.map(({ field, weight }) => ({ index: this.#indexOn(field)!.text!, weight }));
    yield* this.#bm25.rank(ranked, terms, among, visit);
  }

  *#resolveOr(members: readonly FilterNode[], universe: Bitset): Pieces<Bitset> {
    const found = new Bitset();
    for (const member of members) found.unite(yield* this.resolve(member, universe.clone().subtract(found)));
    return found;
  }

  *#resolveLeaf(leaf: FilterLeaf, universe: Bitset): Pieces<Bitset> {
    const known = this.#indexOn(leaf.field)?.lookup(leaf);
    const candidates = known === undefined ? universe : this.#within(universe, known.slots);
    if (known?.exact) return candidates;
    const matching = new Bitset();
    let evaluated = 0;
    for (const slot of candidates) {
      if (evaluate(leaf, this.at(slot))) matching.add(slot);
      evaluated += 1;
      if (evaluated % evaluatedTogether === 0) yield;
    }
    return matching;
  }

  /** What of the slots of an index is in the universe. */
  #within(universe: Bitset, slots: Bitset): Bitset {
    return universe.count() === this.#size ? slots : slots.intersection(universe);
  }

  #indexOn(field: string): FieldIndex | undefined {
    const known = this.#fields.get(field);
    if (known !== undefined) this.#indexUpTo(known, this.#payloads.length);
    return known?.index;
  }

  #indexUpTo(field: { readonly index: FieldIndex; indexed: number }, end: number): void {
    for (const last = Math.min(end, this.#payloads.length); field.indexed < last; field.indexed++)
      if (this.#has(field.indexed)) field.index.add(field.indexed, this.at(field.indexed));
    // Then every later slot is entered when it is written.
    if (field.indexed === this.#payloads.length) field.indexed = Number.POSITIVE_INFINITY;
  }

  #has(slot: number): boolean {
    return this.#payloads[slot] !== undefined || this.#unread.has(slot);
  }

  /** 0: answered by indexes alone; 1: needs payloads. */
  #cost(node: FilterNode): number {
    if (node.kind === 'and' || node.kind === 'or') return Math.max(...node.of.map((member) => this.#cost(member)));
    if (node.kind === 'not') return this.#cost(node.of);
    return node.kind === 'all' || node.kind === 'none' || this.#fields.has(node.field) ? 0 : 1;
  }
}

/** A payload that the library wrote itself, and whose bytes have been verified. */
function parse(text: string): Payload {
  try {
    return JSON.parse(text) as Payload;
  } catch (cause) {
    throw new VectorStoreError('Corruption', 'a stored payload is not JSON', { cause });
  }
}
