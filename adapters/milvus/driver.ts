import type { Capabilities } from '../../src/capabilities.ts';
import type { CallContext, Classification, CollectionDriver, Driver, DriverSpec } from '../../src/driver.ts';
import { unsupported, VectorStoreError } from '../../src/errors.ts';
import type { CollectionInfo, Health } from '../../src/types.ts';
import { milvusCapabilities } from './capabilities.ts';
import type { Connection } from './client.ts';
import { MilvusCollection, resolveStrictly } from './collection.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { classify } from './errors.ts';
import {
  createRequest,
  indexRequest,
  infoOf,
  isPossibleName,
  type Manifest,
  manifestOf,
  readManifest,
  serverName,
} from './schema.ts';

/** A Milvus server as a backend. */
export class MilvusDriver implements Driver {
  readonly provider = 'milvus';
  readonly defaultTimeoutMs: number;
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  /** Handles on one collection share what they know of it, their last write above all. */
  readonly #open = new Map<string, MilvusCollection>();

  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection;
    this.#dialect = dialectOf(connection.version);
    this.defaultTimeoutMs = timeoutMs;
  }

  get capabilities(): Capabilities {
    return milvusCapabilities(this.#dialect);
  }

  async createCollection(name: string, spec: DriverSpec, context: CallContext): Promise<CollectionDriver> {
    const { minimumDimension } = this.#dialect;
    if (spec.dimension < minimumDimension)
      throw unsupported(`A dimension of ${spec.dimension}`, `at least ${minimumDimension} on this version of Milvus`);
    const index = resolveStrictly(spec.index, spec.dimension, spec.strict);
    if (await this.hasCollection(name, context)) throw alreadyExists(name);
    const manifest = manifestOf(name, spec, index);
    await this.#connection.admin('CreateCollection', context, (sdk) => sdk.createCollection(createRequest(manifest)));
    // To the server a repeated creation is a success: of two at a time only one may have made it.
    const stored = await this.#manifestOf(name, context);
    if (stored?.token !== manifest.token) throw alreadyExists(name);
    await this.#connection.admin('CreateIndex', context, (sdk) => sdk.createIndex(indexRequest(manifest, index)));
    return this.#handle(manifest, context);
  }

  async openCollection(name: string, _options: unknown, context: CallContext): Promise<CollectionDriver> {
    if (!(await this.hasCollection(name, context)))
      throw new VectorStoreError('NotFound', `there is no collection ${JSON.stringify(name)}; create it first`);
    const manifest = await this.#manifestOf(name, context);
    if (manifest === undefined)
      throw unsupported(
        `The collection ${JSON.stringify(name)}`,
        'it was not created by this library, and this version of the adapter opens only its own',
      );
    const open = this.#open.get(serverName(name));
    if (open?.token === manifest.token) return open;
    return this.#handle(manifest, context);
  }

  async #handle(manifest: Manifest, context: CallContext): Promise<MilvusCollection> {
    const collection = new MilvusCollection(this.#connection, this.#dialect, manifest);
    await collection.load(context);
    const name = serverName(manifest.name);
    this.#open.get(name)?.markDropped();
    this.#open.set(name, collection);
    return collection;
  }

  async #manifestOf(name: string, context: CallContext): Promise<Manifest | undefined> {
    return readManifest(
      await this.#connection.admin('DescribeCollection', context, (sdk) =>
        sdk.describeCollection({ collection_name: serverName(name) }),
      ),
    );
  }

  async listCollections(context: CallContext): Promise<CollectionInfo[]> {
    const { data } = await this.#connection.admin('ShowCollections', context, (sdk) => sdk.showCollections());
    const collections: CollectionInfo[] = [];
    for (const { name } of data) {
      const info = await this.#infoOf(name, context);
      if (info !== undefined) collections.push(info);
    }
    return collections;
  }

  /** Undefined for what is no collection of ours, or no longer there. */
  async #infoOf(name: string, context: CallContext): Promise<CollectionInfo | undefined> {
    try {
      const manifest = await this.#manifestOf(name, context);
      return manifest && infoOf(manifest);
    } catch (error) {
      if (classify(error)?.code === 'NotFound') return undefined;
      throw error;
    }
  }

  async hasCollection(name: string, context: CallContext): Promise<boolean> {
    if (!isPossibleName(name, this.#dialect)) return false;
    const { value } = await this.#connection.admin('HasCollection', context, (sdk) =>
      sdk.hasCollection({ collection_name: serverName(name) }),
    );
    // Two names may be one to the server: `a-b` is stored as `a_b`, which may be another application's.
    return Boolean(value) && (!/[-_]/.test(name) || (await this.#isNamed(name, context)));
  }

  /** Whether the collection that the server has under a name is meant by it. */
  async #isNamed(name: string, context: CallContext): Promise<boolean> {
    try {
      const manifest = await this.#manifestOf(name, context);
      return (manifest?.name ?? serverName(name)) === name;
    } catch (error) {
      if (classify(error)?.code === 'NotFound') return false;
      throw error;
    }
  }

  async dropCollection(name: string, context: CallContext): Promise<boolean> {
    if (!(await this.hasCollection(name, context))) return false;
    await this.#connection.admin('DropCollection', context, (sdk) =>
      sdk.dropCollection({ collection_name: serverName(name) }),
    );
    this.#open.get(serverName(name))?.markDropped();
    this.#open.delete(serverName(name));
    return true;
  }

  async health(context: CallContext): Promise<Health> {
    const began = performance.now();
    const { isHealthy, reasons } = await this.#connection.admin('CheckHealth', context, (sdk) => sdk.checkHealth());
    const latencyMs = performance.now() - began;
    const ok = isHealthy !== false;
    return {
      ok,
      version: this.#connection.version,
      latencyMs,
      ...(!ok && { problem: reasons.map(String).join('; ') }),
    };
  }

  unwrap(): unknown {
    return this.#connection.sdk;
  }

  async close(): Promise<void> {
    this.#open.clear();
    await this.#connection.close();
  }

  classify(error: unknown): Classification | undefined {
    return classify(error);
  }
}

function alreadyExists(name: string): VectorStoreError {
  return new VectorStoreError(
    'AlreadyExists',
    `collection ${name} exists; say ifExists: 'open' or 'recreate', or choose another name`,
  );
}
