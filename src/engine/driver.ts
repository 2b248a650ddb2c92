import { type Capabilities, type CapabilityDifferences, capabilitiesOf } from '../capabilities.ts';
import type { CallContext, Classification, CollectionDriver, Driver, DriverSpec } from '../driver.ts';
import { VectorStoreError } from '../errors.ts';
import type { CollectionInfo, Health, IndexSpec } from '../types.ts';
import { EngineCollection, resolveIndex } from './collection.ts';
import type { ResolvedIndex, VectorIndexProvider } from './index/vector-index.ts';
import type { DatabaseDirectory } from './storage/database-directory.ts';
import { type Manifest, newIdentity } from './storage/manifest.ts';
import { classifyFileError } from './storage/system-error.ts';

/** What an engine is made of. */
export interface EngineOptions {
  /** The name it goes by in errors and configuration. */
  readonly provider: string;
  readonly indexes: VectorIndexProvider;
  /** Undefined: everything stays in memory, and is gone when the database is closed. */
  readonly directory: DatabaseDirectory | undefined;
  /** What differs from a backend that does everything natively. */
  readonly capabilities?: Omit<CapabilityDifferences, 'indexTypes'>;
}

/** The embedded engine as a backend: collections in memory, with or without a directory behind them. */
export class EngineDriver implements Driver {
  readonly provider: string;
  readonly capabilities: Capabilities;
  /** Nothing here can hang on a network. */
  readonly defaultTimeoutMs = Number.POSITIVE_INFINITY;
  readonly #indexes: VectorIndexProvider;
  readonly #directory: DatabaseDirectory | undefined;
  readonly #collections = new Map<string, EngineCollection>();
  /** Creating, opening and dropping run one after another. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor({ provider, indexes, directory, capabilities }: EngineOptions) {
    this.provider = provider;
    this.#indexes = indexes;
    this.#directory = directory;
    this.capabilities = engineCapabilities(indexes, directory !== undefined, capabilities);
  }

  createCollection(name: string, spec: DriverSpec, context: CallContext): Promise<CollectionDriver> {
    return this.#change(context, async () => {
      if (await this.#exists(name))
        throw new VectorStoreError(
          'AlreadyExists',
          `collection ${name} exists; say ifExists: 'open' or 'recreate', or choose another name`,
        );
      const { dimension, metric, fields } = spec;
      const resolved = resolveIndex(this.#indexes, spec.index, dimension, metric, spec.strict);
      const manifest: Manifest = {
        id: newIdentity(),
        name,
        dimension,
        metric,
        fields: { ...fields },
        index: { ...resolved.spec },
        ignoredHints: [...resolved.ignoredHints],
        generation: 1,
        durable: 0,
      };
      await this.#directory?.create(manifest);
      return this.#load(manifest, resolved);
    });
  }

  openCollection(name: string, _options: unknown, context: CallContext): Promise<CollectionDriver> {
    return this.#change(context, async () => {
      const open = this.#collections.get(name);
      if (open !== undefined) return open;
      const manifest = await this.#manifestOf(name);
      const resolved = { spec: manifest.index as IndexSpec, ignoredHints: manifest.ignoredHints };
      return this.#load(manifest, resolved);
    });
  }

  async #load(manifest: Manifest, index: ResolvedIndex): Promise<EngineCollection> {
    const { name, dimension, metric, fields } = manifest;
    const files = this.#directory?.open(manifest);
    const collection = new EngineCollection(
      { name, dimension, metric, fields },
      this.#indexes,
      index,
      this.capabilities,
      files,
    );
    await collection.load();
    this.#collections.set(name, collection);
    return collection;
  }

  async #manifestOf(name: string): Promise<Manifest> {
    if (this.#directory === undefined || !(await this.#exists(name)))
      throw new VectorStoreError('NotFound', `there is no collection ${JSON.stringify(name)}; create it first`);
    return this.#directory.manifest(name);
  }

  async #exists(name: string): Promise<boolean> {
    if (this.#collections.has(name)) return true;
    return (await this.#directory?.names())?.includes(name) ?? false;
  }

  async listCollections(): Promise<CollectionInfo[]> {
    const names = new Set([...this.#collections.keys(), ...((await this.#directory?.names()) ?? [])]);
    return Promise.all([...names].map((name) => this.#infoOf(name)));
  }

  async #infoOf(name: string): Promise<CollectionInfo> {
    const open = this.#collections.get(name);
    if (open !== undefined) return open.info;
    const { dimension, metric, fields, index } = await this.#manifestOf(name);
    return { name, dimension, metric, fields, idMode: 'native', index: index as IndexSpec, managed: true };
  }

  hasCollection(name: string): Promise<boolean> {
    return this.#exists(name);
  }

  dropCollection(name: string, context: CallContext): Promise<boolean> {
    return this.#change(context, async () => {
      if (!(await this.#exists(name))) return false;
      await this.#collections.get(name)?.drop();
      this.#collections.delete(name);
      await this.#directory?.drop(name);
      return true;
    });
  }

  async health(): Promise<Health> {
    return { ok: true, latencyMs: 0 };
  }

  unwrap(): unknown {
    return this;
  }

  async close(): Promise<void> {
    await this.#lastChange;
    const collections = [...this.#collections.values()];
    this.#collections.clear();
    const ends = await Promise.allSettled(collections.map((collection) => collection.shutDown()));
    await this.#directory?.close();
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  classify(error: unknown): Classification | undefined {
    return classifyFileError(error);
  }

  #change<T>(context: CallContext, work: () => Promise<T>): Promise<T> {
    const turn = this.#lastChange.then(() => {
      context.signal.throwIfAborted();
      return work();
    });
    this.#lastChange = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }
}

function engineCapabilities(
  indexes: VectorIndexProvider,
  persistent: boolean,
  differences: EngineOptions['capabilities'],
): Capabilities {
  const searchParams = [...new Set(indexes.types.flatMap((type) => indexes.usedParams({ type })))];
  return capabilitiesOf({
    ...differences,
    options: {
      ttl: { refused: 'records of the engine do not expire' },
      ...(!persistent && {
        persistence: { refused: 'memory mode: everything is gone when the database is closed; give it a directory' },
      }),
      ...differences?.options,
    },
    limits: { dimension: 65_536, ...differences?.limits },
    indexTypes: indexes.types,
    searchParams,
  });
}
