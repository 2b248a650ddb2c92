import { corrupt, open, type PackageIdentity, seal } from '../../src/engine/index/package.ts';
import { none, Positions } from '../../src/engine/index/positions.ts';
import { type Generation, RenewingIndex } from '../../src/engine/index/renewing-index.ts';
import type {
  IndexSearchOptions,
  Proposal,
  ResolvedIndex,
  SlotSet,
  VectorIndex,
  VectorIndexProvider,
  VectorSource,
} from '../../src/engine/index/vector-index.ts';
import type { SearchTrace } from '../../src/engine/search-trace.ts';
import { invalid } from '../../src/errors.ts';
import type { IndexSpec, SearchParams } from '../../src/types.ts';
import type { FaissModule } from './client.ts';
import { GrownIndex, trainTemplate } from './grown-index.ts';
import { memorySource, readHeader } from './serialized.ts';
import { type FaissPlan, planIndex, types } from './settings.ts';
import { samplePoints, trainingThreshold } from './training.ts';

/** Below this many vectors comparing with each is as fast. */
const minimumVectors = 256;
/** Up to this many the engine compares with each: no slower than asking for ever more. */
const fewAllowed = 1_000;
/** Proposed beyond what is asked for, for neighbours that f32 ranks otherwise than f64. */
const rankingMargin = 8;
/** Passing on a candidate costs about as much as comparing with a vector: beyond this many the engine had better compare. */
const mostCandidates = 4_096;
/** A graph needs as much effort as candidates: beyond this many, unless more is asked for, the engine had better compare. */
const mostGraphCandidates = 1_024;

/** Indexes of faiss. The addon is loaded already: see `loadFaiss`. */
export function faissProvider(addon: FaissModule): VectorIndexProvider {
  return {
    types,
    resolve(asked, dimension, metric) {
      const { spec, ignoredHints } = planIndex(asked, dimension, metric);
      return { spec, ignoredHints };
    },
    create: (resolved, vectors) => new FaissIndex(addon, resolved, vectors),
    load: (bytes, resolved, vectors) => new FaissIndex(addon, resolved, vectors, bytes),
    usedParams: (spec) => usedParams(spec),
  };
}

/** The hints that an index of these settings has a use for: only a graph's has an `ef`, only that of lists an `nprobe`. */
function usedParams(spec: IndexSpec): readonly (keyof SearchParams)[] {
  if (spec.ef !== undefined) return ['ef'];
  return spec.nprobe === undefined ? [] : ['nprobe'];
}

class FaissIndex implements VectorIndex {
  readonly spec: IndexSpec;
  readonly #addon: FaissModule;
  readonly #plan: FaissPlan;
  readonly #vectors: VectorSource;
  readonly #indexes: RenewingIndex<GrownIndex>;
  /** The trained index without vectors. */
  #template: Uint8Array | undefined;

  constructor(addon: FaissModule, { spec }: ResolvedIndex, vectors: VectorSource, saved?: Uint8Array) {
    this.spec = spec;
    this.#addon = addon;
    this.#vectors = vectors;
    this.#plan = planIndex(spec, vectors.dimension, vectors.metric);
    const minimum = Math.max(minimumVectors, trainingThreshold(this.#plan.factory, vectors.dimension));
    // Training waits for the first search, to learn from a whole import instead of its beginning; but not without end.
    const trains = this.#plan.factory.training.required > 0;
    const eager = trains ? Math.max(minimum, 4 * samplePoints(this.#plan.factory, vectors.dimension)) : minimum;
    const maker = {
      minimum,
      eager,
      prepare: (slots: readonly number[]) => {
        this.#template = trainTemplate(addon, this.#plan, vectors, slots);
      },
      make: () => new GrownIndex(addon, this.#plan, vectors, this.#template!),
    };
    this.#indexes = new RenewingIndex(maker, saved === undefined ? undefined : this.#restore(saved));
  }

  add(slots: readonly number[]): void {
    this.#indexes.add(slots);
  }

  remove(slots: readonly number[]): void {
    this.#indexes.remove(slots);
  }

  search(query: Float32Array, k: number, options: IndexSearchOptions): Proposal | undefined {
    if (query.length !== this.#vectors.dimension) throw invalid('query', `the dimension is ${this.#vectors.dimension}`);
    const generation = this.#indexes.ready();
    if (!(k >= 1)) return { slots: [] };
    if (generation === undefined) return options.trace?.decline('there are too few vectors to train an index with');
    return this.#searchIn(generation, query, k, options);
  }

  get byteLength(): number {
    return this.#indexes.byteLength + (this.#template?.byteLength ?? 0);
  }

  serialize(): Uint8Array | undefined {
    const generation = this.#indexes.current;
    if (generation === undefined) return undefined;
    return seal(this.#identity, [generation.positions.toBytes(), this.#template!, generation.index.toFile()]);
  }

  dispose(): void {
    this.#indexes.dispose();
  }

  /**
   * The library knows neither filters nor removals: it is asked for more, until enough of what it returns is alive and allowed.
   */
  #searchIn(
    { index, positions }: Generation<GrownIndex>,
    query: Float32Array,
    k: number,
    { params, allowed, allowedCount, trace }: IndexSearchOptions,
  ): Proposal | undefined {
    const wanted = Math.min(Math.ceil(k * this.#plan.oversampling) + rankingMargin, positions.live);
    const enough = Math.min(Math.ceil((k + wanted) / 2), wanted);
    if (allowed !== undefined && allowedCount <= this.#fewEnough(params, wanted, positions.live))
      return trace?.decline(`${allowedCount} pass the filter: comparing with each costs no more than a search`);
    const passing = allowed === undefined ? positions.live : Math.min(positions.live, Math.max(0, allowedCount || 0));
    const most = this.#mostCandidates(params, wanted);
    for (let fetched = Math.ceil((wanted * positions.length) / passing); ; fetched *= 4) {
      const count = Math.min(fetched, positions.length);
      if (count > most) return trace?.decline('the library would have to be asked for too many');
      if (trace !== undefined) this.#explain(trace, this.#effort(params, count), allowed !== undefined);
      const found = index.search(query, count, this.#effort(params, count));
      if (found === undefined) return undefined;
      const slots = keep(found, positions, allowed);
      if (slots.length >= enough) return { slots };
      // The effort reaches no further. Where a filter is to blame, what is missing may be the best.
      if (found.length < count || count === positions.length)
        return allowed === undefined ? { slots } : trace?.decline('too few of what the library found pass the filter');
    }
  }

  #explain(trace: SearchTrace, effort: number, filtered: boolean): void {
    const { graph, nlist } = this.#plan.factory;
    if (graph) trace.params = { ef: effort };
    else if (nlist !== undefined) trace.params = { nprobe: effort };
    const unfiltered = graph ? 'graph' : nlist === undefined ? 'code-scan' : 'lists';
    if (filtered)
      trace.take('post-filter', 'the library knows no filters: it is asked for more, and the rest left out');
    else trace.take(unfiltered, 'no filter: the library answers');
  }

  /**
   * A filter that lets no more through is better served by comparing with those: it costs no more, and what passes a rare condition lies in
   * lists far apart, of which only the nearest are visited.
   */
  #fewEnough(params: SearchParams, wanted: number, live: number): number {
    const { nlist } = this.#plan.factory;
    const fewest = Math.max(wanted, fewAllowed);
    return nlist === undefined ? fewest : Math.max(fewest, (live * this.#effort(params, 1)) / nlist);
  }

  #mostCandidates(params: SearchParams, wanted: number): number {
    return this.#plan.factory.graph
      ? Math.max(mostGraphCandidates, this.#effort(params, 1))
      : Math.max(mostCandidates, 4 * wanted);
  }

  /** `params`, or the default; never what the library could not survive; for a graph no less than the candidates it must bring. */
  #effort({ ef, nprobe }: SearchParams, count: number): number {
    const { factory, effort } = this.#plan;
    if (factory.graph) return Math.max(inRange(ef, effort, 65_536), 2 ** Math.ceil(Math.log2(count)));
    return factory.nlist === undefined ? 0 : inRange(nprobe, effort, factory.nlist);
  }

  get #identity(): PackageIdentity {
    const { dimension, metric } = this.#vectors;
    const { factory, efConstruction, effort } = this.#plan;
    return { maker: 'faiss-node', format: 1, dimension, metric, factory: factory.text, efConstruction, effort };
  }

  #restore(saved: Uint8Array): Generation<GrownIndex> {
    const [table, template, file] = open(saved, this.#identity, 3);
    const positions = Positions.fromBytes(table!);
    this.#checkHeader(template!, 0);
    this.#checkHeader(file!, positions.length);
    this.#template = Uint8Array.from(template!);
    const index = new GrownIndex(this.#addon, this.#plan, this.#vectors, file!);
    if (index.count !== positions.length) throw corrupt('the index of faiss in it has another number of vectors');
    return { index, positions };
  }

  /** Before native code sees the bytes. */
  #checkHeader(file: Uint8Array, count: number): void {
    const { dimension, metric } = this.#vectors;
    const header = readHeader(memorySource(file));
    if (header === undefined || header.dimension !== dimension || header.count !== count || !header.trained) {
      throw corrupt('the index of faiss in it is of another kind');
    }
    if (header.innerProduct !== (metric === 'dot')) throw corrupt('the index of faiss in it has another metric');
  }
}

function keep(found: readonly number[], positions: Positions, allowed: SlotSet | undefined): number[] {
  const slots: number[] = [];
  for (const position of found) {
    const slot = positions.slotAt(position);
    if (slot !== none && (allowed === undefined || allowed.has(slot))) slots.push(slot);
  }
  return slots;
}

function inRange(given: number | undefined, usual: number, most: number): number {
  if (given === undefined || !Number.isFinite(given)) return usual;
  return Math.min(most, Math.max(1, Math.trunc(given)));
}
