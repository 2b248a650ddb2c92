import type { VectorDatabase } from '../../../database.ts';
import type { VectorStore } from '../../../store.ts';
import { parseJson, stringifyJson } from '../../json.ts';
import { isObject } from './body.ts';
import { type Change, Collection, type CollectionConfig, Point } from './collection.ts';
import { compareIds, type PointId, readPathId } from './ids.ts';
import { isRecord } from './json-path.ts';
import { isMulti, isSparse, type SparseVector, type Vector } from './vectors.ts';

/** Where a collection is kept. */
export interface CollectionStorage {
  write(change: Change): Promise<void>;
  configure(config: CollectionConfig): Promise<void>;
  drop(): Promise<void>;
}

/** The list of collections and aliases, in a collection of its own. */
const registryName = 'qdrant-collections';
/** Points are records with their whole content as JSON text: Qdrant takes payloads and vectors that the portable contract refuses. */
const recordSpec = { dimension: 1, metric: 'dot' } as const;
const noVector = [1];
const aliasPrefix = 'alias:';
const collectionPrefix = 'collection:';

/** Keeps collections in any `VectorDatabase`, one of its collections for each. */
export class Storage {
  readonly #database: VectorDatabase;
  #registry: VectorStore | undefined;

  constructor(database: VectorDatabase) {
    this.#database = database;
  }

  /** What is there already. */
  async load(): Promise<{ collections: Collection[]; aliases: Map<string, string> }> {
    const collections: Collection[] = [];
    const aliases = new Map<string, string>();
    if (!(await this.#database.hasCollection(registryName))) return { collections, aliases };
    const registry = await this.#openRegistry();
    for await (const { id, payload } of registry.scan({ include: { payload: true, vector: false } })) {
      if (id.startsWith(aliasPrefix)) aliases.set(id.slice(aliasPrefix.length), String(payload.collection));
      else collections.push(await this.#loadCollection(id.slice(collectionPrefix.length), readConfig(payload.config)));
    }
    return { collections, aliases };
  }

  async #loadCollection(name: string, config: CollectionConfig): Promise<Collection> {
    const records = await this.#database.createCollection(await storeName(name), recordSpec, { ifExists: 'open' });
    const points: Point[] = [];
    for await (const { id, payload } of records.scan({ include: { payload: true, vector: false } }))
      points.push(readPoint(id, payload.point));
    points.sort((a, b) => compareIds(a.id, b.id));
    return new Collection(name, config, this.#storageOf(name, records), points);
  }

  async create(name: string, config: CollectionConfig): Promise<Collection> {
    const records = await this.#database.createCollection(await storeName(name), recordSpec, { ifExists: 'recreate' });
    const storage = this.#storageOf(name, records);
    await storage.configure(config);
    return new Collection(name, config, storage);
  }

  #storageOf(name: string, records: VectorStore): CollectionStorage {
    return {
      async write({ puts, removes }) {
        if (removes.length > 0) await records.delete(removes.map(recordId));
        if (puts.length > 0)
          await records.upsert(
            puts.map((point) => ({ id: recordId(point.id), vector: noVector, payload: { point: pointText(point) } })),
          );
      },
      configure: async (config) => {
        const registry = await this.#openRegistry();
        await registry.upsert({
          id: collectionPrefix + name,
          vector: noVector,
          payload: { config: stringifyJson(config) },
        });
      },
      drop: async () => {
        const registry = await this.#openRegistry();
        await registry.delete(collectionPrefix + name);
        await this.#database.dropCollection(await storeName(name));
      },
    };
  }

  async setAlias(alias: string, collection: string | undefined): Promise<void> {
    const registry = await this.#openRegistry();
    if (collection === undefined) await registry.delete(aliasPrefix + alias);
    else await registry.upsert({ id: aliasPrefix + alias, vector: noVector, payload: { collection } });
  }

  async #openRegistry(): Promise<VectorStore> {
    this.#registry ??= await this.#database.createCollection(registryName, recordSpec, { ifExists: 'open' });
    return this.#registry;
  }
}

/** A portable collection name for any name of Qdrant's. */
async function storeName(name: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name));
  return `qdrant-${Buffer.from(digest).toString('hex').slice(0, 32)}`;
}

function recordId(id: PointId): string {
  return String(id);
}

function readConfig(text: unknown): CollectionConfig {
  const config = parseJson(String(text));
  if (!isObject(config) || !isObject(config.params) || !isObject(config.indexes))
    throw new TypeError('a stored configuration of the Qdrant server makes no sense');
  return config as unknown as CollectionConfig;
}

function pointText({ payload, vectors, version }: Point): string {
  const dense: Record<string, string> = {};
  const multi: Record<string, string[]> = {};
  const sparse: Record<string, SparseVector> = {};
  for (const [name, vector] of vectors) {
    if (isMulti(vector)) multi[name] = vector.map(bytesOf);
    else if (isSparse(vector)) sparse[name] = vector;
    else dense[name] = bytesOf(vector);
  }
  return stringifyJson({ payload, dense, multi, sparse, version });
}

function bytesOf(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}

function readPoint(id: string, text: unknown): Point {
  const stored = parseJson(String(text));
  if (!isObject(stored) || !isRecord(stored.payload))
    throw new TypeError('a stored point of the Qdrant server makes no sense');
  const members = (value: unknown) => Object.entries(isObject(value) ? value : {});
  const vectors = new Map<string, Vector>();
  for (const [name, bytes] of members(stored.dense)) vectors.set(name, floatsOf(String(bytes)));
  for (const [name, rows] of members(stored.multi))
    vectors.set(
      name,
      (Array.isArray(rows) ? rows : []).map((bytes) => floatsOf(String(bytes))),
    );
  for (const [name, sparse] of members(stored.sparse)) vectors.set(name, sparse as unknown as SparseVector);
  return new Point(readPathId(id), stored.payload, vectors, Number(stored.version));
}

function floatsOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
