import type { Id } from '../../types.ts';

/** The most that is remembered; of older ones a listing that goes on for long may give a record on both of its shards. */
const most = 100_000;

/** Which records changed their shard, so that a listing that began before gives none of them twice. */
export class MoveLog {
  readonly #last = new Map<string, number>();
  #count = 0;

  /** How many moves there were. */
  get count(): number {
    return this.#count;
  }

  add(namespace: string, ids: Iterable<Id>): void {
    for (const id of ids) {
      const key = keyOf(namespace, id);
      this.#last.delete(key);
      this.#last.set(key, ++this.#count);
    }
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= most) break;
      this.#last.delete(oldest);
    }
  }

  hasMovedSince(count: number, namespace: string, id: Id): boolean {
    if (count === this.#count) return false;
    return (this.#last.get(keyOf(namespace, id)) ?? 0) > count;
  }
}

/** Neither holds NUL. */
function keyOf(namespace: string, id: Id): string {
  return `${namespace}\0${id}`;
}
