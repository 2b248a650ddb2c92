import { requireDimension } from '../../src/engine/index/addon/native-vectors.ts';
import { type GraphSettings, graphSettings, resolveSettings, searchEf } from '../../src/engine/index/hnsw/settings.ts';
import { open, type PackageIdentity, seal } from '../../src/engine/index/package.ts';
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
import { invalid, unsupported } from '../../src/errors.ts';
import type { IndexSpec } from '../../src/types.ts';
import type { HnswlibModule } from './client.ts';
import { Graph } from './graph.ts';

const types = ['hnsw'] as const;

/** Below this many vectors comparing with each is as fast, and a graph costs 2.6 MB even when it is empty. */
const minimumVectors = 256;
/** Up to this many the engine compares with each: no slower than a walk through what a filter keeps out. */
const fewAllowed = 1_000;
/** Proposed beyond `k`, for neighbours that f32 ranks otherwise than f64. */
const rankingMargin = 8;

/** HNSW indexes of hnswlib. The addon is loaded already: see `loadHnswlib`. */
export function hnswlibProvider(addon: HnswlibModule): VectorIndexProvider {
  return {
    types,
    resolve(spec, dimension) {
      if (spec.type !== 'auto' && spec.type !== types[0]) {
        throw unsupported(`the index type ${JSON.stringify(spec.type)}`, 'hnswlib has hnsw only');
      }
      requireDimension(dimension);
      return resolveSettings(spec, types[0]);
    },
    create: (resolved, vectors) => new HnswlibIndex(addon, resolved, vectors),
    load: (bytes, resolved, vectors) => new HnswlibIndex(addon, resolved, vectors, bytes),
    usedParams: () => ['ef'],
  };
}

class HnswlibIndex implements VectorIndex {
  readonly spec: IndexSpec;
  readonly #settings: GraphSettings;
  readonly #vectors: VectorSource;
  readonly #graphs: RenewingIndex<Graph>;

  constructor(addon: HnswlibModule, { spec }: ResolvedIndex, vectors: VectorSource, saved?: Uint8Array) {
    this.spec = spec;
    this.#settings = graphSettings(spec);
    this.#vectors = vectors;
    const make = () => new Graph(addon, this.#settings, vectors);
    const restored = saved === undefined ? undefined : this.#restore(addon, saved);
    this.#graphs = new RenewingIndex({ minimum: minimumVectors, eager: minimumVectors, prepare() {}, make }, restored);
  }

  add(slots: readonly number[]): void {
    this.#graphs.add(slots);
  }

  remove(slots: readonly number[]): void {
    this.#graphs.remove(slots);
  }

  search(query: Float32Array, k: number, options: IndexSearchOptions): Proposal | undefined {
    if (query.length !== this.#vectors.dimension) throw invalid('query', `the dimension is ${this.#vectors.dimension}`);
    const generation = this.#graphs.ready();
    if (!(k >= 1)) return { slots: [] };
    const { trace } = options;
    if (generation === undefined) return trace?.decline('there are too few vectors for a graph');
    const { index, positions } = generation;
    const wanted = Math.min(k + rankingMargin, positions.live);
    const ef = Math.max(searchEf(options.params.ef, this.#settings.ef), wanted);
    // With no more than `ef` to find, the graph would be walked to its end.
    if (trace !== undefined) trace.params = { ef };
    if (options.allowed !== undefined && options.allowedCount <= Math.max(ef, fewAllowed))
      return trace?.decline(`${options.allowedCount} pass the filter: comparing with each costs no more than a walk`);
    if (options.allowed === undefined) trace?.take('graph', `no filter: a walk that keeps ${ef} in mind`);
    else trace?.take('post-filter', `${options.allowedCount} pass the filter: the library leaves out the others`);
    const guard = new Guard(positions, options.allowed);
    const found = index.search(query, wanted, ef, guard.accepts);
    guard.rethrow();
    return { slots: found.map((position) => positions.slotAt(position)) };
  }

  get byteLength(): number {
    return this.#graphs.byteLength;
  }

  serialize(): Uint8Array | undefined {
    const generation = this.#graphs.current;
    if (generation === undefined) return undefined;
    return seal(this.#identity, [generation.positions.toBytes(), generation.index.toFile()]);
  }

  dispose(): void {
    this.#graphs.dispose();
  }

  get #identity(): PackageIdentity {
    const { dimension, metric } = this.#vectors;
    return { maker: 'hnswlib-node', format: 1, dimension, metric, ...this.#settings };
  }

  #restore(addon: HnswlibModule, saved: Uint8Array): Generation<Graph> {
    const [table, bytes] = open(saved, this.#identity, 2);
    const positions = Positions.fromBytes(table!);
    const file = { bytes: bytes!, count: positions.length };
    return { index: new Graph(addon, this.#settings, this.#vectors, file), positions };
  }
}

/** Tells the addon which positions count, and keeps exceptions away from it. */
class Guard {
  /** Undefined where all count. */
  readonly accepts: ((position: number) => boolean) | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(positions: Positions, allowed: SlotSet | undefined) {
    if (allowed === undefined && positions.tombstones === 0) return;
    this.accepts = (position) => {
      const slot = positions.slotAt(position);
      if (slot === none || allowed === undefined) return slot !== none;
      try {
        return this.#failure === undefined && allowed.has(slot);
      } catch (error) {
        this.#failure = { error };
        return false;
      }
    };
  }

  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
