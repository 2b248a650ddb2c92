import { atOnce, type Pieces } from '../time-slice.ts';
import type { Id } from '../types.ts';
import type { PartitionImage } from './partition-image.ts';
import type { SavedIds } from './storage/snapshot-ids.ts';

/** Ids entered between two looks at the clock. */
const enteredTogether = 1_024;

/**
 * Which record lives in which slot. Slots of removed records are given to new ones. Ids found in a file stay bytes until they are asked for:
 * searching soon after opening needs ten of them, and no other way round.
 */
export class RecordSlots {
  readonly #ids: (Id | undefined)[];
  readonly #free: number[];
  /** Of slots without a string in `#ids`, until somebody asks for the slot of an id. */
  #saved: SavedIds | undefined;
  readonly #slotById = new Map<Id, number>();
  /** Saved ones that are not in `#slotById` yet. */
  #unentered: Iterator<readonly [slot: number, id: Id]> | undefined;

  constructor(image?: Pick<PartitionImage, 'slots' | 'free' | 'ids'>) {
    this.#ids = new Array(image?.slots ?? 0);
    this.#free = Array.from(image?.free ?? []);
    this.#saved = image?.ids;
    this.#unentered = image?.ids.all();
  }

  /** One more than the highest slot there ever was. */
  get length(): number {
    return this.#ids.length;
  }

  /** How many are taken. */
  get size(): number {
    return this.#ids.length - this.#free.length;
  }

  /** Slots without a record, in the order in which they were freed. */
  get free(): readonly number[] {
    return this.#free;
  }

  /** Of a slot that is taken. */
  idAt(slot: number): Id {
    return this.#ids[slot] ?? this.#savedAt(slot);
  }

  /** The same for who passes by everything: what was in a file stays there alone. */
  passingIdAt(slot: number): Id {
    return this.#ids[slot] ?? this.#saved!.at(slot);
  }

  /** Whether the slot of an id is known at once. */
  get isReady(): boolean {
    return this.#unentered === undefined;
  }

  /** Does what the first question for the slot of an id would have to do. In between such questions may come, and do the rest. */
  *prepare(): Pieces<void> {
    for (let entered = 1; this.#unentered !== undefined; entered++) {
      const next = this.#unentered.next();
      if (next.done) {
        this.#unentered = undefined;
        this.#saved = undefined;
        return;
      }
      const [slot, id] = next.value;
      this.#ids[slot] = id;
      this.#slotById.set(id, slot);
      if (entered % enteredTogether === 0) yield;
    }
  }

  slotOf(id: Id): number | undefined {
    return this.#slots().get(id);
  }

  /** The slots that new and replaced records would get, in order; nothing changes yet. */
  allot(ids: readonly Id[]): number[] {
    const slots = this.#slots();
    let fromFree = this.#free.length;
    let beyond = this.#ids.length;
    return ids.map((id) => slots.get(id) ?? (fromFree > 0 ? this.#free[--fromFree]! : beyond++));
  }

  /** Gives a slot to a new record. */
  take(slot: number, id: Id): void {
    const slots = this.#slots();
    // While a log is replayed, slots come in any order: those passed over are free until they are named.
    for (let skipped = this.#ids.length; skipped < slot; skipped++) {
      this.#ids.push(undefined);
      this.#free.push(skipped);
    }
    if (slot === this.#ids.length) this.#ids.push(id);
    else this.#takeFree(slot);
    this.#ids[slot] = id;
    slots.set(id, slot);
  }

  /** Frees the slot of a record; undefined if there is none. */
  release(id: Id): number | undefined {
    const slots = this.#slots();
    const slot = slots.get(id);
    if (slot === undefined) return undefined;
    slots.delete(id);
    this.#ids[slot] = undefined;
    this.#free.push(slot);
    return slot;
  }

  #savedAt(slot: number): Id {
    const id = this.#saved!.at(slot);
    this.#ids[slot] = id;
    return id;
  }

  #slots(): Map<Id, number> {
    if (this.#unentered !== undefined) atOnce(this.prepare());
    return this.#slotById;
  }

  #takeFree(slot: number): void {
    // Allotted slots come off the end; only a replayed log takes others.
    if (this.#free.at(-1) === slot) this.#free.pop();
    else this.#free.splice(this.#free.lastIndexOf(slot), 1);
  }
}
