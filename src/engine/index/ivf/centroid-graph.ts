import type { HnswModules } from '../../kernels/hnsw.ts';
import { Graph, type ThreadedSettings } from '../hnsw/graph.ts';
import type { VectorSource } from '../vector-index.ts';
import type { ListsMemory } from './lists-memory.ts';

const settings: ThreadedSettings = { m: 16, efConstruction: 100, ef: 64, seed: 100, threads: 0 };
/** Nodes looked at for each list wanted, and beyond: the last ones of those wanted are found as well then. */
const effort = { factor: 1.5, beyond: 16 };

/** An HNSW graph over the centroids of lists. It begins empty and is of use when it is whole. */
export class CentroidGraph {
  readonly #graph: Graph;
  readonly #lists: number;

  /** @param sections What {@link CentroidGraph.toSections} gave. */
  constructor(modules: HnswModules, memory: ListsMemory, sections?: readonly Uint8Array[]) {
    const { dimension, lists } = memory.layout;
    const vectors: VectorSource = {
      dimension,
      metric: 'euclidean',
      at: (list) => memory.centroid(list).subarray(0, dimension),
    };
    this.#lists = lists;
    this.#graph =
      sections === undefined
        ? new Graph(modules, settings, vectors, { quantization: 'sq8', centre: new Float32Array(dimension) })
        : Graph.fromSections(modules, settings, vectors, 'sq8', sections);
  }

  /** How many {@link CentroidGraph.toSections} gives. */
  static readonly sections = Graph.sections;

  get isWhole(): boolean {
    return this.#graph.count === this.#lists;
  }

  /** Takes in some more centroids. Returns the share of all that they are. */
  grow(most: number): number {
    const from = this.#graph.count;
    const count = Math.min(most, this.#lists - from);
    this.#graph.append(Array.from({ length: count }, (_, i) => from + i));
    return count / this.#lists;
  }

  /** The lists whose centroids are probably the nearest, nearest first; undefined where too many are wanted. */
  nearest(vector: Float32Array, wanted: number): number[] | undefined {
    const ef = Math.ceil(effort.factor * wanted) + effort.beyond;
    if (ef > Graph.mostFound || !this.#graph.canAnswer(vector)) return undefined;
    const found = this.#graph.search(vector, ef);
    return found.size < wanted ? undefined : found.positions(wanted);
  }

  toSections(): Uint8Array[] {
    return this.#graph.toSections();
  }

  get byteLength(): number {
    return this.#graph.byteLength;
  }
}
