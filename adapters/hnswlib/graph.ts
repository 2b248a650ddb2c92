import { readFileSync, writeFileSync } from 'node:fs';
import { nativeMetric, writeNative } from '../../src/engine/index/addon/native-vectors.ts';
import { withTemporaryFile } from '../../src/engine/index/addon/temporary-file.ts';
import type { GraphSettings } from '../../src/engine/index/hnsw/settings.ts';
import { corrupt } from '../../src/engine/index/package.ts';
import type { GrowingIndex } from '../../src/engine/index/renewing-index.ts';
import type { VectorSource } from '../../src/engine/index/vector-index.ts';
import type { HnswlibGraph, HnswlibModule } from './client.ts';
import { checkGraphFile, elementBytes, graphFileBytes } from './graph-file.ts';

const initialCapacity = 1_024;
/** What the library allocates per graph, whatever its size: 65,536 mutexes. */
const fixedBytes = 65_536 * 40;
/** Per element beside its row: mutex, level, pointer to its upper links, mark of the last visit, entry in the table of labels. */
const bookkeepingBytes = 40 + 4 + 8 + 2 + 56;

/**
 * A graph of hnswlib whose label for each vector is its position.
 *
 * Nothing is ever deleted or updated in it: an update in place costs four times an insertion, and an insertion among natively deleted
 * elements reads beyond an empty list.
 */
export class Graph implements GrowingIndex {
  readonly #graph: HnswlibGraph;
  readonly #vectors: VectorSource;
  readonly #settings: GraphSettings;
  /** The vector on its way into the addon. */
  readonly #numbers: number[];
  #count = 0;
  #capacity = 0;
  /** The library's own default. */
  #ef = 10;

  constructor(
    addon: HnswlibModule,
    settings: GraphSettings,
    vectors: VectorSource,
    file?: { bytes: Uint8Array; count: number },
  ) {
    this.#graph = new addon.HierarchicalNSW(nativeMetric(vectors.metric), vectors.dimension);
    this.#vectors = vectors;
    this.#settings = settings;
    this.#numbers = new Array<number>(vectors.dimension).fill(0);
    if (file === undefined) this.#init(initialCapacity);
    else this.#read(file.bytes, file.count);
  }

  append(slots: readonly number[]): void {
    const needed = this.#count + slots.length;
    if (needed > this.#capacity) this.#resize(Math.max(needed, this.#capacity * 2));
    for (const slot of slots) {
      this.#graph.addPoint(this.#native(this.#vectors.at(slot)), this.#count);
      this.#count += 1;
    }
  }

  /**
   * Positions that are probably nearest, at most `k`, nearest first.
   *
   * @param ef At least `k`.
   * @param accepts Which positions count; must not throw. Undefined: all.
   */
  search(query: Float32Array, k: number, ef: number, accepts: ((position: number) => boolean) | undefined): number[] {
    if (this.#count === 0) return [];
    if (ef !== this.#ef) this.#graph.setEf(ef);
    this.#ef = ef;
    return this.#graph.searchKnn(this.#native(query), Math.min(k, this.#count), accepts).neighbors;
  }

  /**
   * The library's file.
   *
   * @throws `Unavailable` without room in the temporary directory.
   */
  toFile(): Uint8Array {
    const bytes = withTemporaryFile(graphFileBytes(this.#shape, this.#count), (path) => {
      this.#graph.writeIndexSync(path);
      return readFileSync(path);
    });
    // The addon does not notice when writing fails.
    checkGraphFile(bytes, { ...this.#shape, count: this.#count });
    return bytes;
  }

  get byteLength(): number {
    const { m } = this.#settings;
    const upperLinks = (this.#count / (m - 1)) * (4 * m + 4);
    return fixedBytes + this.#capacity * (elementBytes(this.#shape) + bookkeepingBytes) + upperLinks;
  }

  dispose(): void {
    // The memory would wait for a garbage collection that does not know of it; a new graph in its place frees it now.
    this.#init(1);
  }

  get #shape(): { dimension: number; m: number; efConstruction: number } {
    return { dimension: this.#vectors.dimension, m: this.#settings.m, efConstruction: this.#settings.efConstruction };
  }

  #init(capacity: number): void {
    const { m, efConstruction, seed } = this.#settings;
    this.#graph.initIndex(capacity, m, efConstruction, seed);
    this.#capacity = capacity;
    this.#count = 0;
    this.#ef = 10;
  }

  #read(bytes: Uint8Array, count: number): void {
    checkGraphFile(bytes, { ...this.#shape, count });
    withTemporaryFile(bytes.byteLength, (path) => {
      writeFileSync(path, bytes);
      this.#graph.readIndexSync(path);
    });
    this.#count = this.#graph.getCurrentCount();
    this.#capacity = this.#graph.getMaxElements();
    if (this.#count !== count) throw corrupt('the addon reads another number of vectors from it');
  }

  #resize(capacity: number): void {
    this.#graph.resizeIndex(capacity);
    this.#capacity = capacity;
  }

  #native(vector: Float32Array): number[] {
    writeNative(vector, this.#vectors.metric, this.#numbers, 0);
    return this.#numbers;
  }
}
