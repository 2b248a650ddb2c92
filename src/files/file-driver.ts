import { type Capabilities, type CapabilityDifferences, capabilitiesOf } from '../capabilities.ts';
import type {
  CallContext,
  Classification,
  CollectionDriver,
  Driver,
  DriverOpenOptions,
  DriverSpec,
} from '../driver.ts';
import { resolveIndex } from '../engine/collection.ts';
import { flatProvider } from '../engine/index/flat.ts';
import { classifyFileError } from '../engine/storage/system-error.ts';
import { unsupported, VectorStoreError } from '../errors.ts';
import { hybridByScan } from '../remote/hybrid-by-scan.ts';
import type { CollectionInfo, Health } from '../types.ts';
import { FileCollection } from './file-collection.ts';
import type { OpenedFile, Shelf } from './row-store.ts';

/** What a {@link FileDriver} is made of. */
export interface FileDriverOptions {
  readonly provider: string;
  readonly shelf: Shelf;
  /** Why nothing can be written here, where nothing can. */
  readonly readOnly?: string;
  /** Whether a record that is acknowledged and not flushed is gone with the process. */
  readonly differences?: Omit<CapabilityDifferences, 'indexTypes'>;
}

/** Collections in files, as a backend. */
export class FileDriver implements Driver {
  readonly provider: string;
  readonly capabilities: Capabilities;
  /** Nothing here can hang on a network. */
  readonly defaultTimeoutMs = Number.POSITIVE_INFINITY;
  readonly #options: FileDriverOptions;
  readonly #open = new Map<string, FileCollection>();
  /** Creating, opening and dropping run one after another. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(options: FileDriverOptions) {
    this.#options = options;
    this.provider = options.provider;
    this.capabilities = fileCapabilities(options.readOnly, options.differences);
  }

  get #shelf(): Shelf {
    return this.#options.shelf;
  }

  get #editor(): NonNullable<Shelf['editor']> {
    const { editor } = this.#shelf;
    if (editor === undefined) throw unsupported('writing', this.#options.readOnly ?? 'these files are only read');
    return editor;
  }

  createCollection(name: string, spec: DriverSpec, context: CallContext): Promise<CollectionDriver> {
    return this.#change(context, async () => {
      const editor = this.#editor;
      if (await this.#shelf.has(name))
        throw new VectorStoreError(
          'AlreadyExists',
          `collection ${name} exists; say ifExists: 'open' or 'recreate', or choose another name`,
        );
      const { dimension, metric, fields } = spec;
      const resolved = resolveIndex(flatProvider, spec.index, dimension, metric, spec.strict);
      const { ignoredHints } = resolved;
      return this.#load(
        name,
        await editor.create(name, { dimension, metric, fields, index: resolved.spec, ignoredHints }),
        {},
        context,
      );
    });
  }

  openCollection(name: string, options: DriverOpenOptions, context: CallContext): Promise<CollectionDriver> {
    return this.#change(context, async () => {
      const open = this.#open.get(name);
      if (open !== undefined) return open;
      if (!(await this.#shelf.has(name)))
        throw new VectorStoreError('NotFound', `there is no collection ${JSON.stringify(name)}; create it first`);
      return this.#load(name, await this.#shelf.open(name), options, context);
    });
  }

  async #load(
    name: string,
    file: OpenedFile,
    { fields }: DriverOpenOptions,
    { signal }: CallContext,
  ): Promise<FileCollection> {
    const capabilities =
      file.store.writer !== undefined
        ? this.capabilities
        : fileCapabilities(this.#options.readOnly ?? foreign, this.#options.differences);
    const collection = await FileCollection.load(file, { name, capabilities, ...(fields && { fields }) }, signal);
    this.#open.set(name, collection);
    return collection;
  }

  async listCollections(): Promise<CollectionInfo[]> {
    const infos: CollectionInfo[] = [];
    for (const name of await this.#shelf.names()) infos.push(await this.#infoOf(name));
    return infos;
  }

  async #infoOf(name: string): Promise<CollectionInfo> {
    const open = this.#open.get(name);
    if (open !== undefined) return open.info;
    const { spec, store, managed } = await this.#shelf.open(name);
    await store.close();
    const { dimension, metric, fields, index } = spec;
    return { name, dimension, metric, fields, idMode: 'native', index, managed };
  }

  hasCollection(name: string): Promise<boolean> {
    return this.#shelf.has(name);
  }

  dropCollection(name: string, context: CallContext): Promise<boolean> {
    return this.#change(context, async () => {
      if (!(await this.#shelf.has(name))) return false;
      const { managed } = await this.#infoOf(name);
      if (!managed) throw unsupported('dropCollection', `${foreign}; remove it yourself if that is meant`);
      await this.#open.get(name)?.drop();
      this.#open.delete(name);
      await this.#editor.drop(name);
      return true;
    });
  }

  async health(): Promise<Health> {
    const began = performance.now();
    await this.#shelf.names();
    return { ok: true, latencyMs: performance.now() - began };
  }

  unwrap(): unknown {
    return this;
  }

  async close(): Promise<void> {
    await this.#lastChange;
    const collections = [...this.#open.values()];
    this.#open.clear();
    const ends = await Promise.allSettled(collections.map((collection) => collection.shutDown()));
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

const foreign = 'this library did not write the file, and only reads it';

function fileCapabilities(readOnly: string | undefined, differences: FileDriverOptions['differences']): Capabilities {
  const refused = readOnly === undefined ? undefined : { refused: readOnly };
  return capabilitiesOf({
    ...differences,
    indexTypes: ['flat'],
    operations: {
      recreateIndex: { refused: 'a file of records has no index' },
      explain: { refused: 'every search compares with every record: there is nothing to explain' },
      searchHybrid: hybridByScan,
      ...(refused && {
        upsert: refused,
        delete: refused,
        deleteByFilter: refused,
        deleteAll: refused,
        setPayload: refused,
        setPayloadByFilter: refused,
        dropNamespace: refused,
      }),
      ...differences?.operations,
    },
    options: {
      ttl: { refused: 'records in a file do not expire' },
      strongConsistency: {
        refused: 'what another process writes is seen only when the database is opened again: leave consistency out',
      },
      ...differences?.options,
    },
    limits: { dimension: 65_536, ...differences?.limits },
  });
}
