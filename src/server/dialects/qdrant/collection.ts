import type { Json } from './body.ts';
import { type FieldIndexes, fieldIndexes, type IndexConfig } from './field-index.ts';
import type { FilteredPoint } from './filter.ts';
import { compareIds, type PointId } from './ids.ts';
import type { CollectionStorage } from './storage.ts';
import { readSchema, type VectorSchema } from './vector-schema.ts';
import type { PointVectors } from './vectors.ts';

/** A point. Never changed: a write puts another in its place. */
export class Point implements FilteredPoint {
  readonly id: PointId;
  readonly payload: Record<string, unknown>;
  readonly vectors: PointVectors;
  /** The operation that wrote it. */
  readonly version: number;

  constructor(id: PointId, payload: Record<string, unknown>, vectors: PointVectors, version: number) {
    this.id = id;
    this.payload = payload;
    this.vectors = vectors;
    this.version = version;
  }

  hasVector(name: string): boolean {
    return this.vectors.has(name);
  }
}

/** What an update does to the points. */
export interface Change {
  readonly puts: readonly Point[];
  readonly removes: readonly PointId[];
}

/** What a collection was created and patched with, as JSON. */
export interface CollectionConfig {
  /** The body of its creation, with later patches merged in. */
  readonly params: Json;
  /** Payload indexes by field, as they were asked for. */
  readonly indexes: { readonly [field: string]: IndexConfig };
}

/** One collection: its points in memory, written through to storage before a write is answered. */
export class Collection {
  readonly name: string;
  readonly #storage: CollectionStorage;
  readonly #points = new Map<PointId, Point>();
  #config: CollectionConfig;
  #indexes: FieldIndexes;
  #schema: VectorSchema;
  #operations = 0;
  #sorted: readonly Point[] | undefined;
  /** Writes run one after another. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(name: string, config: CollectionConfig, storage: CollectionStorage, points: Iterable<Point> = []) {
    this.name = name;
    this.#schema = readSchema(config.params.vectors, config.params.sparse_vectors);
    this.#storage = storage;
    this.#config = config;
    this.#indexes = fieldIndexes(config.indexes);
    for (const point of points) {
      this.#points.set(point.id, point);
      this.#operations = Math.max(this.#operations, point.version);
    }
  }

  get config(): CollectionConfig {
    return this.#config;
  }

  get schema(): VectorSchema {
    return this.#schema;
  }

  get indexes(): FieldIndexes {
    return this.#indexes;
  }

  get size(): number {
    return this.#points.size;
  }

  get(id: PointId): Point | undefined {
    return this.#points.get(id);
  }

  values(): Iterable<Point> {
    return this.#points.values();
  }

  /** In scroll order. */
  sorted(): readonly Point[] {
    this.#sorted ??= [...this.#points.values()].sort((a, b) => compareIds(a.id, b.id));
    return this.#sorted;
  }

  /**
   * Runs an update after those before it: `plan` gets the number of the operation and says what changes, or throws; the number is used up
   * either way.
   */
  update(plan: (operation: number) => Change): Promise<number> {
    return this.#inTurn(async () => {
      this.#operations += 1;
      const operation = this.#operations;
      const change = plan(operation);
      await this.#storage.write(change);
      for (const id of change.removes) this.#points.delete(id);
      for (const point of change.puts) this.#points.set(point.id, point);
      this.#sorted = undefined;
      return operation;
    });
  }

  /** Changes the configuration. `operations` are used up by it, the last of which is answered. */
  configure(config: (current: CollectionConfig) => CollectionConfig, operations: number): Promise<number> {
    return this.#inTurn(async () => {
      const next = config(this.#config);
      await this.#storage.configure(next);
      this.#config = next;
      this.#indexes = fieldIndexes(next.indexes);
      this.#schema = readSchema(next.params.vectors, next.params.sparse_vectors);
      this.#operations += operations;
      return this.#operations;
    });
  }

  drop(): Promise<void> {
    return this.#inTurn(() => this.#storage.drop());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(work);
    this.#lastWrite = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }
}
