/** Where there is no position. */
export const none = 0xffff_ffff;

/** Positions by slot. */
export class SlotTable {
  #positions = new Uint32Array(64).fill(none);
  #count = 0;

  /** A table from what {@link SlotTable.toBytes} gave. */
  static fromBytes(bytes: Uint8Array): SlotTable {
    const table = new SlotTable();
    table.#positions = new Uint32Array(new Uint8Array(bytes).buffer);
    table.#count = table.#positions.reduce((count, position) => count + Number(position !== none), 0);
    return table;
  }

  /** Slots that have a position. */
  get count(): number {
    return this.#count;
  }

  /** All slots are below this. */
  get capacity(): number {
    return this.#positions.length;
  }

  has(slot: number): boolean {
    return slot < this.#positions.length && this.#positions[slot] !== none;
  }

  at(slot: number): number {
    return slot < this.#positions.length ? this.#positions[slot]! : none;
  }

  set(slot: number, position: number): void {
    if (slot >= this.#positions.length) {
      const grown = new Uint32Array(Math.max(slot + 1, Math.ceil(this.#positions.length * 1.5))).fill(none);
      grown.set(this.#positions);
      this.#positions = grown;
    }
    if (this.#positions[slot] === none) this.#count += 1;
    this.#positions[slot] = position;
  }

  remove(slot: number): void {
    if (!this.has(slot)) return;
    this.#positions[slot] = none;
    this.#count -= 1;
  }

  /** Slots that have a position, ascending. */
  slots(): Uint32Array {
    const slots = new Uint32Array(this.#count);
    let length = 0;
    for (let slot = 0; slot < this.#positions.length; slot++)
      if (this.#positions[slot] !== none) slots[length++] = slot;
    return slots;
  }

  /** Positions by slot, as u32. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.#positions.slice().buffer);
  }

  get byteLength(): number {
    return this.#positions.byteLength;
  }
}
