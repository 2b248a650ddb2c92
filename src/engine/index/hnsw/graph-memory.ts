import { type HnswExports, type HnswModules, instantiateHnsw } from '../../kernels/hnsw.ts';

const lineBytes = 64;
const pageBytes = 65_536;
const mostPages = 65_536;
/** As long as the nodes take less, the tables beside them have room for as many nodes as that is, and not for more. */
const smallBytes = 2 ** 23;
/** A memory is asked for this much more at least, and for a sixteenth of what it has. */
const leastGrowth = 2 ** 18;
/** The kernels read up to so many bytes from where the last row, or its links, begin. */
const readBeyond = 128;
/** Words of u32 in the graph's state. */
const stateWords = 16;

/** How rows hold components, by the kernels' numbers. */
export const rowKinds = { none: 0, sq8: 1, sq4: 2 } as const;

/** What makes the layout of a graph's memory. */
export interface GraphShape {
  readonly quantization: keyof typeof rowKinds;
  readonly dimension: number;
  readonly euclidean: boolean;
  /** Links of a node on upper levels; twice as many on the lowest. */
  readonly m: number;
}

/** Bytes of vectors that are handed to other threads at a time, at most. */
const batchBytes = 2 ** 20;
/** And how many, at most. */
const mostTogether = 512;

/** Of which the kernels are told where they are, in this order. */
const placedTables = ['upperStart', 'upper', 'signs', 'counted', 'differing'] as const;
/** Tables with an entry for every node, below the nodes. */
type Table = 'visited' | `visited${number}` | 'live' | 'mask' | (typeof placedTables)[number];

/** What a thread must know to insert into a graph. */
export interface ThreadPlaces {
  readonly configure: Parameters<HnswExports['configure']>;
  readonly place: Parameters<HnswExports['place']>;
}

/**
 * The memory of one graph: fixed parts, then tables with room for a fixed number of nodes, then the nodes, which grow without moving. Only when a
 * small graph becomes a large one everything moves, once: tables for 4 GiB of nodes are mostly pages that nobody has touched.
 */
export class GraphMemory {
  readonly memory: WebAssembly.Memory;
  readonly kernels: HnswExports;
  /** Addresses. */
  readonly state = lineBytes;
  readonly centre: number;
  readonly source: number;
  /** A batch for other threads: vectors, then levels. */
  readonly batch: { readonly vectors: number; readonly levels: number; readonly most: number };
  readonly blockBytes: number;
  /** Bytes of a node's signs; 0 where there are none. */
  readonly signBytes: number;
  readonly #shape: GraphShape;
  readonly #threads: number;
  readonly #locks: number;
  /** One for each thread, this one's first. */
  readonly #scratch: readonly number[];
  readonly #tableNames: readonly Table[];
  readonly #firstTable: number;
  #tables: ReadonlyMap<Table, number>;
  #nodes: number;
  #most: number;
  /** Views: made anew when the memory grows. */
  words!: Uint32Array;
  floats!: Float32Array;

  /** @param threads Others than this one that may insert. More than 0: the memory is shared. */
  constructor(modules: HnswModules, shape: GraphShape, threads: number) {
    this.#shape = shape;
    this.#threads = threads;
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: threads > 0 });
    this.kernels = instantiateHnsw(threads > 0 ? modules.shared : modules.single, this.memory);
    const { dimension, m } = shape;
    this.blockBytes = this.kernels.blockBytesFor(dimension, rowKinds[shape.quantization], m);
    this.signBytes = this.kernels.signBytesFor(dimension, rowKinds[shape.quantization]);
    this.centre = aligned(this.state + 4 * stateWords);
    this.source = aligned(this.centre + 4 * dimension);
    this.#locks = aligned(this.source + 4 * dimension);
    const most = threads === 0 ? 0 : Math.max(1, Math.min(mostTogether, Math.floor(batchBytes / (4 * dimension))));
    const vectors = aligned(this.#locks + this.kernels.lockBytes());
    this.batch = { vectors, levels: vectors + 4 * dimension * most, most };
    const scratch = aligned(this.batch.levels + 4 * most);
    const each = aligned(this.kernels.scratchBytes(dimension));
    this.#scratch = Array.from({ length: threads + 1 }, (_, thread) => scratch + each * thread);
    this.#tableNames = [
      'visited',
      ...Array.from({ length: threads }, (_, thread) => `visited${thread + 1}` as const),
      'live',
      'mask',
      ...placedTables,
    ];
    this.#firstTable = scratch + each * (threads + 1);
    this.#most = Math.max(1_024, Math.floor(smallBytes / this.blockBytes));
    ({ tables: this.#tables, nodes: this.#nodes } = this.#layout(this.#most));
    this.#growTo(this.#nodes);
    this.kernels.configure(...this.placesOf(0).configure);
    this.kernels.place(...this.placesOf(0).place);
  }

  /** For the kernels of a thread; 0 is this one. Good until the next `reserve`. */
  placesOf(thread: number): ThreadPlaces {
    const { quantization, dimension, euclidean, m } = this.#shape;
    const kind = rowKinds[quantization];
    const visited = this.table(thread === 0 ? 'visited' : `visited${thread}`);
    return {
      configure: [kind, dimension, Number(euclidean), m, this.state, this.centre, this.#locks, this.#scratch[thread]!],
      place: [visited, ...placedTables.map((name) => this.table(name)), this.#nodes] as Parameters<
        HnswExports['place']
      >,
    };
  }

  /**
   * Makes room.
   *
   * @throws RangeError beyond 4 GiB.
   */
  reserve(nodes: number, upperLists: number): void {
    if (nodes > this.#most || upperLists > this.#mostLists(this.#most)) this.#becomeLarge(nodes);
    this.#growTo(this.#nodes + nodes * this.blockBytes + readBeyond);
  }

  table(name: Table): number {
    return this.#tables.get(name)!;
  }

  get nodes(): number {
    return this.#nodes;
  }

  /** Memory that so many nodes have touched, of `signed` of which the signs were taken. */
  bytesInUse(nodes: number, upperLists: number, signed: number): number {
    const inTables =
      nodes * (2 * (1 + this.#threads) + 1 / 4 + 4) + upperLists * 4 * this.#shape.m + signed * (this.signBytes + 6);
    return this.#firstTable + Math.ceil(inTables) + nodes * this.blockBytes;
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length);
  }

  /** Lists of upper levels that so many nodes have, and some to spare: levels are drawn. */
  #mostLists(nodes: number): number {
    return Math.ceil((1.25 * nodes) / (this.#shape.m - 1)) + 1_024;
  }

  #layout(most: number): { tables: Map<Table, number>; nodes: number } {
    const bits = 4 * Math.ceil(most / 32) + 4;
    const sizes: { readonly [table: string]: number } = {
      live: bits,
      mask: bits,
      upperStart: 4 * most,
      upper: 4 * this.#shape.m * this.#mostLists(most),
      signs: this.signBytes * most,
      counted: this.signBytes === 0 ? 0 : 4 * most,
      differing: this.signBytes === 0 ? 0 : 2 * most,
    };
    let at = this.#firstTable;
    const places = new Map<Table, number>();
    for (const name of this.#tableNames) {
      places.set(name, at);
      at = aligned(at + (sizes[name] ?? 2 * most));
    }
    return { tables: places, nodes: at };
  }

  #becomeLarge(nodes: number): void {
    const most = this.#mostInAll();
    if (nodes > most) throw new RangeError(`a graph of this shape has room for ${most} vectors`);
    const used = this.memory.buffer.byteLength - this.#nodes;
    const before = [...this.#tables.values(), this.#nodes, this.#nodes + used];
    ({ tables: this.#tables, nodes: this.#nodes } = this.#layout(most));
    this.#most = most;
    this.#growTo(this.#nodes + used);
    // A graph that is read from a file becomes large before there is anything in it.
    if (this.words[this.state / 4 + 2]! > 0) this.#move(before);
    this.kernels.place(...this.placesOf(0).place);
  }

  /** @param before Where the parts were, and where the last one ended. */
  #move(before: readonly number[]): void {
    const used = before.at(-1)! - before.at(-2)!;
    const after = [...this.#tables.values(), this.#nodes, this.#nodes + used];
    const all = new Uint8Array(this.memory.buffer);
    // From the last on: none moves down, so none is written over before it has moved.
    for (let i = before.length - 2; i >= 0; i--) {
      const length = before[i + 1]! - before[i]!;
      all.copyWithin(after[i]!, before[i]!, before[i]! + length);
      // What was there is of no use, and new parts must not begin with it.
      const stale = Math.min(after[i + 1]!, before.at(-1)!);
      if (stale > after[i]! + length) all.fill(0, after[i]! + length, stale);
    }
  }

  /** Nodes that there is room for in 4 GiB. */
  #mostInAll(): number {
    const { m } = this.#shape;
    const tables = 2 * (1 + this.#threads) + 1 / 4 + 4 + (5 * m) / (m - 1) + this.signBytes + 6;
    const perNode = this.blockBytes + tables;
    return Math.floor((mostPages * pageBytes - this.#firstTable - 4_096 * this.#shape.m - pageBytes) / perNode);
  }

  #growTo(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing > 0) {
      const wanted = Math.ceil(Math.max(missing, leastGrowth, this.memory.buffer.byteLength / 16) / pageBytes);
      this.memory.grow(Math.min(wanted, mostPages - this.memory.buffer.byteLength / pageBytes));
    }
    this.words = new Uint32Array(this.memory.buffer);
    this.floats = new Float32Array(this.memory.buffer);
  }
}

function aligned(at: number): number {
  return Math.ceil(at / lineBytes) * lineBytes;
}
