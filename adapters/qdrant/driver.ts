import type { Capabilities } from '../../src/capabilities.ts';
import type {
  CallContext,
  Classification,
  CollectionDriver,
  Driver,
  DriverOpenOptions,
  DriverSpec,
} from '../../src/driver.ts';
import { unsupported, VectorStoreError } from '../../src/errors.ts';
import { parsePath } from '../../src/filter/path.ts';
import type { CollectionInfo, FieldType, Health } from '../../src/types.ts';
import { existsOf } from './answers.ts';
import { qdrantCapabilities } from './capabilities.ts';
import { type Connection, openConnection, resultOf } from './client.ts';
import { QdrantCollection } from './collection.ts';
import type { QdrantConfig } from './config.ts';
import { classifyQdrant } from './errors.ts';
import { keyOf } from './filter.ts';
import { resolveIndex } from './index-settings.ts';
import { type Description, metadataOf, readDescription } from './manifest.ts';
import { keys } from './payload.ts';
import type { CollectionLifetime } from './requests.ts';
import { textVectorName } from './text-vector.ts';

const distances = { cosine: 'Cosine', dot: 'Dot', euclidean: 'Euclid' } as const;

/** The dense vector of a collection that also has one for its texts, where the configuration gives it no name. */
const nameBesideTexts = 'dense';

/** Payload indexes by declared type. `integer` would lose fractions; a `text` index would change what a search for a substring means. */
const indexOfType: { readonly [T in FieldType]: string | undefined } = {
  keyword: 'keyword',
  number: 'float',
  boolean: 'bool',
  datetime: 'datetime',
  text: undefined,
};

/** A Qdrant server as a backend. */
export class QdrantDriver implements Driver {
  readonly provider = 'qdrant';
  readonly capabilities: Capabilities;
  readonly defaultTimeoutMs: number;
  readonly #connection: Connection;
  readonly #vectorName: string | undefined;
  readonly #scanBudget: number;
  readonly #lifetimes = new Map<string, CollectionLifetime>();

  static async open(config: QdrantConfig): Promise<QdrantDriver> {
    return new QdrantDriver(await openConnection(config), config);
  }

  constructor(connection: Connection, config: QdrantConfig) {
    const { vectorName, scanBudget = 100_000, timeoutMs = 60_000 } = config;
    this.#connection = connection;
    this.#vectorName = vectorName;
    this.#scanBudget = scanBudget;
    this.defaultTimeoutMs = timeoutMs;
    this.capabilities = qdrantCapabilities(scanBudget);
  }

  async createCollection(name: string, spec: DriverSpec, { signal }: CallContext): Promise<CollectionDriver> {
    const { dimension, metric, fields, index, strict } = spec;
    const { spec: resolved, hnsw, quantization, ignoredHints } = resolveIndex(index, strict);
    const vector = { size: dimension, distance: distances[metric] };
    const hasTexts = Object.values(fields).includes('text');
    const vectorName = this.#vectorName ?? (hasTexts ? nameBesideTexts : undefined);
    const request = {
      collection_name: name,
      vectors: vectorName === undefined ? vector : { [vectorName]: vector },
      ...(hasTexts && { sparse_vectors: { [textVectorName]: { modifier: 'idf' } } }),
      hnsw_config: hnsw,
      ...(quantization !== undefined && { quantization_config: quantization }),
      metadata: metadataOf({ dimension, metric, fields, index: resolved }, ignoredHints),
    };
    await this.#connection.control('createCollection', request, signal);
    try {
      await this.#createIndexes(name, fields, new Map(), signal);
      const description = await this.#describe(name, {}, signal);
      if (!description.info.managed)
        throw unsupported(
          'Creating a collection',
          'this Qdrant keeps no metadata with a collection; it takes version 1.16 or later',
        );
      return this.#handle(name, description);
    } catch (error) {
      await this.dropCollection(name, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
      throw error;
    }
  }

  /** Those that are not there yet. */
  async #createIndexes(
    name: string,
    fields: DriverSpec['fields'],
    present: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    if (!present.has(keys.namespace))
      await this.#createIndex(name, keys.namespace, { type: 'keyword', is_tenant: true }, signal);
    for (const [field, type] of Object.entries(fields)) {
      const key = keyOf(parsePath(field, 'fields'));
      const schema = indexOfType[type];
      if (key !== undefined && schema !== undefined && !hasIndex(present, key))
        await this.#createIndex(name, key, schema, signal);
    }
  }

  async #createIndex(name: string, field: string, schema: string | object, signal: AbortSignal): Promise<void> {
    const request = { collection_name: name, wait: true, field_name: field, field_schema: schema };
    await this.#connection.control('createFieldIndex', request, signal);
  }

  async openCollection(name: string, options: DriverOpenOptions, { signal }: CallContext): Promise<CollectionDriver> {
    if (isUnreachable(name))
      throw new VectorStoreError(
        'NotFound',
        `there is no collection ${JSON.stringify(name)} that a request could name`,
      );
    const description = await this.#describe(name, options, signal);
    const { info, indexes } = description;
    if (info.managed && (!indexes.has(keys.namespace) || Object.keys(info.fields).length + 1 > indexes.size)) {
      // Whoever created it may have died half-way.
      await this.#createIndexes(name, info.fields, indexes, signal);
      return this.#handle(name, await this.#describe(name, options, signal));
    }
    return this.#handle(name, description);
  }

  #handle(name: string, description: Description): CollectionDriver {
    const lifetime = this.#lifetimes.get(name) ?? { dropped: false };
    this.#lifetimes.set(name, lifetime);
    return new QdrantCollection(this.#connection, description, this.#scanBudget, lifetime);
  }

  async #describe(name: string, options: DriverOpenOptions, signal: AbortSignal): Promise<Description> {
    const answer = await this.#connection.control('getCollection', { collection_name: name }, signal);
    return readDescription(name, resultOf(answer), { vectorName: this.#vectorName, ...options });
  }

  /** Collections that cannot be opened (without a dense vector, say) are left out. */
  async listCollections({ signal }: CallContext): Promise<CollectionInfo[]> {
    const answer = resultOf(await this.#connection.control('getCollections', {}, signal)) as {
      collections: readonly { name: string }[];
    };
    const infos: CollectionInfo[] = [];
    for (const { name } of answer.collections) {
      try {
        infos.push((await this.#describe(name, {}, signal)).info);
      } catch (error) {
        // Dropped meanwhile, or not one that this library can open.
        const code = this.classify(error)?.code;
        if (code !== 'NotFound' && code !== 'Unsupported' && code !== 'InvalidArgument') throw error;
      }
    }
    return infos;
  }

  async hasCollection(name: string, { signal }: CallContext): Promise<boolean> {
    if (isUnreachable(name)) return false;
    return existsOf(resultOf(await this.#connection.control('collectionExists', { collection_name: name }, signal)));
  }

  async dropCollection(name: string, { signal }: CallContext): Promise<boolean> {
    if (isUnreachable(name)) return false;
    const data = await this.#connection.control('deleteCollection', { collection_name: name }, signal);
    const lifetime = this.#lifetimes.get(name);
    if (lifetime !== undefined) lifetime.dropped = true;
    this.#lifetimes.delete(name);
    return resultOf(data) === true;
  }

  async health({ signal }: CallContext): Promise<Health> {
    const began = performance.now();
    const data = await this.#connection.control('root', {}, signal);
    const latencyMs = performance.now() - began;
    const version =
      typeof data === 'object' && data !== null && 'version' in data && typeof data.version === 'string'
        ? data.version
        : undefined;
    if (version === undefined)
      throw new VectorStoreError('Unavailable', 'something answers at that address, but it is no Qdrant server');
    return { ok: true, version, latencyMs };
  }

  unwrap(): unknown {
    return this.#connection.client;
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  classify(error: unknown): Classification | undefined {
    return classifyQdrant(error);
  }
}

/** Names that would be taken out of an address, so that another collection, or none, would be meant. */
function isUnreachable(name: string): boolean {
  return name === '.' || name === '..';
}

/** The server spells the segments of a key bare where it can. */
function hasIndex(present: ReadonlyMap<string, string>, key: string): boolean {
  return present.has(key) || present.has(key.replace(/"([\p{L}\p{N}_-]+)"/gu, '$1'));
}
