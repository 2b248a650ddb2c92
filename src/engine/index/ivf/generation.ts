import type { IndexDrift } from '../../../types.ts';
import type { HnswModules } from '../../kernels/hnsw.ts';
import type { VectorSource } from '../vector-index.ts';
import { CentroidGraph } from './centroid-graph.ts';
import { Frame } from './frame.ts';
import { InvertedLists, type ListsState } from './inverted-lists.ts';
import { ListsMemory } from './lists-memory.ts';
import type { IvfSettings } from './settings.ts';
import { SlotTable } from './slot-table.ts';
import type { Trained } from './training.ts';
import { shapeFor } from './training.ts';

/** Mean squared distance from the centroid that has grown by this factor makes lists that should be trained again. */
const mostErrorGrowth = 1.5;
/** So does an imbalance that has grown by this factor. */
const mostImbalanceGrowth = 2;
/** Vectors that a mean needs, and the share of all that it needs. */
const telling = { least: 256, share: 1 / 8 };

/** The kernels compiled: of lists, and of the graph over their centroids. */
export interface IvfModules {
  readonly ivf: WebAssembly.Module;
  readonly hnsw: HnswModules;
}

/** How good lists were when they were filled. */
interface Quality {
  readonly error: number;
  readonly imbalance: number;
}

/** Lists, and what they were like when they were new. */
export class Generation {
  readonly lists: InvertedLists;
  #quality: Quality | undefined;
  /** Vectors added since they were filled. */
  #writes = 0;
  /** What was last said of drift. */
  #latest: { readonly recent: number; readonly vectors: number } | undefined;

  constructor(lists: InvertedLists, quality?: Quality) {
    this.lists = lists;
    this.#quality = quality;
  }

  static make(modules: IvfModules, settings: IvfSettings, trained: Trained, vectors: VectorSource): Generation {
    const memory = new ListsMemory(modules.ivf, trained.shape);
    trained.install(memory);
    const graph = settings.graph ? new CentroidGraph(modules.hnsw, memory) : undefined;
    return new Generation(new InvertedLists(memory, trained.frame, vectors, graph));
  }

  /** Called when the vectors there were are in; only the first time tells. */
  filled(): void {
    if (this.#quality !== undefined) return;
    const { sum, count } = this.lists.takeErrors();
    this.#quality = { error: count === 0 ? 0 : sum / count, imbalance: this.lists.imbalance };
  }

  /** Whether the vectors have become others than those that the lists were trained for. */
  hasDrifted(): boolean {
    const { count, errors } = this.lists;
    const needed = Math.max(telling.least, count * telling.share);
    if (this.#quality === undefined || errors.count < needed) return false;
    const { sum, count: added } = this.lists.takeErrors();
    this.#writes += added;
    this.#latest = { recent: sum / added, vectors: added };
    const { error, imbalance } = this.#quality;
    // Lists that are new cannot be made better so soon.
    if (this.#writes < count / 2) return false;
    return sum / added > mostErrorGrowth * error || this.lists.imbalance > mostImbalanceGrowth * imbalance;
  }

  /** Distances from the centroids, when they were trained and of late. */
  get drift(): IndexDrift | undefined {
    const trained = this.#quality?.error ?? 0;
    const { sum, count } = this.lists.errors;
    const latest = count < telling.least ? this.#latest : { recent: sum / count, vectors: count };
    return trained > 0 && latest !== undefined ? { trained, ...latest } : undefined;
  }

  /** For {@link Generation.load}. */
  toSections(): Uint8Array[] {
    const { state, frame, extremes } = this.lists;
    const { error, imbalance } = this.#quality ?? { error: -1, imbalance: -1 };
    const numbers = Float64Array.of(
      state.blockCount,
      state.freeBlock,
      state.maskBlock,
      state.maskSlots,
      state.spread,
      state.loss,
      this.lists.lists,
      this.#writes,
      error,
      imbalance,
      frame.unit,
      ...frame.mean,
    );
    return [
      bytesOf(numbers),
      bytesOf(Uint32Array.from(extremes)),
      this.lists.tableBytes(),
      this.lists.image,
      ...(this.lists.graph?.toSections() ?? []),
    ];
  }

  /** How many {@link Generation.toSections} gives. */
  static sections({ graph }: IvfSettings): number {
    return 4 + (graph ? CentroidGraph.sections : 0);
  }

  /** Lists as they lay in memory, for the same settings and vectors. */
  static load(
    modules: IvfModules,
    settings: IvfSettings,
    vectors: VectorSource,
    [numbers, extremes, table, image, ...graphSections]: readonly Uint8Array[],
  ): Generation {
    const [blockCount, freeBlock, maskBlock, maskSlots, spread, loss, lists, writes, error, imbalance, unit, ...mean] =
      new Float64Array(Uint8Array.from(numbers!).buffer);
    const memory = new ListsMemory(modules.ivf, { ...shapeFor(settings, vectors, 0), lists: lists! });
    memory.reserve(memory.keptFrom + image!.byteLength);
    new Uint8Array(memory.buffer).set(image!, memory.keptFrom);
    const state: ListsState = {
      blockCount: blockCount!,
      freeBlock: freeBlock!,
      maskBlock: maskBlock!,
      maskSlots: maskSlots!,
      spread: spread!,
      loss: loss!,
    };
    const frame = new Frame(vectors.metric, Float64Array.from(mean), unit!);
    const graph = settings.graph ? new CentroidGraph(modules.hnsw, memory, graphSections) : undefined;
    const inverted = new InvertedLists(memory, frame, vectors, graph, {
      state,
      table: SlotTable.fromBytes(table!),
      extremes: new Uint32Array(Uint8Array.from(extremes!).buffer),
    });
    const quality = error! < 0 ? undefined : { error: error!, imbalance: imbalance! };
    const generation = new Generation(inverted, quality);
    generation.#writes = writes!;
    return generation;
  }
}

function bytesOf(numbers: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
