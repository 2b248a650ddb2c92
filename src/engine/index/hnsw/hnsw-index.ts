import { norm } from '../../../score.ts';
import type { TimeSlice } from '../../../time-slice.ts';
import type { IndexDrift, IndexSpec } from '../../../types.ts';
import type { HnswModules } from '../../kernels/hnsw.ts';
import type { SearchTrace } from '../../search-trace.ts';
import { joined, parts } from '../package.ts';
import { none } from '../positions.ts';
import { type Generation, RenewingIndex } from '../renewing-index.ts';
import type { IndexSearchOptions, Proposal, SlotSet, VectorIndex, VectorSource } from '../vector-index.ts';
import { auditGraph } from './audit.ts';
import { Drift } from './drift.ts';
import { searchFiltered } from './filtered-search.ts';
import { Graph, type ThreadedSettings } from './graph.ts';
import { type Found, noSlack, proposedOf, type Slack, slackFor, worthComparing } from './proposal.ts';
import type { Quantization } from './quantization.ts';
import { identityOf, type Restored, steps } from './saved.ts';
import { searchEf } from './settings.ts';
import { ThreadedSearches } from './threaded-searches.ts';
import { centreOf } from './training.ts';

/** Below this many vectors comparing with each is as fast. */
const minimumVectors = 256;
/** Vectors that wait for their place in the graph are all proposed: more than this many are better compared by the engine. */
const mostWaiting = 4_096;
/** Fewer are inserted sooner than threads are started. */
const manyWaiting = 2_048;
/** Insertions between two looks at the clock. */
const together = 4;
/** Looked for, for each one asked for, since codes rank near neighbours otherwise than the vectors do. */
const proposedPerWanted = 1.5;
/** And this many more. */
const proposedBeyond = 8;
/** From this dimension on 4-bit codes are enough to begin with. */
const nibblesFrom = 64;
/** Codes that keep fewer of the near neighbours give way to longer ones. */
const leastFidelity = 0.97;
/** Components that a batch compares, about, from which on threads pay: where they must be started, and where they wait for work. */
const worthThreads = { cold: 2e8, warm: 4e7 };
/** Before the first audit. */
const usualComparisons = 16;

type Step = (typeof steps)[number];

/** What an index is made with. */
export interface HnswSpec {
  readonly spec: IndexSpec;
  readonly settings: ThreadedSettings;
  readonly quantization: Quantization;
}

/** HNSW over quantised vectors. What is added waits until `settle` gives it its place in the graph, and is proposed by every search until then. */
export class HnswIndex implements VectorIndex {
  readonly spec: IndexSpec;
  readonly #settings: ThreadedSettings;
  readonly #mayChange: boolean;
  readonly #vectors: VectorSource;
  readonly #graphs: RenewingIndex<Graph>;
  readonly #waiting: Set<number>;
  readonly #threaded = new ThreadedSearches();
  #isBuilding = false;
  readonly #drifts = new WeakMap<Graph, Drift>();
  /** A graph whose codes are trained anew, until its successor takes over. */
  #retired: Graph | undefined;
  /** What the next graph is made with. */
  #quantization: Step;
  #nextAudit = minimumVectors;
  #comparisonsPerEf = usualComparisons;
  /** Of code distances, once it is known. */
  #error: number | undefined;

  constructor(
    modules: HnswModules,
    { spec, settings, quantization }: HnswSpec,
    vectors: VectorSource,
    restored?: Restored,
  ) {
    this.spec = spec;
    this.#settings = settings;
    this.#vectors = vectors;
    this.#mayChange = quantization === 'auto';
    this.#quantization = quantization !== 'auto' ? quantization : vectors.dimension >= nibblesFrom ? 'sq4' : 'sq8';
    const generation = restored && this.#restore(restored);
    this.#waiting = new Set(restored?.waiting);
    const make = () => {
      const slots = this.#graphs.current?.positions.liveSlots() ?? [...this.#waiting];
      const centre = centreOf(vectors, slots);
      const graph = new Graph(modules, settings, vectors, { quantization: this.#quantization, centre });
      if (this.#quantization !== 'none') this.#drifts.set(graph, new Drift(vectors, centre, slots));
      return graph;
    };
    this.#graphs = new RenewingIndex({ minimum: 1, eager: 1, prepare() {}, make }, generation);
  }

  #restore({ head, generation }: Restored): Generation<Graph> {
    const [step = 0, nextAudit = 0, comparisons = 0, error = Number.NaN, spread = Number.NaN] = head;
    this.#quantization = steps[step]!;
    this.#nextAudit = nextAudit;
    this.#comparisonsPerEf = comparisons;
    this.#error = Number.isNaN(error) ? undefined : error;
    const { index } = generation;
    if (!Number.isNaN(spread)) this.#drifts.set(index, new Drift(this.#vectors, index.centre, spread));
    return generation;
  }

  serialize(): Uint8Array | undefined {
    const pieces = this.serializeInParts();
    return pieces && joined(pieces);
  }

  serializeInParts(): Uint8Array[] | undefined {
    const generation = this.#graphs.current;
    if (generation === undefined || !this.#isTrusted(generation)) return undefined;
    const { index, positions } = generation;
    const head = Float64Array.of(
      steps.indexOf(this.#quantization),
      this.#nextAudit,
      this.#comparisonsPerEf,
      this.#error ?? Number.NaN,
      this.#drifts.get(index)?.spread ?? Number.NaN,
    );
    const waiting = Uint32Array.from(this.#waiting);
    const tables = [new Uint8Array(head.buffer), new Uint8Array(waiting.buffer), positions.toBytes()];
    return parts(identityOf(this.#settings, this.#vectors), [...tables, ...index.toSections()]);
  }

  add(slots: readonly number[]): void {
    this.#graphs.forget(slots);
    for (const slot of slots) this.#waiting.add(slot);
  }

  remove(slots: readonly number[]): void {
    this.#graphs.forget(slots);
    for (const slot of slots) this.#waiting.delete(slot);
  }

  settle(until: number): number {
    // Threads must not meet a graph that changes under them.
    if (this.#threaded.rest !== undefined) return Math.max(1, this.#waiting.size + this.#graphs.moving);
    do {
      if (!this.#work()) return 0;
    } while (performance.now() < until);
    return this.#waiting.size + this.#graphs.moving;
  }

  async settleWithThreads(slice: TimeSlice, onLeft?: (left: number) => void): Promise<void> {
    if (this.#waiting.size < manyWaiting) return;
    this.#isBuilding = true;
    try {
      await this.#threaded.rest;
      await this.#threaded.close();
      await this.#settleWithThreads(slice, onLeft);
    } finally {
      this.#isBuilding = false;
    }
  }

  async #settleWithThreads(slice: TimeSlice, onLeft?: (left: number) => void): Promise<void> {
    // The first few make the graph.
    while (this.#graphs.current === undefined && this.#work()) await slice.pause();
    const generation = this.#graphs.current;
    const crew = generation?.index.gather();
    if (generation === undefined || crew === undefined) return;
    const { index, positions } = generation;
    const goesOn = () =>
      this.#graphs.current === generation && this.#graphs.moving === 0 && this.#isTrusted(generation);
    try {
      while (this.#waiting.size > together && goesOn()) {
        const slots = [...first(this.#waiting, index.mostTogether)];
        try {
          await index.appendWith(crew, slots);
        } catch (error) {
          // A thread may have ended with a lock in its hand: nobody may insert here any more.
          this.#graphs.fail(error);
          return;
        }
        for (const slot of slots) {
          positions.append(slot);
          this.#waiting.delete(slot);
        }
        this.#observe(slots);
        this.#auditIfDue();
        onLeft?.(this.#waiting.size);
        await slice.pause();
      }
    } finally {
      await crew.close();
    }
  }

  /** A piece of what was put off; false where there is none. */
  #work(): boolean {
    const isDue = this.#graphs.current !== undefined || this.#waiting.size >= minimumVectors;
    if (this.#waiting.size > 0 && isDue) {
      const slots = [...first(this.#waiting, together)];
      this.#graphs.add(slots);
      for (const slot of slots) this.#waiting.delete(slot);
      this.#observe(slots);
      this.#auditIfDue();
      return true;
    }
    this.#graphs.renew(together);
    if (this.#retired !== undefined) this.#auditIfDue();
    return this.#graphs.moving > 0;
  }

  /** Has codes trained anew where what is added has become other than what they were trained on. Until then the graph goes on answering. */
  #observe(slots: readonly number[]): void {
    const graph = this.#graphs.current?.index;
    const drift = graph && this.#drifts.get(graph);
    if (drift === undefined) return;
    for (const slot of slots) drift.observe(slot);
    if (!drift.isDue || this.#graphs.moving > 0) return;
    this.#drifts.delete(graph!);
    this.#retired = graph;
    this.#graphs.retire();
  }

  #auditIfDue(): void {
    const generation = this.#graphs.current;
    if (generation !== undefined && this.#retired !== undefined && generation.index !== this.#retired) {
      // Another graph has taken over: what was measured on the one before says nothing of it.
      this.#retired = undefined;
      this.#nextAudit = generation.positions.live;
    }
    if (generation === undefined || generation.positions.live < this.#nextAudit) return;
    this.#nextAudit *= 2;
    const { fidelity, comparisonsPerEf, error } = auditGraph(generation.index, generation.positions, this.#vectors);
    this.#comparisonsPerEf = comparisonsPerEf;
    this.#error = error;
    const next = steps[steps.indexOf(this.#quantization) + 1];
    if (!this.#mayChange || fidelity >= leastFidelity || next === undefined || !this.#isTrusted(generation)) return;
    this.#quantization = next;
    this.#nextAudit = minimumVectors;
    this.#graphs.retire();
  }

  /** Not so one whose codes failed an audit, until the next generation takes over. */
  #isTrusted({ index }: Generation<Graph>): boolean {
    return index.quantization === this.#quantization;
  }

  search(
    query: Float32Array,
    k: number,
    { params, allowed, allowedCount, trace }: IndexSearchOptions,
  ): Proposal | undefined {
    const generation = this.#graphs.ready();
    if (generation === undefined || this.#waiting.size > mostWaiting || !this.#isTrusted(generation))
      return trace?.decline('the graph is not ready: there are too few vectors, too many wait, or it is made anew');
    const { index, positions } = generation;
    const ef = this.#efFor(k, params.ef);
    // Then comparing with every vector is the answer.
    if (ef > Graph.mostFound || !index.canAnswer(query))
      return trace?.decline('the graph has no answer: more is asked for than it finds, or lengths are beyond f32');
    if (trace !== undefined) this.#begin(trace, index, ef, k, params.ef);
    const passing = Math.min(allowedCount, positions.live);
    const slack = this.#slackOf(index, query);
    const found =
      allowed === undefined
        ? index.search(query, ef)
        : searchFiltered(
            generation,
            { query, k, ef, allowed, passing, slack, comparisonsPerEf: this.#comparisonsPerEf },
            trace,
          );
    if (trace !== undefined) trace.compared.index = index.takeEvaluations();
    if (found === undefined) return undefined;
    return this.#proposed(generation, found, k, slack, allowed);
  }

  /** As `search` without a filter, by threads. */
  async *searchTogether(
    queries: readonly Float32Array[],
    k: number,
    { params }: IndexSearchOptions,
  ): AsyncGenerator<Proposal, void, undefined> {
    const generation = this.#isBuilding ? undefined : this.#graphs.ready();
    if (generation === undefined || this.#waiting.size > mostWaiting || !this.#isTrusted(generation)) return;
    const { index } = generation;
    const ef = this.#efFor(k, params.ef);
    const work = queries.length * ef * this.#comparisonsPerEf * this.#vectors.dimension;
    const least = this.#threaded.areReady ? worthThreads.warm : worthThreads.cold;
    if (work < least || ef > Graph.mostFound || !queries.every((query) => index.canAnswer(query))) return;
    let answered = 0;
    for await (const found of this.#threaded.run(index, queries, ef)) {
      const query = queries[answered]!;
      answered += 1;
      yield this.#proposed(generation, found, k, this.#slackOf(index, query));
    }
  }

  rest(): Promise<unknown> | undefined {
    return this.#threaded.rest;
  }

  #efFor(k: number, asked: number | undefined): number {
    const least = this.#error === undefined ? Math.ceil(k * proposedPerWanted) + proposedBeyond : k;
    return Math.max(searchEf(asked, this.#settings.ef), least);
  }

  /** What to compare with the vectors themselves. */
  #proposed(
    { positions }: Generation<Graph>,
    found: Found,
    k: number,
    slack: Slack | undefined,
    allowed?: SlotSet,
  ): Proposal {
    const wanted = proposedOf(found, k, slack);
    const slots: number[] = [];
    for (let i = 0; i < wanted; i++) {
      const slot = positions.slotAt(found.position(i));
      // Another thread may be about to give it its place.
      if (slot !== none) slots.push(slot);
    }
    const inOrder = this.#waiting.size === 0 && slots.length === wanted;
    for (const slot of this.#waiting) if (allowed?.has(slot) ?? true) slots.push(slot);
    if (!this.#vectors.isCostly || !inOrder || wanted <= k || slack === undefined) return { slots };
    return { slots, worth: worthComparing(found, wanted, slack, this.#toCode) };
  }

  /** A distance on the scale of code distances, but for what codes are aside. */
  readonly #toCode = (distance: number): number =>
    this.#vectors.metric === 'euclidean' ? distance * distance : 2 * distance;

  /** Writes down what a search without a filter does. */
  #begin(trace: SearchTrace, index: Graph, ef: number, k: number, asked: number | undefined): void {
    const raised = searchEf(asked, this.#settings.ef) < ef;
    trace.params = { ef };
    trace.weigh('graph', ef * this.#comparisonsPerEf);
    trace.take('graph', `no filter: a walk that keeps ${ef} in mind${raised ? `, since ${k} are asked for` : ''}`);
    index.takeEvaluations();
  }

  #slackOf(index: Graph, query: Float32Array): Slack | undefined {
    if (index.ranksExactly(query)) return noSlack;
    if (this.#error === undefined) return undefined;
    return slackFor(this.#error, this.#vectors.metric === 'dot' ? norm(query) : undefined);
  }

  get byteLength(): number {
    return this.#graphs.byteLength;
  }

  get drift(): IndexDrift | undefined {
    const graph = this.#graphs.current?.index;
    return graph && this.#drifts.get(graph)?.figures;
  }

  dispose(): void {
    this.#waiting.clear();
    void this.#threaded.close();
    this.#graphs.dispose();
  }
}

/** The first few of a set. */
function* first(set: ReadonlySet<number>, count: number): Generator<number, void, undefined> {
  let left = count;
  for (const slot of set) {
    if (left-- === 0) return;
    yield slot;
  }
}
