import { VectorStoreError } from '../../errors.ts';

/** Where there is no slot, or no position. */
export const none = 0xffff_ffff;

/** Beyond what the ids of one partition can number. */
const mostSlots = 2 ** 28;

/**
 * Which slot the vector at each position of a native index belongs to, and the other way round. Positions are only ever appended:
 * a vector that is replaced or removed leaves a tombstone behind.
 */
export class Positions {
  /** By position: the slot, or `none` for a tombstone. */
  #slots = new Uint32Array(64);
  /** By slot: the position, or `none`. */
  #positions = new Uint32Array(64).fill(none);
  #length = 0;
  #live = 0;
  /** Every slot so far is its own position. */
  #isIdentity = true;

  /** A table without tombstones. The slots are distinct. */
  static of(slots: readonly number[]): Positions {
    const table = new Positions();
    for (const slot of slots) table.append(slot);
    return table;
  }

  /**
   * A table from what {@link Positions.toBytes} gave.
   *
   * @throws `Corruption` if it makes no sense.
   */
  static fromBytes(bytes: Uint8Array): Positions {
    if (bytes.byteLength % 4 !== 0)
      throw new VectorStoreError('Corruption', 'the table of positions has the wrong length');
    // A copy, so that it lies where a view of numbers may begin. Locals, since a private field is looked up each time.
    const found = new Uint32Array(new Uint8Array(bytes).buffer);
    const length = found.length;
    if (isOwnPosition(found)) return Positions.#identity(found);
    let last = 0;
    for (let position = 0; position < length; position++) {
      const slot = found[position]!;
      if (slot !== none && slot > last) last = slot;
    }
    if (last > mostSlots) throw new VectorStoreError('Corruption', 'the table of positions holds an impossible slot');
    const positions = new Uint32Array(Math.max(64, last + 1)).fill(none);
    let [live, isIdentity] = [0, true];
    for (let position = 0; position < length; position++) {
      const slot = found[position]!;
      if (slot !== position) isIdentity = false;
      if (slot === none) continue;
      if (positions[slot] !== none) throw new VectorStoreError('Corruption', 'two positions belong to one slot');
      positions[slot] = position;
      live += 1;
    }
    const table = new Positions();
    table.#slots = new Uint32Array(Math.max(64, length));
    table.#slots.set(found);
    table.#positions = positions;
    table.#length = length;
    table.#live = live;
    table.#isIdentity = isIdentity;
    return table;
  }

  /** A table in which every slot is its own position, which most are when they are opened: no room beside it is needed. */
  static #identity(slots: Uint32Array<ArrayBuffer>): Positions {
    const table = new Positions();
    if (slots.length === 0) return table;
    table.#slots = slots;
    table.#positions = slots.slice();
    table.#length = slots.length;
    table.#live = slots.length;
    return table;
  }

  /** Positions given out, tombstones included. */
  get length(): number {
    return this.#length;
  }

  /** Slots that have a position. */
  get live(): number {
    return this.#live;
  }

  get tombstones(): number {
    return this.#length - this.#live;
  }

  has(slot: number): boolean {
    return slot < this.#positions.length && this.#positions[slot] !== none;
  }

  /** The slot at a position, `none` at a tombstone or beyond the end. */
  slotAt(position: number): number {
    return position < this.#length ? this.#slots[position]! : none;
  }

  /** Whether every slot is its own position. */
  get isIdentity(): boolean {
    return this.#isIdentity;
  }

  /** The position of a slot, `none` where it has none. */
  positionOf(slot: number): number {
    return slot < this.#positions.length ? this.#positions[slot]! : none;
  }

  /** Gives a slot the next position; the one it had becomes a tombstone. */
  append(slot: number): void {
    this.remove(slot);
    this.#isIdentity &&= slot === this.#length;
    this.#slots = withRoom(this.#slots, this.#length, 0);
    this.#positions = withRoom(this.#positions, slot, none);
    this.#slots[this.#length] = slot;
    this.#positions[slot] = this.#length;
    this.#length += 1;
    this.#live += 1;
  }

  /** Leaves a tombstone; false if the slot has no position. */
  remove(slot: number): boolean {
    if (!this.has(slot)) return false;
    this.#isIdentity = false;
    this.#slots[this.#positions[slot]!] = none;
    this.#positions[slot] = none;
    this.#live -= 1;
    return true;
  }

  /** The slots that have a position, in order of position. */
  liveSlots(): number[] {
    const slots: number[] = [];
    for (let position = 0; position < this.#length; position++) {
      const slot = this.#slots[position]!;
      if (slot !== none) slots.push(slot);
    }
    return slots;
  }

  /** Visits the positions of living slots, in order. */
  forEachLive(visit: (position: number, slot: number) => void): void {
    for (let position = 0; position < this.#length; position++) {
      const slot = this.#slots[position]!;
      if (slot !== none) visit(position, slot);
    }
  }

  /** By position: the slot, or `none`, as u32 little-endian. */
  toBytes(): Uint8Array {
    const view = new DataView(new ArrayBuffer(4 * this.#length));
    for (let position = 0; position < this.#length; position++)
      view.setUint32(4 * position, this.#slots[position]!, true);
    return new Uint8Array(view.buffer);
  }

  get byteLength(): number {
    return this.#slots.byteLength + this.#positions.byteLength;
  }
}

function isOwnPosition(slots: Uint32Array): boolean {
  for (let position = 0; position < slots.length; position++) if (slots[position] !== position) return false;
  return true;
}

/** The array itself where it has an element `at`, else a longer copy. */
function withRoom(array: Uint32Array<ArrayBuffer>, at: number, fill: number): Uint32Array<ArrayBuffer> {
  if (at < array.length) return array;
  const grown = new Uint32Array(Math.max(at + 1, array.length * 2)).fill(fill, array.length);
  grown.set(array);
  return grown;
}
