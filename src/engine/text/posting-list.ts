/** Some documents that hold a term, by ascending slot, each with how often. */
export interface PostingBlock {
  readonly slots: readonly number[];
  /** By position in `slots`. */
  readonly frequencies: readonly number[];
}

/** So small that entering or taking out one in the middle moves little, also for a term that every document holds. */
const blockSize = 512;

/** The documents that hold one term (at least one), in blocks by ascending slot. */
export class PostingList {
  readonly #blocks: { readonly slots: number[]; readonly frequencies: number[] }[];
  #length = 1;

  constructor(slot: number, frequency: number) {
    // Most terms occur in one document: an array that grew from nothing would hold space for more.
    this.#blocks = [{ slots: [slot], frequencies: [frequency] }];
  }

  /** How many documents hold the term. */
  get length(): number {
    return this.#length;
  }
  get blocks(): readonly PostingBlock[] {
    return this.#blocks;
  }

  /** Enters a slot that is not in the list. */
  add(slot: number, frequency: number): void {
    this.#length += 1;
    const last = this.#blocks[this.#blocks.length - 1]!;
    // Slots mostly come in ascending order: then all blocks but the last are full.
    if (last.slots[last.slots.length - 1]! < slot) {
      if (last.slots.length >= blockSize) {
        this.#blocks.push({ slots: [slot], frequencies: [frequency] });
      } else {
        last.slots.push(slot);
        last.frequencies.push(frequency);
      }
      return;
    }
    const at = this.#blockOf(slot);
    const { slots, frequencies } = this.#blocks[at]!;
    const position = positionOf(slots, slot);
    slots.splice(position, 0, slot);
    frequencies.splice(position, 0, frequency);
    if (slots.length <= blockSize) return;
    const half = blockSize >> 1;
    this.#blocks.splice(at + 1, 0, { slots: slots.splice(half), frequencies: frequencies.splice(half) });
  }

  /** How often the term stands in the document; 0 for one that is not in the list. */
  frequencyOf(slot: number): number {
    const { slots, frequencies } = this.#blocks[this.#blockOf(slot)]!;
    const position = positionOf(slots, slot);
    return slots[position] === slot ? frequencies[position]! : 0;
  }

  /** Takes out a slot that is in the list. */
  remove(slot: number): void {
    this.#length -= 1;
    const at = this.#blockOf(slot);
    const { slots, frequencies } = this.#blocks[at]!;
    const position = positionOf(slots, slot);
    slots.splice(position, 1);
    frequencies.splice(position, 1);
    if (slots.length === 0) this.#blocks.splice(at, 1);
  }

  /** The first block that ends at the slot or beyond it, else the last. */
  #blockOf(slot: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#blocks[middle]!.slots.at(-1)! < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Where a slot is, or would be. */
function positionOf(slots: readonly number[], slot: number): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (slots[middle]! < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
