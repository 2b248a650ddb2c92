import { type Operation, requireSupport } from '../capabilities.ts';
import type { CallContext, CollectionDriver, Driver, DriverWriteResult } from '../driver.ts';
import { invalid } from '../errors.ts';
import type { Filter } from '../filter/types.ts';
import { compareIds } from '../score.ts';
import type { VectorStore } from '../store.ts';
import { TimeSlice } from '../time-slice.ts';
import type {
  CallOptions,
  CollectionStats,
  DeleteTarget,
  FilterOptions,
  GetOptions,
  HybridMatch,
  HybridOptions,
  HybridQuery,
  Id,
  Include,
  IndexProgress,
  IndexSpec,
  Match,
  Page,
  PatchTarget,
  Payload,
  PayloadSchema,
  RecordInput,
  ScanOptions,
  SearchOptions,
  SearchPlan,
  SetPayloadOptions,
  UpsertOptions,
  VectorInput,
  VectorRecord,
  WriteOptions,
  WriteResult,
} from '../types.ts';
import { validateNamespace } from '../validate/identifiers.ts';
import { booleanOption, checkedOptions, functionOption, integerOption } from '../validate/options.ts';
import { validateIndex } from '../validate/spec.ts';
import { shown } from '../validate/text.ts';
import { validateVector } from '../validate/vector.ts';
import { type Call, callKeys, checkInput, type Lifetime, perform, type Site, typedError } from './call.ts';
import { chunks } from './chunks.ts';
import { readHybrid } from './hybrid.ts';
import { sendBatch, WriteLedger } from './ledger.ts';
import { readConsistency, readFilter, readOptions, readSearch } from './queries.ts';
import { Reads, type ScanRequest } from './reads.ts';
import type { RecordRules } from './records.ts';
import { readIds, readPatch, readTarget, type Target } from './targets.ts';
import { upsertArray, upsertStream } from './upsert.ts';

/** Records of a scan that are given out between two looks at the clock. */
const givenTogether = 100;

/** What a handle stands on. */
export interface StoreParts {
  readonly driver: Driver;
  readonly collection: CollectionDriver;
  readonly schema: PayloadSchema | undefined;
  readonly validateReads: boolean;
  readonly lifetime: Lifetime;
  /** `''` for the default namespace. */
  readonly namespace: string;
  /** Search hints that had no effect, for `stats()`; shared by all handles of the collection. */
  readonly ignoredHints: Set<string>;
  /** What closing the handle closes beside it. */
  readonly onClose: () => Promise<void>;
}

/** The one implementation of {@link VectorStore}, over any driver: validate, refuse by capability, split, call, account, wrap. */
export class PortableStore<P extends object> implements VectorStore<P> {
  readonly #parts: StoreParts;
  readonly #site: Site;
  readonly #rules: RecordRules;
  readonly #reads: Reads;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    const { driver, collection, lifetime, namespace, schema, validateReads } = parts;
    this.#site = { driver, lifetime, collection: collection.info.name, ...(namespace !== '' && { namespace }) };
    this.#rules = { collection, schema };
    this.#reads = new Reads(collection, namespace, validateReads ? schema : undefined);
  }

  get name(): string {
    return this.#collection.info.name;
  }
  get namespaceName(): string | undefined {
    return this.#parts.namespace === '' ? undefined : this.#parts.namespace;
  }
  get dimension(): number {
    return this.#collection.info.dimension;
  }
  get metric(): VectorStore['metric'] {
    return this.#collection.info.metric;
  }
  get capabilities(): VectorStore['capabilities'] {
    return this.#collection.capabilities;
  }
  get #collection(): CollectionDriver {
    return this.#parts.collection;
  }

  upsert(
    records: RecordInput<P> | Iterable<RecordInput<P>> | AsyncIterable<RecordInput<P>>,
    options?: UpsertOptions,
  ): Promise<WriteResult> {
    return this.#perform('upsert', options, ['details', 'concurrency', 'batchSize'], async (call, given) => {
      const { batchRecords, concurrency } = this.capabilities.limits;
      const job = {
        call,
        driver: this.#parts.driver,
        collection: this.#collection,
        namespace: this.#parts.namespace,
        rules: this.#rules,
        batchSize: Math.min(
          batchRecords,
          integerOption(given.batchSize, 'options.batchSize', 1, 1_000_000, batchRecords),
        ),
        concurrency: Math.min(concurrency, integerOption(given.concurrency, 'options.concurrency', 1, 64, concurrency)),
        details: booleanOption(given.details, 'options.details', false),
      };
      const input: unknown = records;
      if (Array.isArray(input)) call.tell(input.length);
      if (Array.isArray(input)) return upsertArray(input, job, (i) => `records[${i}]`);
      if (isIterable(input)) return upsertStream(input, job);
      return upsertArray([input], job, () => 'record');
    });
  }

  delete(target: DeleteTarget<P>, options?: WriteOptions): Promise<WriteResult> {
    return this.#perform('delete', options, ['details'], async (call, given) => {
      const read = checkInput('target', () => readTarget(target, this.#collection, true));
      if ('filter' in read) this.#require('deleteByFilter');
      if ('ids' in read) call.tell(read.ids.length);
      if ('all' in read) this.#require('deleteAll');
      const details = booleanOption(given.details, 'options.details', false);
      return this.#writeTo(call, read, details, (piece, context) =>
        'all' in piece ? this.#deleteAll(context) : this.#collection.delete(this.#parts.namespace, piece, context),
      );
    });
  }

  async #deleteAll(context: CallContext): Promise<DriverWriteResult> {
    return { acknowledged: (await this.#collection.dropNamespace(this.#parts.namespace, context)) ?? 0 };
  }

  setPayload(target: PatchTarget<P>, patch: Partial<P>, options?: SetPayloadOptions<P>): Promise<WriteResult> {
    return this.#perform('setPayload', options, ['details', 'mode', 'unset'], async (call, given) => {
      const read = checkInput('target', () => readTarget(target, this.#collection, false));
      if ('filter' in read) this.#require('setPayloadByFilter');
      const details = booleanOption(given.details, 'options.details', false);
      const checked = await checkInput('patch', () => readPatch(patch, given, this.#rules));
      return this.#writeTo(call, read, details, (piece, context) => {
        if ('all' in piece) throw invalid('target', 'everything at once is for delete only');
        return this.#collection.setPayload(this.#parts.namespace, piece, checked, context);
      });
    });
  }

  /** Sends a write by ids in pieces, one by filter or by all whole. */
  async #writeTo(
    call: Call,
    target: Target,
    details: boolean,
    send: (piece: Target, context: CallContext) => Promise<DriverWriteResult>,
  ): Promise<WriteResult> {
    const ledger = new WriteLedger(details);
    const { driver } = this.#parts;
    if ('ids' in target) {
      for (const ids of chunks(target.ids, this.capabilities.limits.batchIds)) {
        await sendBatch(call, driver, ledger, ids, (context) => send({ ids }, context));
      }
    } else if (!('filter' in target && target.filter.kind === 'none')) {
      // The ids are the backend's to find: an error here has none to account for, and is thrown as it is.
      ledger.settle(undefined, await call.run((context) => send(target, context)));
    }
    return ledger.finish();
  }

  async search<const I extends Include = { payload: true }>(
    vector: VectorInput,
    options?: SearchOptions<P, I>,
  ): Promise<Match<P, I>[]> {
    const [matches] = await this.#search('search', options, () => [this.#readVector(vector, 'vector')]);
    return matches as Match<P, I>[];
  }

  async searchBatch<const I extends Include = { payload: true }>(
    vectors: readonly VectorInput[],
    options?: SearchOptions<P, I>,
  ): Promise<Match<P, I>[][]> {
    const answers = await this.#search('searchBatch', options, () => {
      const input: unknown = vectors;
      if (!Array.isArray(input)) throw invalid('vectors', `an array of vectors, not ${shown(input)}`);
      return Array.from(input, (vector: unknown, i) => this.#readVector(vector, `vectors[${i}]`));
    });
    return answers as Match<P, I>[][];
  }

  #search(
    operation: 'search' | 'searchBatch',
    options: CallOptions | undefined,
    read: () => Float32Array[],
  ): Promise<object[][]> {
    return this.#perform(operation, options, undefined, async (call) => {
      const asked = checkInput('options', () => readSearch(options, this.#collection));
      const queries = checkInput('vector', read);
      if (operation === 'searchBatch') call.tell(queries.length);
      for (const hint of asked.ignoredHints) this.#parts.ignoredHints.add(hint);
      return this.#reads.search(call, queries, asked);
    });
  }

  #readVector(vector: unknown, place: string): Float32Array {
    return validateVector(vector, this.dimension, this.metric, place);
  }

  explain(vector: VectorInput, options?: SearchOptions<P>): Promise<SearchPlan> {
    return this.#perform('explain', options, undefined, async (call) => {
      const asked = checkInput('options', () => readSearch(options, this.#collection));
      const query = checkInput('vector', () => this.#readVector(vector, 'vector'));
      const plan = await this.#reads.explain(call, query, asked.driver);
      return { ...plan, ignoredHints: [...new Set([...plan.ignoredHints, ...asked.ignoredHints])].sort(compareIds) };
    });
  }

  searchHybrid<const I extends Include = { payload: true }>(
    query: HybridQuery,
    options?: HybridOptions<P, I>,
  ): Promise<HybridMatch<P, I>[]> {
    return this.#perform('searchHybrid', options, undefined, async (call) => {
      const asked = checkInput('query', () => readHybrid(query, options, this.#collection));
      for (const hint of asked.ignoredHints) this.#parts.ignoredHints.add(hint);
      const matches: unknown = await this.#reads.searchHybrid(call, asked.driver);
      return matches as HybridMatch<P, I>[];
    });
  }

  filter<const I extends Include = { payload: true }>(
    filter: Filter<P>,
    options?: FilterOptions<I>,
  ): Promise<Page<P, I>> {
    return this.#perform('filter', options, ['limit', 'cursor', 'include', 'consistency'], async (call, given) => {
      const asked = checkInput('filter', () => readFilter(filter ?? null, this.#collection));
      const limit = integerOption(given.limit, 'options.limit', 1, 10_000, 100);
      const { cursor } = given;
      if (cursor !== undefined && typeof cursor !== 'string')
        throw invalid('options.cursor', `a cursor of the page before, not ${shown(cursor)}`);
      const read = readOptions(given, this.capabilities, { payload: true, vector: false });
      const page: unknown = await this.#reads.page(call, { filter: asked, limit, read }, cursor);
      return page as Page<P, I>;
    });
  }

  get<const I extends Include = { payload: true; vector: true }>(
    id: Id,
    options?: GetOptions<I>,
  ): Promise<VectorRecord<P, I> | undefined>;
  get<const I extends Include = { payload: true; vector: true }>(
    ids: readonly Id[],
    options?: GetOptions<I>,
  ): Promise<(VectorRecord<P, I> | undefined)[]>;
  get(target: Id | readonly Id[], options?: GetOptions): Promise<unknown> {
    return this.#perform('get', options, ['include', 'consistency'], async (call, given) => {
      const single = typeof target === 'string';
      const input: unknown = target;
      if (!single && !Array.isArray(input)) throw invalid('ids', `an id or an array of ids, not ${shown(input)}`);
      const ids = checkInput('ids', () => readIds(target, this.#collection, 'ids'));
      call.tell(ids.length);
      const read = readOptions(given, this.capabilities, { payload: true, vector: true });
      const records = await this.#reads.get(call, ids, read);
      return single ? records[0] : records;
    });
  }

  scan<const I extends Include = { payload: true; vector: true }>(
    options?: ScanOptions<P, I>,
  ): AsyncIterableIterator<VectorRecord<P, I>> {
    return this.#scan(options) as AsyncIterableIterator<VectorRecord<P, I>>;
  }

  async *#scan(options: ScanOptions<P> | undefined): AsyncGenerator<object, void, undefined> {
    const keys = ['filter', 'include', 'batchSize', 'consistency'] as const;
    let asked: ScanRequest | undefined;
    let cursor: string | undefined;
    const slice = new TimeSlice();
    let givenOut = 0;
    do {
      const page: Page<Payload, Include> = await this.#perform('scan', options, keys, (call, given) => {
        asked ??= this.#readScan(given);
        return this.#reads.page(call, asked, cursor);
      });
      for (const record of handedOver(page.records)) {
        // Who loops over a page that is here awaits nothing that takes its time.
        if (givenOut++ % givenTogether === 0) await slice.pause();
        // The page is here already, but an aborted or closed scan must not go on giving from it.
        if (options?.signal?.aborted || this.#parts.lifetime.closed)
          await this.#perform('scan', options, keys, async () => undefined);
        yield record;
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  #readScan(given: {
    readonly filter?: unknown;
    readonly batchSize?: unknown;
    readonly include?: unknown;
    readonly consistency?: unknown;
  }): ScanRequest {
    return {
      filter: checkInput('options.filter', () => readFilter(given.filter, this.#collection, 'options.filter')),
      limit: integerOption(given.batchSize, 'options.batchSize', 1, 10_000, 1_000),
      read: readOptions(given, this.capabilities, { payload: true, vector: true }),
    };
  }

  count(filter?: Filter<P>, options?: CallOptions): Promise<number> {
    return this.#perform('count', options, [], async (call) => {
      const asked = checkInput('filter', () => readFilter(filter, this.#collection));
      if (asked.kind === 'none') return 0;
      const consistency = readConsistency(undefined, this.capabilities);
      return call.run((context) => this.#collection.count(this.#parts.namespace, asked, { consistency }, context));
    });
  }

  recreateIndex(
    index: IndexSpec,
    options?: CallOptions & { readonly strict?: boolean; readonly onProgress?: (progress: IndexProgress) => void },
  ): Promise<void> {
    return this.#performOnRoot('recreateIndex', options, ['strict', 'onProgress'], async (call, given) => {
      if (index === undefined) throw invalid('index', 'an index, for example { type: "hnsw" }');
      const asked = checkInput('index', () => validateIndex(index, this.capabilities, 'index'));
      const strict = booleanOption(given.strict, 'options.strict', false);
      const onProgress = functionOption(given.onProgress, 'options.onProgress') as
        | ((progress: IndexProgress) => void)
        | undefined;
      await call.run((context) =>
        this.#collection.recreateIndex(asked, { strict, ...(onProgress && { onProgress }) }, context),
      );
    });
  }

  namespace(name: string): VectorStore<P> {
    this.#parts.lifetime.check();
    this.#requireRoot('namespace');
    this.#require('namespaces');
    return new PortableStore<P>({
      ...this.#parts,
      namespace: validateNamespace(name, this.capabilities.limits),
      lifetime: this.#parts.lifetime.child('namespace'),
      onClose: async () => undefined,
    });
  }

  listNamespaces(options?: CallOptions): Promise<string[]> {
    return this.#performOnRoot('listNamespaces', options, [], async (call) => {
      const names = await call.run((context) => this.#collection.listNamespaces(context));
      return names.sort(compareIds);
    });
  }

  dropNamespace(name: string, options?: CallOptions): Promise<void> {
    return this.#performOnRoot('dropNamespace', options, [], async (call) => {
      const namespace = validateNamespace(name, this.capabilities.limits);
      await call.run((context) => this.#collection.dropNamespace(namespace, context));
    });
  }

  stats(options?: CallOptions): Promise<CollectionStats> {
    return this.#perform('stats', options, [], async (call) => {
      const stats = await call.run((context) => this.#collection.stats(context));
      return {
        ...structuredClone(stats),
        ignoredHints: [...new Set([...stats.ignoredHints, ...this.#parts.ignoredHints])].sort(compareIds),
      };
    });
  }

  flush(options?: CallOptions): Promise<void> {
    return this.#performOnRoot('flush', options, [], (call) => call.run((context) => this.#collection.flush(context)));
  }

  async close(): Promise<void> {
    if (!(await this.#parts.lifetime.close())) return;
    await this.#parts.onClose().catch((error: unknown) => Promise.reject(typedError(this.#site, 'close', error)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #require(operation: Operation): void {
    requireSupport(this.capabilities.operations[operation], operation);
  }

  #requireRoot(operation: string): void {
    if (this.#parts.namespace === '') return;
    throw invalid(
      'namespace',
      `${operation} is about the whole collection; call it on the root handle, not on namespace ${shown(this.#parts.namespace)}`,
    );
  }

  #perform<T, K extends string>(
    operation: Operation,
    options: CallOptions | undefined,
    keys: readonly K[] | undefined,
    body: (call: Call, given: { readonly [key in K]?: unknown } & object) => Promise<T>,
  ): Promise<T> {
    return perform(this.#site, operation, options, async (call) => {
      this.#require(operation);
      const given =
        keys === undefined
          ? {}
          : checkInput('options', () => checkedOptions(options, [...keys, ...callKeys], 'options'));
      return body(call, given as { readonly [key in K]?: unknown } & object);
    });
  }

  #performOnRoot<T, K extends string>(
    operation: Operation,
    options: CallOptions | undefined,
    keys: readonly K[],
    body: (call: Call, given: { readonly [key in K]?: unknown } & object) => Promise<T>,
  ): Promise<T> {
    return this.#perform(operation, options, keys, async (call, given) => {
      this.#requireRoot(operation);
      return body(call, given);
    });
  }
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

/** Each item once; the array is empty in the end. What a caller has let go of is garbage at once, and not with the last of its page: else it grows old. */
function* handedOver<T>(items: T[]): Generator<T, void, undefined> {
  items.reverse();
  for (let item = items.pop(); item !== undefined; item = items.pop()) yield item;
}
