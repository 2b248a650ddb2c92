import { norm } from '../../../score.ts';
import type { Metric } from '../../../types.ts';
import { type CodeGraphExports, instantiate } from '../../kernels/code-graph.ts';
import { Regions } from '../../kernels/regions.ts';
import type { GrowingIndex } from '../renewing-index.ts';
import type { VectorSource } from '../vector-index.ts';
import type { GraphSettings } from './settings.ts';

const firstCapacity = 1_024;
/** Capacities grow by half: a graph that grew has at most a third of its memory to spare. */
const growth = 1.5;
/** Where there is no node: no links of upper levels. */
const none = 0xffff_ffff;
/** Levels beside the lowest; a graph of 2³² nodes with two links has 32. */
const mostLevels = 32;

const savedRegions = ['upperStart', 'upper', 'links', 'rows'] as const;
type Region = 'scratch' | 'source' | 'mask' | 'visited' | 'upperStart' | 'upper' | 'links' | 'rows';

/**
 * An HNSW graph over 8-bit codes, in a memory of its own: the code of a vector's components is relative to the vector's own least and largest one.
 * It only grows, and answers with positions; a whole search is one call of WebAssembly.
 *
 * Distances are those of the codes: whoever asks ranks what is proposed by the original vectors.
 */
export class Graph implements GrowingIndex {
  /** The most that a search can be asked for. */
  static readonly mostFound = 8_192;
  /** How many {@link Graph.toSections} gives. */
  static readonly sections = 1 + savedRegions.length;
  readonly #settings: GraphSettings;
  readonly #vectors: VectorSource;
  readonly #regions: Regions<Region>;
  readonly #kernels: CodeGraphExports;
  readonly #random: () => number;
  #capacity = 0;
  #count = 0;
  #upperCapacity = 0;
  #upperLists = 0;
  #draws = 0;
  #hasExtremes = false;

  /** @param saved What {@link Graph.toSections} gave, verified. */
  constructor(
    module: WebAssembly.Module,
    settings: GraphSettings,
    vectors: VectorSource,
    saved?: readonly Uint8Array[],
  ) {
    const { m } = settings;
    const { dimension } = vectors;
    const rowBytes = Math.ceil((16 + Math.ceil(dimension / 16) * 16) / 64) * 64;
    this.#settings = settings;
    this.#vectors = vectors;
    this.#random = uniform(settings.seed);
    this.#regions = new Regions<Region>({
      scratch: () => scratchBytes,
      source: () => 4 * dimension,
      mask: (capacity) => Math.ceil(capacity / 32) * 4,
      visited: (capacity) => 2 * capacity,
      upperStart: (capacity) => 4 * capacity,
      upper: (_, lists) => 4 * m * lists,
      links: (capacity) => 8 * m * capacity,
      rows: (capacity) => rowBytes * capacity,
    });
    this.#kernels = instantiate(module, this.#regions.memory);
    const scratchBytes = this.#kernels.scratchBytes(dimension);
    if (saved === undefined) this.#grow(firstCapacity, firstCapacity);
    else this.#restore(saved);
  }

  append(slots: readonly number[]): void {
    for (const slot of slots) {
      const level = this.#draw();
      this.#makeRoom(level);
      const node = this.#count;
      const vector = this.#vectors.at(slot);
      const ordinary = isOrdinary(vector, this.#vectors.metric);
      this.#hasExtremes ||= !ordinary;
      // Codes of an extreme one would be of no use, and nobody asks for them.
      const source = this.#write(ordinary ? vector : new Float32Array(vector.length));
      this.#kernels.encode(source, node);
      this.#kernels.ask(source);
      new DataView(this.#buffer).setUint32(
        this.#regions.at('upperStart') + 4 * node,
        level === 0 ? none : this.#upperLists,
        true,
      );
      this.#upperLists += level;
      this.#kernels.insert(node, level, this.#settings.efConstruction);
      this.#count += 1;
    }
  }

  /**
   * Whether a search can be trusted to the codes: none of the vectors, nor the query, is of a length whose square f32 cannot hold with
   * its digits.
   */
  canAnswer(query: Float32Array): boolean {
    return !this.#hasExtremes && isOrdinary(query, this.#vectors.metric);
  }

  /**
   * Positions that are probably nearest, nearest first. At most `ef`.
   *
   * @param ef At most {@link Graph.mostFound}: the kernels check nothing.
   */
  search(query: Float32Array, ef: number): number[] {
    this.#kernels.ask(this.#write(query));
    return this.#found(this.#kernels.search(ef));
  }

  /**
   * The same among some of the positions.
   *
   * @param allowed Visits each of them once.
   * @param share Of all positions.
   */
  searchAmong(
    query: Float32Array,
    ef: number,
    allowed: (visit: (position: number) => void) => void,
    share: number,
  ): number[] {
    const mask = this.#regions.at('mask');
    const words = new Uint32Array(this.#buffer, mask, Math.ceil(this.#count / 32));
    words.fill(0);
    allowed((position) => {
      words[position >>> 5]! |= 1 << (position & 31);
    });
    this.#kernels.ask(this.#write(query));
    const passing = share * this.#count;
    const breadth = Math.min(Graph.mostFound, Math.ceil(ef / share));
    // Walking costs some `breadth` times as many comparisons as a node has new neighbours.
    const found =
      passing <= breadth * scanFactor
        ? this.#kernels.scanMasked(ef, mask)
        : this.#kernels.searchMasked(ef, mask, breadth);
    return this.#found(found);
  }

  /** State and regions as they lie in memory: for the next `Graph` with the same settings and vectors. */
  toSections(): Uint8Array[] {
    const { entry, topLevel } = this.#kernels;
    const state = Uint32Array.of(
      this.#count,
      this.#upperLists,
      entry.value,
      topLevel.value,
      this.#draws,
      Number(this.#hasExtremes),
    );
    return [new Uint8Array(state.buffer), ...savedRegions.map((region) => this.#region(region))];
  }

  #restore([state, ...regions]: readonly Uint8Array[]): void {
    const [count = 0, upperLists = 0, entry = none, topLevel = none, draws = 0, extremes = 0] = wordsOf(state!);
    this.#grow(Math.max(firstCapacity, count), Math.max(firstCapacity, upperLists));
    this.#count = count;
    this.#upperLists = upperLists;
    this.#hasExtremes = extremes === 1;
    for (const [i, region] of savedRegions.entries()) this.#region(region).set(regions[i]!);
    this.#kernels.restore(entry, topLevel, count);
    for (let i = 0; i < draws; i++) this.#draw();
  }

  /** What of a region is in use. */
  #region(name: (typeof savedRegions)[number]): Uint8Array {
    const bytes = this.#regions.sizeOf(name, this.#count, this.#upperLists);
    return new Uint8Array(this.#buffer, this.#regions.at(name), bytes);
  }

  get byteLength(): number {
    return this.#regions.byteLength;
  }

  dispose(): void {}

  get #buffer(): ArrayBuffer {
    return this.#regions.memory.buffer;
  }

  #found(pool: number): number[] {
    const size = new Uint32Array(this.#buffer, pool, 1)[0]!;
    const entries = new Uint32Array(this.#buffer, pool + poolHead, 2 * size);
    const positions = new Array<number>(size);
    // The low word of an entry: the position, and a bit of the search's own.
    for (let i = 0; i < size; i++) positions[i] = entries[2 * i]! >>> 1;
    return positions;
  }

  /** The level of the next node. */
  #draw(): number {
    this.#draws += 1;
    return Math.min(mostLevels, Math.floor(-Math.log(1 - this.#random()) / Math.log(this.#settings.m)));
  }

  /** Puts a vector where the kernels read it: of unit length under cosine. */
  #write(vector: Float32Array): number {
    const at = this.#regions.at('source');
    const target = new Float32Array(this.#buffer, at, vector.length);
    const length = this.#vectors.metric === 'cosine' ? norm(vector) : 1;
    if (length === 1 || length === 0) target.set(vector);
    else for (let i = 0; i < vector.length; i++) target[i] = vector[i]! / length;
    return at;
  }

  #makeRoom(level: number): void {
    const nodes = this.#count + 1;
    const lists = this.#upperLists + level;
    if (nodes <= this.#capacity && lists <= this.#upperCapacity) return;
    this.#grow(
      nodes <= this.#capacity ? this.#capacity : Math.max(nodes, Math.ceil(this.#capacity * growth)),
      lists <= this.#upperCapacity ? this.#upperCapacity : Math.max(lists, Math.ceil(this.#upperCapacity * growth)),
    );
  }

  #grow(capacity: number, upperCapacity: number): void {
    this.#regions.grow(capacity, upperCapacity);
    this.#capacity = capacity;
    this.#upperCapacity = upperCapacity;
    const { m } = this.#settings;
    const at = (region: Region) => this.#regions.at(region);
    const euclidean = Number(this.#vectors.metric === 'euclidean');
    this.#kernels.place(
      this.#vectors.dimension,
      euclidean,
      at('rows'),
      at('links'),
      2 * m,
      at('upperStart'),
      at('upper'),
      m,
      at('visited'),
      at('scratch'),
    );
  }
}

/** Lengths between which squares, and their differences, keep their digits in f32. Under cosine every vector is made one of length 1. */
const ordinaryLength = { least: 1e-15, most: 1e15 };

function isOrdinary(vector: Float32Array, metric: Metric): boolean {
  if (metric === 'cosine') return true;
  const length = norm(vector);
  return length === 0 || (length >= ordinaryLength.least && length <= ordinaryLength.most);
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}

/** Bytes of a pool before its entries. */
const poolHead = 16;
/** New neighbours that following one node leads to, about. */
const scanFactor = 8;

/** Numbers from 0 to 1, by mulberry32: the same graph for the same seed. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
