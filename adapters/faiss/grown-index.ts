import { nativeMetric, writeNative } from '../../src/engine/index/addon/native-vectors.ts';
import type { GrowingIndex } from '../../src/engine/index/renewing-index.ts';
import type { VectorSource } from '../../src/engine/index/vector-index.ts';
import { VectorStoreError } from '../../src/errors.ts';
import type { FaissModule, NativeIndex } from './client.ts';
import { EffortPolicy } from './effort-policy.ts';
import { type Effort, fromBytes, reload, toBytes } from './index-file.ts';
import type { FaissPlan } from './settings.ts';
import { samplePoints, trainingVectors } from './training.ts';

/** Numbers passed to the addon at once. */
const chunkNumbers = 2 ** 18;
/** Room for headers and tables beside the vectors of an index file. */
const fileOverhead = 2 ** 20;
/** A reload for less effort must spare this many queries per megabyte of index. */
const patiencePerMebibyte = 4;
const leastPatience = 16;

/** Room that an index file may need. */
function fileRoom({ factory }: FaissPlan, dimension: number, count: number): number {
  // Centroids, codebooks and transforms are stored once, in full.
  const tables = 4 * dimension * ((factory.nlist ?? 0) + 8_192) + 16 * dimension * dimension;
  return fileOverhead + tables + 2 * count * factory.bytesPerVector;
}

/** The number that stands for the metric in the addon. */
function metricNumber({ metric }: VectorSource): number {
  return nativeMetric(metric) === 'ip' ? 0 : 1;
}

/** What the effort of a plan comes to. */
function effortOf({ factory }: FaissPlan, effort: number): Effort {
  if (factory.graph) return { efSearch: effort };
  // The graph that finds the lists must look further than there are lists to find.
  return { nprobe: effort, coarseEfSearch: Math.max(16, 2 * effort) };
}

/** Trains an index and gives the file of it, still empty: what every generation starts from. */
export function trainTemplate(
  addon: FaissModule,
  plan: FaissPlan,
  vectors: VectorSource,
  slots: readonly number[],
): Uint8Array {
  const { factory, efConstruction, effort } = plan;
  const index = addon.Index.fromFactory(vectors.dimension, factory.text, metricNumber(vectors));
  if (!index.isTrained()) index.train(trainingVectors(slots, samplePoints(factory, vectors.dimension), vectors));
  return toBytes(index, fileRoom(plan, vectors.dimension, 0), { efConstruction, ...effortOf(plan, effort) });
}

/** An index of faiss. The label of a vector is its position: nothing is ever removed, which would move the labels after it. */
export class GrownIndex implements GrowingIndex {
  readonly #addon: FaissModule;
  readonly #plan: FaissPlan;
  readonly #vectors: VectorSource;
  readonly #effort: EffortPolicy;
  #index: NativeIndex;

  /** @param file Of {@link trainTemplate} or {@link GrownIndex.toFile}. */
  constructor(addon: FaissModule, plan: FaissPlan, vectors: VectorSource, file: Uint8Array) {
    this.#addon = addon;
    this.#plan = plan;
    this.#vectors = vectors;
    this.#effort = new EffortPolicy(plan.effort);
    this.#index = fromBytes(addon, file);
  }

  get count(): number {
    return this.#index.ntotal();
  }

  append(slots: readonly number[]): void {
    const { dimension, metric } = this.#vectors;
    const rows = Math.max(1, Math.floor(chunkNumbers / dimension));
    for (let from = 0; from < slots.length; from += rows) {
      const chunk = slots.slice(from, from + rows);
      const numbers = new Array<number>(chunk.length * dimension).fill(0);
      for (const [i, slot] of chunk.entries()) writeNative(this.#vectors.at(slot), metric, numbers, i * dimension);
      this.#index.add(numbers);
    }
  }

  /**
   * Positions that are probably nearest, at most `k`, nearest first. Fewer than `k` if the effort does not reach further; undefined if the
   * effort cannot be given.
   */
  search(query: Float32Array, k: number, effort: number): number[] | undefined {
    const count = this.count;
    if (count === 0 || !(k >= 1)) return [];
    if (!this.#setEffort(effort)) return undefined;
    const numbers = new Array<number>(query.length).fill(0);
    writeNative(query, this.#vectors.metric, numbers, 0);
    return this.#index.search(numbers, Math.min(k, count)).labels.filter((label) => label >= 0);
  }

  /** @throws `Unavailable` without room in the temporary directory. */
  toFile(): Uint8Array {
    return toBytes(this.#index, this.#room, effortOf(this.#plan, this.#plan.effort));
  }

  get byteLength(): number {
    return fileOverhead + this.count * this.#plan.factory.bytesPerVector;
  }

  /** The addon frees the memory when the garbage collector gets there; it has no call for it. */
  dispose(): void {}

  #setEffort(asked: number): boolean {
    const before = this.#effort.current;
    const patience = leastPatience + (patiencePerMebibyte * this.byteLength) / 2 ** 20;
    const effort = this.#effort.next(asked, patience);
    if (effort === before) return true;
    try {
      this.#index = reload(this.#addon, this.#index, effortOf(this.#plan, effort), this.#room);
      return true;
    } catch (error) {
      this.#effort.settle(before);
      // No room for a temporary file is no reason to fail a search.
      if (VectorStoreError.is(error, 'Unavailable')) return false;
      throw error;
    }
  }

  get #room(): number {
    return fileRoom(this.#plan, this.#vectors.dimension, this.count);
  }
}
