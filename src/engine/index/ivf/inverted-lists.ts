import type { SearchTrace } from '../../search-trace.ts';
import type { SlotSet, VectorSource } from '../vector-index.ts';
import type { CentroidGraph } from './centroid-graph.ts';
import type { Frame } from './frame.ts';
import { ListsMemory } from './lists-memory.ts';
import { none, SlotTable } from './slot-table.ts';

/** Proposed, as a multiple of what is usual, where codes do not tell near from not so near. */
const manyMore = 16;

/** What lists that are loaded must know beside what lies in their memory. */
export interface ListsState {
  readonly blockCount: number;
  readonly freeBlock: number;
  readonly maskBlock: number;
  readonly maskSlots: number;
  readonly spread: number;
  readonly loss: number;
}

/** What a search of the lists is asked for. */
export interface ListsSearch {
  /** Matches asked for; more slots are proposed. */
  readonly k: number;
  /** Slots wanted. At most {@link ListsMemory.mostFound}. */
  readonly wanted: number;
  readonly nprobe: number;
  /** Vectors that must have been compared before a search may end. */
  readonly enough: number;
  readonly allowed: SlotSet | undefined;
}

/**
 * Inverted lists that are trained: vectors come and go, in place. A list is a chain of blocks in WebAssembly memory; a vector that goes is replaced by
 * the last one of its list.
 */
export class InvertedLists {
  readonly memory: ListsMemory;
  readonly frame: Frame;
  /** Over the centroids; without one they are compared with one by one. */
  readonly graph: CentroidGraph | undefined;
  readonly #vectors: VectorSource;
  readonly #table: SlotTable;
  /** Slots of vectors that are too long for f32: the lists hold something else in their place. */
  readonly #extremes = new Set<number>();
  /** Sum of the squares of the sizes of the lists. */
  #squares = 0;
  /** First block of the mask, and how many slots it has room for. */
  #mask = { block: 0, slots: 0 };
  /** Squared distance from the centroid, about: a mean in which what was added lately counts more. */
  #spread = 0;
  /** The same for the squared distance of vectors from what their codes stand for. */
  #loss = 0;
  /** Squared distances from the centroid, of what was added since it was last asked. */
  #errors = { sum: 0, count: 0 };

  /** @param saved Of lists that were loaded; `memory` is as it was then. */
  constructor(
    memory: ListsMemory,
    frame: Frame,
    vectors: VectorSource,
    graph?: CentroidGraph,
    saved?: { readonly state: ListsState; readonly table: SlotTable; readonly extremes: Iterable<number> },
  ) {
    this.memory = memory;
    this.frame = frame;
    this.graph = graph;
    this.#vectors = vectors;
    this.#table = saved?.table ?? new SlotTable();
    if (saved === undefined) return;
    const { blockCount, freeBlock, maskBlock, maskSlots, spread, loss } = saved.state;
    this.#spread = spread;
    this.#loss = loss;
    memory.kernels.restore(blockCount, freeBlock);
    this.#mask = { block: maskBlock, slots: maskSlots };
    this.#extremes = new Set(saved.extremes);
    for (const size of this.#sizes) this.#squares += size * size;
  }

  get count(): number {
    return this.#table.count;
  }

  get lists(): number {
    return this.memory.shape.lists;
  }

  has(slot: number): boolean {
    return this.#table.has(slot);
  }

  slots(): Uint32Array {
    return this.#table.slots();
  }

  get extremes(): ReadonlySet<number> {
    return this.#extremes;
  }

  /** 1 where all lists are of one length; as many times more comparisons a search needs. */
  get imbalance(): number {
    return this.count === 0 ? 1 : (this.#squares * this.lists) / this.count ** 2;
  }

  /** Mean squared distance from the centroid of what was added since the last call, and of how many. */
  takeErrors(): { sum: number; count: number } {
    const errors = this.#errors;
    this.#errors = { sum: 0, count: 0 };
    return errors;
  }

  get errors(): { readonly sum: number; readonly count: number } {
    return this.#errors;
  }

  /** Adds the vector of a slot, or replaces it. */
  add(slot: number): void {
    this.remove(slot);
    this.#reserveBlocks(1);
    const { kernels, layout } = this.memory;
    const source = this.memory.floats('source', layout.dimension);
    if (!this.frame.write(this.#vectors.at(slot), source)) this.#extremes.add(slot);
    const position = this.#insert(slot);
    this.#table.set(slot, position >>> 0);
    this.#squares += 2 * this.#sizes[kernels.insertedList.value]! - 1;
    const error = Math.max(0, kernels.insertedError.value);
    this.#errors.sum += error;
    this.#errors.count += 1;
    this.#spread += (error - this.#spread) / this.count;
    this.#loss += (kernels.insertedLoss.value - this.#loss) / this.count;
  }

  #insert(slot: number): number {
    const { kernels } = this.memory;
    kernels.ask();
    const [nearest] = this.#nearestLists(1) ?? [];
    return kernels.insertInto(nearest ?? kernels.chooseList(), slot);
  }

  /** By the graph, to what was asked; undefined where there is none, or where it does not know. */
  #nearestLists(wanted: number): number[] | undefined {
    if (this.graph?.isWhole !== true) return undefined;
    return this.graph.nearest(this.memory.floats('asked', this.memory.layout.dimension), wanted);
  }

  remove(slot: number): void {
    const position = this.#table.at(slot);
    if (position === none) return;
    const { kernels } = this.memory;
    const list = kernels.listOf(position);
    const moved = kernels.remove(position) >>> 0;
    this.#table.remove(slot);
    if (moved !== none) this.#table.set(moved, position);
    this.#squares -= 2 * this.#sizes[list]! + 1;
    this.#extremes.delete(slot);
  }

  /** Slots probably nearest, in no order; undefined where the lists have no answer to this query. */
  search(query: Float32Array, asked: ListsSearch): number[] | undefined {
    if (this.#extremes.size > 0) return undefined;
    const mask = asked.allowed === undefined ? 0 : this.#writeMask(asked.allowed);
    const { kernels, layout } = this.memory;
    if (!this.frame.writeQuery(query, this.memory.floats('source', layout.dimension))) return undefined;
    kernels.ask();
    if (mask === 0) return this.#slots(this.#searchAll(asked));
    const { k, nprobe, enough } = asked;
    const found = kernels.search(asked.wanted, nprobe, enough, mask, 0, 1, this.#spread);
    if (found < asked.wanted || this.#tellsApart(k, found)) return this.#slots(found);
    const more = Math.min(manyMore * asked.wanted, ListsMemory.mostFound);
    return this.#slots(kernels.search(more, kernels.visited.value, enough, mask, 0, 0, this.#spread));
  }

  /** Writes down what the last search did. */
  explain(trace: SearchTrace, found: boolean, filtered: boolean): void {
    const { visited, compared } = this.memory.kernels;
    if (!found) {
      trace.decline('the lists have no answer: lengths are beyond f32');
      return;
    }
    trace.compared.index = compared.value;
    const which = `the ${visited.value} lists nearest to the query`;
    if (filtered) trace.take('lists-filtered', `what passes the filter in ${which} is enough`);
    else trace.take('lists', `no filter: ${which}`);
  }

  /** Returns how many were found. */
  #searchAll({ wanted, nprobe, enough }: ListsSearch): number {
    const { kernels } = this.memory;
    // The largest inner product is not that with the nearest centroid.
    const near = this.frame.metric === 'dot' ? undefined : this.#nearestLists(nprobe);
    if (near !== undefined) {
      const order = this.memory.words('order', 2 * near.length);
      for (const [i, list] of near.entries()) order[2 * i] = list;
      const found = kernels.search(wanted, nprobe, enough, 0, near.length, 0, this.#spread);
      if (kernels.compared.value >= enough) return found;
    }
    return kernels.search(wanted, nprobe, enough, 0, 0, 0, this.#spread);
  }

  /**
   * Whether those found reach so far beyond the k-th that no one who belongs to the first k is likely to be missing. Where a filter leaves only what is
   * far away, very many are about as far, and codes do not tell them apart.
   */
  #tellsApart(k: number, found: number): boolean {
    if (this.#loss === 0) return true;
    const distances = this.#distances(found).sort();
    const usual = Math.sqrt(this.#loss / this.memory.layout.dimension);
    const margin = this.frame.metric === 'dot' ? 5 * usual : 24 * usual * Math.sqrt(Math.max(0, distances[k - 1]!));
    return distances[found - 1]! - distances[k - 1]! >= margin;
  }

  /** Of what was found. */
  #distances(found: number): Float32Array {
    const keys = this.memory.words('found', 2 * found);
    // The high word sorts as the distance does: see the kernels' heaps.
    const bits = Uint32Array.from({ length: found }, (_, i) => {
      const key = keys[2 * i + 1]!;
      return key >>> 31 === 1 ? key ^ 0x8000_0000 : ~key;
    });
    return new Float32Array(bits.buffer);
  }

  #slots(found: number): number[] {
    const entries = this.memory.words('found', 2 * found);
    const slots = new Array<number>(found);
    for (let i = 0; i < found; i++) slots[i] = entries[2 * i]!;
    return slots;
  }

  get state(): ListsState {
    const { blockCount, freeBlock } = this.memory.kernels;
    return {
      blockCount: blockCount.value,
      freeBlock: freeBlock.value,
      maskBlock: this.#mask.block,
      maskSlots: this.#mask.slots,
      spread: this.#spread,
      loss: this.#loss,
    };
  }

  /** What is kept of the memory, as it lies there. */
  get image(): Uint8Array {
    const { keptFrom, buffer, layout, kernels } = this.memory;
    const end = layout.blocks + kernels.blockCount.value * layout.blockBytes;
    return new Uint8Array(buffer, keptFrom, end - keptFrom);
  }

  tableBytes(): Uint8Array {
    return this.#table.toBytes();
  }

  get byteLength(): number {
    return this.memory.buffer.byteLength + this.#table.byteLength + (this.graph?.byteLength ?? 0);
  }

  get #sizes(): Uint32Array {
    return this.memory.words('sizes', this.lists);
  }

  #reserveBlocks(count: number): void {
    const { layout, kernels } = this.memory;
    this.memory.reserve(layout.blocks + (kernels.blockCount.value + count) * layout.blockBytes);
  }

  /** Bits by slot, in blocks of their own. Returns their address. */
  #writeMask(allowed: SlotSet): number {
    const { layout, kernels } = this.memory;
    const slots = this.#table.capacity;
    if (slots > this.#mask.slots) {
      const blocksFor = (room: number) => Math.ceil(room / 8 / layout.blockBytes);
      const room = Math.ceil(slots / 32) * 32;
      this.#reserveBlocks(blocksFor(room));
      kernels.release(this.#mask.block, blocksFor(this.#mask.slots));
      this.#mask = { block: kernels.reserve(blocksFor(room)), slots: room };
    }
    const at = layout.blocks + this.#mask.block * layout.blockBytes;
    const words = new Uint32Array(this.memory.buffer, at, this.#mask.slots / 32);
    words.fill(0);
    allowed.forEach((slot) => {
      if (slot < slots) words[slot >>> 5]! |= 1 << (slot & 31);
    });
    return at;
  }
}
