import type { Id } from '../types.ts';
import type { IsLive, RowKey } from './row-store.ts';

/** Where the record of each id stands: all that is kept in memory of a file. */
export class IdIndex {
  readonly #namespaces = new Map<string, Map<Id, number>>();
  /** As {@link positions} gives them, until the next write. */
  readonly #sorted = new Map<string, Float64Array>();

  get size(): number {
    let sum = 0;
    for (const ids of this.#namespaces.values()) sum += ids.size;
    return sum;
  }

  /** Names of those with records. */
  get namespaces(): string[] {
    return [...this.#namespaces.keys()];
  }

  count(namespace: string): number {
    return this.#namespaces.get(namespace)?.size ?? 0;
  }

  positionOf(namespace: string, id: Id): number | undefined {
    return this.#namespaces.get(namespace)?.get(id);
  }

  /** Takes a row in the order of the file; returns the position that counts no more. */
  apply({ namespace, id, position, removed }: RowKey): number | undefined {
    const before = this.positionOf(namespace, id);
    if (removed) this.delete(namespace, id);
    else this.set(namespace, id, position);
    return before;
  }

  set(namespace: string, id: Id, position: number): void {
    let ids = this.#namespaces.get(namespace);
    if (ids === undefined) {
      ids = new Map();
      this.#namespaces.set(namespace, ids);
    }
    ids.set(id, position);
    this.#sorted.delete(namespace);
  }

  delete(namespace: string, id: Id): void {
    const ids = this.#namespaces.get(namespace);
    ids?.delete(id);
    this.#sorted.delete(namespace);
    if (ids?.size === 0) this.#namespaces.delete(namespace);
  }

  /** Ids of a namespace with their positions. */
  entries(namespace: string): [Id, number][] {
    return [...(this.#namespaces.get(namespace) ?? [])];
  }

  /** Where all records of a namespace stand, ascending. Not to be changed. */
  positions(namespace: string): Float64Array {
    let sorted = this.#sorted.get(namespace);
    if (sorted === undefined) {
      sorted = Float64Array.from(this.#namespaces.get(namespace)?.values() ?? []).sort();
      this.#sorted.set(namespace, sorted);
    }
    return sorted;
  }

  readonly isLive: IsLive = ({ namespace, id, position }) => this.positionOf(namespace, id) === position;
}
