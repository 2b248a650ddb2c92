import { Mulberry32 } from '../../../random.ts';
import { norm } from '../../../score.ts';
import type { Metric } from '../../../types.ts';
import type { HnswModules } from '../../kernels/hnsw.ts';
import { corrupt } from '../package.ts';
import type { GrowingIndex } from '../renewing-index.ts';
import type { VectorSource } from '../vector-index.ts';
import { Crew } from './crew.ts';
import { GraphMemory, type rowKinds, type ThreadPlaces } from './graph-memory.ts';
import { Found, poolHead, type Slack } from './proposal.ts';
import type { GraphSettings } from './settings.ts';

/** The settings of a graph, and how many other threads may insert into it. */
export interface ThreadedSettings extends GraphSettings {
  readonly threads: number;
}

/** Where there is no node: no links of upper levels. */
const none = 0xffff_ffff;
/** Levels beside the lowest; a graph of 2³² nodes with two links has 32. */
const mostLevels = 32;
/** Nodes of a mask at which a walk through it begins, beside the nearest it can find. */
const seeds = 16;

/** What a graph is made with, beside its settings. */
export interface GraphTraining {
  readonly quantization: keyof typeof rowKinds;
  /** Subtracted from every vector. */
  readonly centre: Float32Array;
}

/**
 * An HNSW graph over quantised rows, in a memory of its own. It only grows, and answers with positions; a whole search is one call of
 * WebAssembly. Distances are those of the codes: whoever asks ranks what is proposed by the original vectors.
 */
export class Graph implements GrowingIndex {
  /** The most that a search can be asked for. */
  static readonly mostFound = 8_192;
  /** How many {@link Graph.toSections} gives. */
  static readonly sections = 6;
  readonly #settings: ThreadedSettings;
  readonly #vectors: VectorSource;
  readonly #modules: HnswModules;
  readonly #memory: GraphMemory;
  readonly quantization: keyof typeof rowKinds;
  #count = 0;
  #upperLists = 0;
  readonly #random: Mulberry32;
  #dead = 0;
  /** Nodes whose signs were taken: when they are needed for the first time. */
  #signed = 0;
  #hasExtremes = false;
  #isExact = true;

  constructor(modules: HnswModules, settings: ThreadedSettings, vectors: VectorSource, training: GraphTraining) {
    const { dimension, metric } = vectors;
    this.quantization = training.quantization;
    this.#settings = settings;
    this.#vectors = vectors;
    this.#random = new Mulberry32(settings.seed);
    // Of unit vectors, squared Euclidean distance is twice the cosine distance.
    const euclidean = metric !== 'dot';
    const shape = { quantization: training.quantization, dimension, euclidean, m: settings.m };
    this.#modules = modules;
    this.#memory = new GraphMemory(modules, shape, settings.threads);
    const { floats, words, centre, state } = this.#memory;
    floats.set(training.centre, centre / 4);
    words.fill(none, state / 4, state / 4 + 2);
  }

  get count(): number {
    return this.#count;
  }

  /** What is subtracted from every vector: a copy. */
  get centre(): Float32Array {
    const from = this.#memory.centre / 4;
    return this.#memory.floats.slice(from, from + this.#vectors.dimension);
  }

  append(slots: readonly number[]): void {
    const { kernels, source } = this.#memory;
    for (const slot of slots) {
      const level = this.#draw();
      const node = this.#begin(level, 1);
      this.#take(slot, source);
      this.#upperLists += this.#levelsOf(node, level, this.#upperLists);
      kernels.insert(source, node, level, this.#settings.efConstruction);
      this.#finish(1);
    }
  }

  /** Threads for {@link Graph.appendWith}; undefined where the graph has no memory to share, or there are none. There is a vector already. */
  gather(): Crew | undefined {
    const { threads } = this.#settings;
    if (threads === 0) return undefined;
    // Threads number their visits from 1: what others before them have left there would be taken for their own.
    for (let thread = 1; thread <= threads; thread++)
      this.#memory.bytes(this.#memory.table(`visited${thread}`), 2 * this.#count).fill(0);
    const places = Array.from({ length: threads }, (_, thread) => this.#memory.placesOf(thread + 1).configure);
    return Crew.start(this.#modules.shared, this.#memory.memory, places);
  }

  /** The most that {@link Graph.appendWith} takes. */
  get mostTogether(): number {
    return this.#memory.batch.most;
  }

  /** As `append`, by other threads. Searches may go on in the meantime, and may find positions that are not given out yet. */
  async appendWith(crew: Crew, slots: readonly number[]): Promise<void> {
    const { batch } = this.#memory;
    const levels = slots.map(() => this.#draw());
    const first = this.#begin(
      levels.reduce((sum, level) => sum + level, 0),
      slots.length,
    );
    let lists = this.#upperLists;
    for (const [i, slot] of slots.entries()) {
      this.#take(slot, batch.vectors + 4 * this.#vectors.dimension * i);
      this.#memory.words[batch.levels / 4 + i] = levels[i]!;
      lists += this.#levelsOf(first + i, levels[i]!, lists);
    }
    this.#upperLists = lists;
    // The counter by which threads claim what they insert.
    this.#memory.words[this.#memory.state / 4 + 3] = 0;
    const places = this.#threadPlaces();
    await crew.insert(places, [batch.vectors, batch.levels, first, slots.length, this.#settings.efConstruction]);
    this.#finish(slots.length);
  }

  /** Makes room; returns the first of the nodes to come. */
  #begin(lists: number, nodes: number): number {
    this.#memory.reserve(this.#count + nodes, this.#upperLists + lists);
    this.#memory.words[this.#memory.state / 4 + 2] = this.#count + nodes;
    return this.#count;
  }

  /** Says where a node's lists of upper levels are; returns how many it has. */
  #levelsOf(node: number, level: number, lists: number): number {
    this.#memory.words[this.#memory.table('upperStart') / 4 + node] = level === 0 ? none : lists;
    return level;
  }

  #finish(nodes: number): void {
    for (let node = this.#count; node < this.#count + nodes; node++)
      this.#memory.words[this.#liveWord(node)]! |= 1 << (node & 31);
    this.#count += nodes;
  }

  /** Puts the vector of a slot where the kernels read it. */
  #take(slot: number, to: number): void {
    const { kernels } = this.#memory;
    const vector = this.#vectors.at(slot);
    const ordinary = isOrdinary(vector, this.#vectors.metric);
    this.#hasExtremes ||= !ordinary;
    // Codes of an extreme one would be of no use, and nobody asks for them.
    this.#write(ordinary ? vector : new Float32Array(vector.length), to);
    if (!this.#isExact) return;
    kernels.takeIn(to);
    this.#isExact = ordinary && this.#vectors.metric !== 'cosine' && kernels.isExact() !== 0;
  }

  forget(position: number): void {
    this.#memory.words[this.#liveWord(position)]! &= ~(1 << (position & 31));
    this.#dead += 1;
  }

  #liveWord(position: number): number {
    return this.#memory.table('live') / 4 + (position >>> 5);
  }

  /**
   * Whether a search can be trusted to the codes: none of the vectors, nor the query, is of a length whose square f32 cannot hold with
   * its digits.
   */
  canAnswer(query: Float32Array): boolean {
    return !this.#hasExtremes && isOrdinary(query, this.#vectors.metric);
  }

  /** Whether its distances are those of the vectors, so that its order is right: whole numbers that the codes keep. */
  ranksExactly(query: Float32Array): boolean {
    return this.#isExact && this.quantization === 'sq8' && query.every(Number.isInteger);
  }

  /** Living positions that are probably nearest. At most `ef`, itself at most {@link Graph.mostFound}. */
  search(query: Float32Array, ef: number): Found {
    const { kernels } = this.#memory;
    kernels.ask(this.#write(query));
    if (this.#dead === 0) return this.#found(kernels.search(ef));
    return this.#found(kernels.searchMasked(ef, this.#memory.table('live'), this.#breadth(ef), 0));
  }

  /** How many queries {@link Graph.searchWith} takes at a time: so that there is room for two batches. 0: no memory is shared. */
  get mostAskedTogether(): number {
    return Math.floor(this.#memory.batch.most / 2);
  }

  /**
   * As `search`, by other threads. Nothing may be appended in the meantime.
   *
   * @param queries At most {@link Graph.mostAskedTogether}.
   * @param half 0 or 1: which half of the room for queries to use.
   */
  async searchWith(crew: Crew, queries: readonly Float32Array[], ef: number, half: number): Promise<Found[]> {
    const { batch, state } = this.#memory;
    const vectorBytes = 4 * this.#vectors.dimension;
    const vectors = batch.vectors + half * this.mostAskedTogether * vectorBytes;
    for (const [i, query] of queries.entries()) this.#write(query, vectors + i * vectorBytes);
    const claims = state + 12;
    this.#memory.words[claims / 4] = 0;
    const living = this.#dead === 0 ? undefined : { mask: this.#memory.table('live'), breadth: this.#breadth(ef) };
    const size = queries.length;
    const places = this.#threadPlaces();
    const found: Found[] = [];
    for (const words of await crew.search(places, { vectors, vectorBytes, size, claims, ef, living })) {
      for (let at = 0; at < words.length; ) {
        const one = new Found(words, at + 1);
        found[words[at]!] = one;
        at += 1 + poolHead + 2 * one.size;
      }
    }
    return found;
  }

  #threadPlaces(): ThreadPlaces['place'][] {
    return Array.from({ length: this.#settings.threads }, (_, i) => this.#memory.placesOf(i + 1).place);
  }

  /** What a walk keeps in mind so that `ef` of the living are found. */
  #breadth(ef: number): number {
    return Math.min(Graph.mostFound, Math.ceil(ef / (1 - this.#dead / this.#count)));
  }

  /**
   * Asks about some of the positions only, all living; the masked searches answer.
   *
   * @param mark Visits each of them once.
   */
  ask(query: Float32Array, mark: (visit: (position: number) => void) => void): void {
    const words = this.#mask();
    words.fill(0);
    mark((position) => {
      words[position >>> 5]! |= 1 << (position & 31);
    });
    this.#memory.kernels.ask(this.#write(query));
  }

  /** The same with a bit for each position. */
  askWithin(query: Float32Array, bits: Uint32Array): void {
    const words = this.#mask();
    words.set(bits.subarray(0, words.length));
    words.fill(0, bits.length);
    if (this.#count % 32 !== 0) words[this.#count >>> 5]! &= 2 ** (this.#count % 32) - 1;
    this.#memory.kernels.ask(this.#write(query));
  }

  #mask(): Uint32Array {
    const first = this.#memory.table('mask') / 4;
    return this.#memory.words.subarray(first, first + Math.ceil(this.#count / 32));
  }

  /**
   * By comparing with each of those asked about.
   *
   * @param wanted So many, and others that are hardly farther; at most `most` of them.
   */
  scan(wanted: number, most: number, { slack, isSquared }: Slack): Found {
    const mask = this.#memory.table('mask');
    return this.#found(this.#memory.kernels.scanMasked(wanted, most, mask, slack, Number(isSquared)));
  }

  /**
   * By comparing with those only whose signs are most like the query's: `band` of them at first. Finds nearly all that `scan` does, in less time where `band`
   * is a small part of those asked about.
   */
  scanSigned(wanted: number, most: number, { slack, isSquared }: Slack, band: number): Found {
    const { kernels } = this.#memory;
    kernels.takeSigns(this.#signed, this.#count);
    this.#signed = this.#count;
    const mask = this.#memory.table('mask');
    return this.#found(kernels.scanSigned(wanted, most, mask, slack, Number(isSquared), band));
  }

  /** Whether there are signs to scan by. */
  get hasSigns(): boolean {
    return this.#memory.signBytes > 0;
  }

  /**
   * By walking among all, keeping `breadth` in mind. Finds nothing where less than `leastShare` of what it meets is asked about: no walk leads
   * there.
   */
  walk(ef: number, breadth: number, leastShare: number): Found {
    const mask = this.#memory.table('mask');
    const { kernels } = this.#memory;
    return this.#found(kernels.searchMasked(ef, mask, Math.min(Graph.mostFound, breadth), leastShare));
  }

  /**
   * The share of those asked about among the few dozen that lie near the query: found by a short walk among all.
   *
   * @param breadth What the walk keeps in mind.
   */
  lookAround(breadth: number): number {
    return this.#memory.kernels.lookAround(this.#memory.table('mask'), breadth);
  }

  /**
   * By walking among those asked about, through others where it must, from where {@link Graph.lookAround} has just looked. Finds nothing where it would take
   * more than `most` comparisons.
   */
  walkThrough(ef: number, most: number): Found {
    const mask = this.#memory.table('mask');
    return this.#found(this.#memory.kernels.searchThrough(Math.min(Graph.mostFound, ef), mask, seeds, most));
  }

  /** Comparisons of a search since the last call. */
  takeEvaluations(): number {
    const { kernels } = this.#memory;
    const evaluations = kernels.evaluations.value;
    kernels.resetEvaluations();
    return evaluations;
  }

  /** State and parts of the memory as they lie there: for {@link Graph.fromSections} with the same settings and vectors. */
  toSections(): Uint8Array[] {
    const memory = this.#memory;
    const state = Uint32Array.of(
      this.#count,
      this.#upperLists,
      memory.words[memory.state / 4]!,
      memory.words[memory.state / 4 + 1]!,
      this.#random.state,
      this.#dead,
      Number(this.#hasExtremes) | (Number(this.#isExact) << 1),
    );
    return [new Uint8Array(state.buffer), ...this.#parts().map(([at, length]) => memory.bytes(at, length))];
  }

  /** @param sections What {@link Graph.toSections} gave, verified. */
  static fromSections(
    modules: HnswModules,
    settings: ThreadedSettings,
    vectors: VectorSource,
    quantization: keyof typeof rowKinds,
    [state, ...filled]: readonly Uint8Array[],
  ): Graph {
    const lengths = filled.map(({ byteLength }) => byteLength);
    const { graph, parts } = Graph.ofState(modules, settings, vectors, quantization, { state: state!, lengths });
    for (const [i, part] of parts.entries()) part.set(filled[i]!);
    return graph;
  }

  /**
   * A graph as it was when it gave its sections, but for the content of its parts: all sections but the first. It is to be filled in before anything else is
   * done.
   *
   * @param state The first section.
   * @param lengths Bytes of the parts.
   * @throws `Corruption` if they cannot belong to this state.
   */
  static ofState(
    modules: HnswModules,
    settings: ThreadedSettings,
    vectors: VectorSource,
    quantization: keyof typeof rowKinds,
    { state, lengths }: { readonly state: Uint8Array; readonly lengths: readonly number[] },
  ): { graph: Graph; parts: Uint8Array[] } {
    const centre = new Float32Array(vectors.dimension);
    const graph = new Graph(modules, settings, vectors, { quantization, centre });
    return { graph, parts: graph.#restore(state, lengths) };
  }

  #restore(state: Uint8Array, lengths: readonly number[]): Uint8Array[] {
    const words = new Uint32Array(Uint8Array.from(state).buffer);
    const [count = 0, upperLists = 0, entry = none, topLevel = none, randomState = 0, dead = 0, flags = 0] = words;
    const memory = this.#memory;
    this.#count = count;
    this.#upperLists = upperLists;
    // Before room is made: a damaged count must not ask for memory that no file has filled.
    if (this.#parts().some(([, length], i) => length !== lengths[i])) throw corrupt('its parts have other lengths');
    memory.reserve(count, upperLists);
    this.#dead = dead;
    this.#hasExtremes = (flags & 1) !== 0;
    this.#isExact = (flags & 2) !== 0;
    memory.words.set([entry, topLevel, count], memory.state / 4);
    this.#random.state = randomState;
    return this.#parts().map(([at, length]) => memory.bytes(at, length));
  }

  /** What of the memory is worth saving: address and bytes. */
  #parts(): [at: number, length: number][] {
    const memory = this.#memory;
    return [
      [memory.centre, 4 * this.#vectors.dimension],
      [memory.table('live'), 4 * Math.ceil(this.#count / 32)],
      [memory.table('upperStart'), 4 * this.#count],
      [memory.table('upper'), 4 * this.#settings.m * this.#upperLists],
      [memory.nodes, memory.blockBytes * this.#count],
    ];
  }

  get byteLength(): number {
    return this.#memory.bytesInUse(this.#count, this.#upperLists, this.#signed);
  }

  dispose(): void {}

  #found(pool: number): Found {
    return new Found(this.#memory.words, pool / 4);
  }

  /** The level of the next node. */
  #draw(): number {
    return Math.min(mostLevels, Math.floor(-Math.log(1 - this.#random.next()) / Math.log(this.#settings.m)));
  }

  /** Puts a vector where the kernels read it: of unit length under cosine. */
  #write(vector: Float32Array, to = this.#memory.source): number {
    const { floats } = this.#memory;
    const length = this.#vectors.metric === 'cosine' ? norm(vector) : 1;
    if (length === 1 || length === 0) floats.set(vector, to / 4);
    else for (let i = 0; i < vector.length; i++) floats[to / 4 + i] = vector[i]! / length;
    return to;
  }
}

/** Lengths between which squares, and their differences, keep their digits in f32. Under cosine every vector is made one of length 1. */
const ordinaryLength = { least: 1e-15, most: 1e15 };

function isOrdinary(vector: Float32Array, metric: Metric): boolean {
  if (metric === 'cosine') return true;
  const length = norm(vector);
  return length === 0 || (length >= ordinaryLength.least && length <= ordinaryLength.most);
}
