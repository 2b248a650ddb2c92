import { evaluate } from '../../filter/evaluate.ts';
import type { FilterLeaf, FilterNode } from '../../filter/normal-form.ts';
import { parsePath } from '../../filter/path.ts';
import type { FieldType, Payload } from '../../types.ts';
import { Bitset } from './bitset.ts';
import { FieldIndex } from './field-index.ts';

/** The payloads of a partition by slot, with indexes on the declared fields. Payloads are kept as given: never changed, never handed out. */
export class PayloadTable {
  readonly #payloads: (Payload | undefined)[] = [];
  readonly #fields = new Map<string, FieldIndex>();

  constructor(fields: { readonly [field: string]: FieldType }) {
    for (const [field, type] of Object.entries(fields))
      this.#fields.set(field, new FieldIndex(parsePath(field, 'fields'), type));
  }

  at(slot: number): Payload {
    return this.#payloads[slot]!;
  }

  /** Sets or replaces a payload. */
  set(slot: number, payload: Payload): void {
    this.remove(slot);
    this.#payloads[slot] = payload;
    for (const index of this.#fields.values()) index.add(slot, payload);
  }

  remove(slot: number): void {
    const payload = this.#payloads[slot];
    if (payload === undefined) return;
    for (const index of this.#fields.values()) index.remove(slot, payload);
    this.#payloads[slot] = undefined;
  }

  /**
   * The slots of `universe` whose payload matches: by field indexes where they can tell, else by evaluating the payloads that are still
   * in question. Exact.
   */
  resolve(filter: FilterNode, universe: Bitset): Bitset {
    switch (filter.kind) {
      case 'all':
        return universe.clone();
      case 'none':
        return new Bitset();
      case 'not':
        return universe.clone().subtract(this.resolve(filter.of, universe));
      case 'or':
        return this.#resolveOr(filter.of, universe);
      case 'and':
        // Indexed members first: what is left to evaluate is less.
        return [...filter.of]
          .sort((a, b) => this.#cost(a) - this.#cost(b))
          .reduce((left, member) => this.resolve(member, left), universe.clone());
      default:
        return this.#resolveLeaf(filter, universe);
    }
  }

  #resolveOr(members: readonly FilterNode[], universe: Bitset): Bitset {
    const found = new Bitset();
    for (const member of members) found.unite(this.resolve(member, universe.clone().subtract(found)));
    return found;
  }

  #resolveLeaf(leaf: FilterLeaf, universe: Bitset): Bitset {
    const known = this.#fields.get(leaf.field)?.lookup(leaf);
    const candidates = known === undefined ? universe : known.slots.intersect(universe);
    if (known?.exact) return candidates;
    const matching = new Bitset();
    candidates.forEach((slot) => {
      if (evaluate(leaf, this.#payloads[slot])) matching.add(slot);
    });
    return matching;
  }

  /** 0: answered by indexes alone; 1: needs payloads. */
  #cost(node: FilterNode): number {
    if (node.kind === 'and' || node.kind === 'or') return Math.max(...node.of.map((member) => this.#cost(member)));
    if (node.kind === 'not') return this.#cost(node.of);
    return node.kind === 'all' || node.kind === 'none' || this.#fields.has(node.field) ? 0 : 1;
  }
}
