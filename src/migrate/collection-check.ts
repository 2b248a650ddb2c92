/** Node only. How one collection compares. */
import { type Capabilities, isSupported } from '../capabilities.ts';
import { uniform } from '../random.ts';
import type { VectorStore } from '../store.ts';
import type { CollectionInfo, Id, Payload, RecordInput } from '../types.ts';
import { batched, pageSize } from './batches.ts';
import { differingParts } from './compare.ts';
import { digestBytes, recordDigest } from './digest.ts';
import { isAccepted, mayBeUnholdable, unholdable } from './holdable.ts';
import { type Expected, Neighbours } from './neighbours.ts';
import { type Comparison, Partition } from './partition.ts';
import { sameFields } from './plan.ts';
import type { PhaseProgress } from './progress.ts';
import { Reservoir } from './sample.ts';
import {
  type CollectionScope,
  inNamespace,
  mapped,
  type NamespaceScope,
  namespaceNames,
  namespacesInScope,
} from './scope.ts';
import {
  checkNeighbours,
  checkSearches,
  computedCount,
  inexact,
  matches,
  queryCount,
  type SearchSample,
} from './search-check.ts';
import { Tally } from './tally.ts';
import type { CollectionVerification, SearchCheck, VerifyOptions } from './types.ts';

/** {@link VerifyOptions}, decided. */
type Decided = VerifyOptions & { readonly verify: 'full' | 'sample'; readonly seed: number };

/** In place of a digest, where records are compared as they are read: only the presence of ids is left to compare. */
const present = '\0'.repeat(2 * digestBytes);

/** Compares one collection of the source with one of the target. */
export class CollectionCheck {
  readonly #scope: CollectionScope;
  readonly #from: VectorStore;
  readonly #options: Decided;
  readonly #progress: PhaseProgress;
  readonly #tally: Tally;
  readonly #random: () => number;
  readonly #leftOut: ReadonlySet<string>;

  constructor(scope: CollectionScope, from: VectorStore, options: Decided, progress: PhaseProgress) {
    this.#scope = scope;
    this.#from = from;
    this.#options = options;
    this.#progress = progress;
    this.#tally = new Tally(options.listed ?? 1_000, options.allowExtra === true);
    this.#random = uniform(options.seed);
    const here = (options.leftOut ?? []).filter(({ collection }) => collection === scope.info.name);
    this.#leftOut = new Set(here.map(({ namespace, id }) => keyOf(namespace, id)));
  }

  /** The target has no such collection: everything is missing. */
  async withoutTarget(): Promise<CollectionVerification> {
    for (const { source } of await namespacesInScope(this.#from, this.#options, this.#options.signal)) {
      const records = await inNamespace(this.#from, source).count(this.#options.where, this.#call);
      this.#tally.allMissing(records);
    }
    return this.#result('bits', ['the target has no such collection'], { missing: [], extra: [] }, noSearches);
  }

  async against(into: VectorStore, info: CollectionInfo): Promise<CollectionVerification> {
    const namespaces = await namespacesInScope(this.#from, this.#options, this.#options.signal);
    const samples = new Reservoir<SearchSample>(queryCount(this.#options, this.#from, into), this.#random);
    const computed = this.#computes(into) ? this.#neighbours(into) : undefined;
    for (const [i, namespace] of namespaces.entries()) {
      this.#tally.namespace = namespace.target;
      computed?.begin(namespace, namespaces.length - i);
      if (this.#options.verify === 'sample') await this.#sampleNamespace(namespace, into, { samples, computed });
      else await this.#wholeNamespace(namespace, into, { samples, computed });
      computed?.end();
    }
    const others = await this.#namespaces(namespaces, into);
    await this.#recordsElsewhere(others.extra, into);
    const search = await this.#searches(into, samples.items, computed?.expected);
    return this.#result(into.capabilities.vectorReadback, this.#schema(info), others, search);
  }

  /** Whether the source cannot be asked what the target should find. */
  #computes(into: VectorStore): boolean {
    const { map, allowLossy } = this.#options;
    const mayLeaveOut = mayBeUnholdable(this.#from.capabilities, into.capabilities) && allowLossy !== undefined;
    const isOther = this.#from.metric !== into.metric || this.#from.dimension !== into.dimension;
    return map !== undefined || mayLeaveOut || this.#leftOut.size > 0 || isOther || inexact(this.#from) !== undefined;
  }

  #neighbours(into: VectorStore): Neighbours {
    const { metric, dimension } = into;
    const most = computedCount(this.#options, into);
    return new Neighbours({ metric, dimension, k: matches, most }, this.#random);
  }

  get #call(): { signal?: AbortSignal } {
    return { ...(this.#options.signal && { signal: this.#options.signal }) };
  }

  #schema(info: CollectionInfo): string[] {
    const { spec, allowLossy } = this.#options;
    const wanted = { ...this.#scope.info, ...spec };
    const differing = (['dimension', 'metric'] as const)
      .filter((key) => info[key] !== wanted[key])
      .map((key) => `${key} is ${info[key]}, not ${wanted[key]}`);
    const mayDiffer = isAccepted('field-type', allowLossy) || isAccepted('fields-differ', allowLossy);
    if (!mayDiffer && !sameFields(info.fields, wanted.fields)) differing.push('other fields are declared');
    return differing;
  }

  async #wholeNamespace(namespace: NamespaceScope, into: VectorStore, searched: Searched): Promise<void> {
    const store = inNamespace(into, namespace.target);
    const records = await inNamespace(this.#from, namespace.source).count(undefined, this.#call);
    const partition = new Partition(
      Math.max(records, await store.count(undefined, this.#call)),
      this.#options.temporaryDirectory,
    );
    try {
      // A digest tells equal bits; what is rounded must be compared as it is.
      const byDigest = into.capabilities.vectorReadback === 'bits';
      if (byDigest) await this.#digestBoth(namespace, store, partition, searched);
      else await this.#compareByIds(namespace, store, partition, searched);
      await this.#judge(partition, namespace, store, byDigest);
    } finally {
      await partition.dispose();
    }
  }

  async #digestBoth(
    namespace: NamespaceScope,
    store: VectorStore,
    partition: Partition,
    searched: Searched,
  ): Promise<void> {
    for await (const record of this.#wanted(namespace, store.capabilities, searched))
      await partition.add('wanted', record.id, recordDigest(record));
    await this.#eachFound(store, true, (record) => partition.add('found', record.id, recordDigest(record)));
  }

  async #compareByIds(
    namespace: NamespaceScope,
    store: VectorStore,
    partition: Partition,
    searched: Searched,
  ): Promise<void> {
    const size = this.#pageSize(store.capabilities);
    for await (const batch of batched(this.#wanted(namespace, store.capabilities, searched), size)) {
      const found = await store.get(
        batch.map(({ id }) => id),
        this.#call,
      );
      for (const [i, record] of batch.entries()) {
        const held = found[i];
        const parts = held === undefined ? [] : differingParts(record, held, store.capabilities.vectorReadback);
        if (held !== undefined && parts.length > 0) this.#tally.differs(record.id, parts, asStored(record), held);
        await partition.add('wanted', record.id, present);
      }
    }
    await this.#eachFound(store, false, ({ id }) => partition.add('found', id, present));
  }

  async #eachFound(
    store: VectorStore,
    whole: boolean,
    take: (record: { id: Id; payload: Payload; vector: Float32Array | null }) => Promise<void>,
  ): Promise<void> {
    let count = 0;
    const include = { payload: whole, vector: whole };
    const batchSize = whole ? pageSize(store.dimension, 1_000) : 1_000;
    for await (const record of store.scan({ include, batchSize, ...this.#call })) {
      await take({ id: record.id, payload: record.payload ?? {}, vector: record.vector ?? null });
      count += 1;
      if (count % batchSize === 0) this.#progress.add(batchSize);
    }
    this.#progress.add(count % batchSize);
  }

  /** What the target should hold, by the source as it is now. */
  async *#wanted(
    namespace: NamespaceScope,
    target: Capabilities,
    searched: Searched,
  ): AsyncGenerator<RecordInput<Payload>, void, undefined> {
    const { where, allowLossy } = this.#options;
    const store = inNamespace(this.#from, namespace.source);
    const size = this.#pageSize(target);
    const place = { collection: this.#scope.info.name, namespace: namespace.source };
    let read = 0;
    for await (const record of store.scan({ batchSize: size, ...this.#call, ...(where && { filter: where }) })) {
      const { vector } = record;
      if (vector !== null) searched.samples.offer(() => ({ namespace, vector }));
      for (const wanted of await mapped(record, place, this.#options)) {
        const why = unholdable(wanted, target);
        const isLeftOut =
          why !== undefined ? isAccepted(why.code, allowLossy) : this.#leftOut.has(keyOf(place.namespace, wanted.id));
        if (isLeftOut) this.#tally.unverifiable(1, why?.detail ?? 'the target refused it');
        else {
          searched.computed?.offer(wanted);
          yield wanted;
        }
      }
      read += 1;
      if (read % size === 0) this.#progress.add(size);
    }
    this.#progress.add(read % size);
  }

  /** Records that are read of the source at once, and whose ids the target is asked for. */
  #pageSize(target: Capabilities): number {
    return Math.min(pageSize(this.#from.dimension, 1_000), target.limits.batchIds);
  }

  async #judge(partition: Partition, namespace: NamespaceScope, store: VectorStore, byDigest: boolean): Promise<void> {
    const toDescribe: Comparison[] = [];
    for await (const comparison of partition.compared()) {
      this.#tally.enter(comparison);
      if (byDigest && comparison.outcome === 'different' && this.#tally.isListed) toDescribe.push(comparison);
    }
    // How they differ can only be told with both before us; with a map nobody knows which record of the source it was.
    if (this.#options.map !== undefined) return;
    for (let at = 0; at < toDescribe.length; at += 100) {
      const ids = toDescribe.slice(at, at + 100).map(({ id }) => id);
      const wanted = await inNamespace(this.#from, namespace.source).get(ids, this.#call);
      const found = await store.get(ids, this.#call);
      for (const [i, id] of ids.entries()) this.#tally.describe(id, wanted[i], found[i]);
    }
  }

  async #sampleNamespace(namespace: NamespaceScope, into: VectorStore, searched: Searched): Promise<void> {
    const store = inNamespace(into, namespace.target);
    const sample = new Reservoir<RecordInput<Payload>>(this.#options.sampleSize ?? 1_000, this.#random);
    let wanted = 0;
    for await (const record of this.#wanted(namespace, store.capabilities, searched)) {
      sample.offer(() => record);
      wanted += 1;
    }
    const held = await store.count(undefined, this.#call);
    this.#tally.counts(wanted, held);
    this.#tally.unverifiable(wanted - sample.items.length, 'not in the sample');
    for (let at = 0; at < sample.items.length; at += 100) {
      const some = sample.items.slice(at, at + 100);
      const found = await store.get(
        some.map(({ id }) => id),
        this.#call,
      );
      for (const [i, record] of some.entries()) {
        const other = found[i];
        if (other === undefined) {
          this.#tally.enter({ id: record.id, outcome: 'missing' });
          continue;
        }
        const parts = differingParts(record, other, store.capabilities.vectorReadback);
        if (parts.length > 0) this.#tally.differs(record.id, parts, asStored(record), other);
        this.#tally.enter({ id: record.id, outcome: 'equal' });
      }
    }
  }

  /** Namespaces of the target that hold records and should not, or the other way round. Of namespaces asked for by name only those are looked at. */
  async #namespaces(
    expected: readonly NamespaceScope[],
    into: VectorStore,
  ): Promise<{ missing: string[]; extra: string[] }> {
    const held = new Set(await namespaceNames(into, this.#options.signal));
    const named = new Set(expected.map(({ target }) => target));
    const wanted = this.#tally.namespacesWithRecords;
    return {
      missing: [...wanted].filter((name) => name !== '' && !held.has(name)),
      extra: this.#options.namespaces === undefined ? [...held].filter((name) => !named.has(name)) : [],
    };
  }

  /** What is in namespaces that should not be there. */
  async #recordsElsewhere(names: readonly string[], into: VectorStore): Promise<void> {
    for (const name of names) {
      this.#tally.namespace = name;
      for await (const { id } of into
        .namespace(name)
        .scan({ include: { payload: false, vector: false }, ...this.#call }))
        this.#tally.enter({ id, outcome: 'extra' });
    }
  }

  async #searches(
    into: VectorStore,
    samples: readonly SearchSample[],
    expected: readonly Expected[] | undefined,
  ): Promise<SearchCheck> {
    const skip = (unverifiable: string): SearchCheck => ({ ...noSearches, unverifiable });
    if (this.#options.queries === 0) return skip('as asked for');
    if (this.#options.allowExtra === true) return skip('the target holds other records, too');
    if (!isSupported(into.capabilities.operations.searchBatch)) return skip('the target does not search');
    const refused = inexact(into);
    if (refused !== undefined) return skip(`no exact search: ${refused}`);
    if (expected !== undefined) return checkNeighbours(into, expected, this.#options);
    return checkSearches(this.#from, into, samples, this.#options);
  }

  #result(
    vectors: CollectionVerification['vectors'],
    schema: readonly string[],
    namespaces: CollectionVerification['namespaces'],
    search: SearchCheck,
  ): CollectionVerification {
    return this.#tally.result({
      source: this.#scope.info.name,
      target: this.#scope.target,
      vectors,
      schema,
      namespaces,
      search,
    });
  }
}

/** What searches will be made by, gathered while the records pass by. */
interface Searched {
  readonly samples: Reservoir<SearchSample>;
  readonly computed: Neighbours | undefined;
}

const noSearches: SearchCheck = { queries: 0, k: matches, agreeing: 0, overlap: 1, differing: [] };

const keyOf = (namespace: string, id: Id) => JSON.stringify([namespace, id]);

function asStored({ vector, payload = {} }: RecordInput<Payload>): { vector: Float32Array | null; payload: Payload } {
  return { vector: vector === null ? null : Float32Array.from(vector), payload };
}
