import { unsupported } from '../../../errors.ts';
import type { IndexSpec } from '../../../types.ts';
import { compileCodeGraph } from '../../kernels/code-graph.ts';
import { open, type PackageIdentity, seal } from '../package.ts';
import { Positions } from '../positions.ts';
import { type Generation, RenewingIndex } from '../renewing-index.ts';
import type {
  IndexSearchOptions,
  ResolvedIndex,
  VectorIndex,
  VectorIndexProvider,
  VectorSource,
} from '../vector-index.ts';
import { Graph } from './graph.ts';
import { type GraphSettings, graphSettings, resolveSettings, searchEf } from './settings.ts';

/** Below this many vectors comparing with each is as fast. */
const minimumVectors = 256;
/** Proposed for each one asked for, since codes rank near neighbours otherwise than the vectors do. */
const proposedPerWanted = 1.5;
/** And this many more. */
const proposedBeyond = 8;

/**
 * Loads the engine's own HNSW. No backend offers it yet: with one scale for all components of a vector, codes lose near neighbours where the
 * components have an offset, or differ much in size (recall@10 0.41 at an offset of 100 times the spread).
 */
export async function loadHnsw(): Promise<VectorIndexProvider> {
  const module = await compileCodeGraph();
  return {
    types: ['hnsw'],
    resolve(spec) {
      if (spec.type !== 'auto' && spec.type !== 'hnsw')
        throw unsupported(`the index type ${JSON.stringify(spec.type)}`, 'this is the provider of hnsw');
      return resolveSettings(spec, 'hnsw');
    },
    create: (resolved, vectors) => new HnswIndex(module, resolved, vectors),
    load: (bytes, resolved, vectors) => new HnswIndex(module, resolved, vectors, bytes),
    usedParams: () => ['ef'],
  };
}

class HnswIndex implements VectorIndex {
  readonly spec: IndexSpec;
  readonly #settings: GraphSettings;
  readonly #vectors: VectorSource;
  readonly #graphs: RenewingIndex<Graph>;

  constructor(module: WebAssembly.Module, { spec }: ResolvedIndex, vectors: VectorSource, saved?: Uint8Array) {
    this.spec = spec;
    this.#settings = graphSettings(spec);
    this.#vectors = vectors;
    const make = (sections?: readonly Uint8Array[]) => new Graph(module, this.#settings, vectors, sections);
    const restored = saved === undefined ? undefined : this.#restore(saved, make);
    this.#graphs = new RenewingIndex(
      { minimum: minimumVectors, eager: minimumVectors, prepare() {}, make: () => make() },
      restored,
    );
  }

  #restore(saved: Uint8Array, make: (sections: readonly Uint8Array[]) => Graph): Generation<Graph> {
    const [table, ...sections] = open(saved, this.#identity, 1 + Graph.sections);
    return { index: make(sections), positions: Positions.fromBytes(table!) };
  }

  get #identity(): PackageIdentity {
    const { dimension, metric } = this.#vectors;
    return { maker: 'anyvec', format: 1, dimension, metric, ...this.#settings };
  }

  add(slots: readonly number[]): void {
    this.#graphs.add(slots);
  }

  remove(slots: readonly number[]): void {
    this.#graphs.remove(slots);
  }

  search(
    query: Float32Array,
    k: number,
    { params, allowed, allowedCount }: IndexSearchOptions,
  ): readonly number[] | undefined {
    const generation = this.#graphs.ready();
    if (generation === undefined) return undefined;
    const { index, positions } = generation;
    const wanted = Math.ceil(k * proposedPerWanted) + proposedBeyond;
    const ef = Math.max(searchEf(params.ef, this.#settings.ef), wanted);
    // Then comparing with every vector is the answer.
    if (ef > Graph.mostFound || !index.canAnswer(query)) return undefined;
    if (allowed === undefined && positions.tombstones === 0) {
      return index
        .search(query, ef)
        .slice(0, wanted)
        .map((position) => positions.slotAt(position));
    }
    const passing = allowed === undefined ? positions.live : Math.min(allowedCount, positions.live);
    const visit = (mark: (position: number) => void) => {
      positions.forEachLive((position, slot) => {
        if (allowed === undefined || allowed(slot)) mark(position);
      });
    };
    return index
      .searchAmong(query, ef, visit, passing / positions.length)
      .slice(0, wanted)
      .map((position) => positions.slotAt(position));
  }

  get byteLength(): number {
    return this.#graphs.byteLength;
  }

  serialize(): Uint8Array | undefined {
    const generation = this.#graphs.current;
    if (generation === undefined) return undefined;
    return seal(this.#identity, [generation.positions.toBytes(), ...generation.index.toSections()]);
  }

  dispose(): void {
    this.#graphs.dispose();
  }
}
