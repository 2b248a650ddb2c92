import type { DriverHybrid, DriverSearch, Parts, StoredHybridMatch, StoredMatch, StoredRecord } from '../driver.ts';
import { invalid } from '../errors.ts';
import { type FilterNode, fieldsIn } from '../filter/normal-form.ts';
import { fuseInPieces } from '../fusion.ts';
import { scoreOf } from '../score.ts';
import type { Pieces, TimeSlice } from '../time-slice.ts';
import type { FieldType, Id, Metric, Payload, SearchPlan } from '../types.ts';
import { cloneJson } from '../validate/payload.ts';
import { BirthOrder } from './birth-order.ts';
import { DiskVectors } from './disk-vectors.ts';
import type { Proposal, VectorIndex, VectorSource } from './index/vector-index.ts';
import type { OriginalVectors } from './original-vectors.ts';
import type { PartitionContent, PartitionImage, StoredPartition } from './partition-image.ts';
import { Bitset } from './payload/bitset.ts';
import { PayloadTable } from './payload/payload-table.ts';
import { RecordSlots } from './record-slots.ts';
import { SearchTrace } from './search-trace.ts';
import { type Ranked, TopK } from './top-k.ts';
import { VectorTable } from './vector-table.ts';

/** Up to this many candidates the engine compares with each instead of asking the index: no slower, and always right. */
const fewCandidates = 128;

/** Between two looks at the clock: records read, made or written (a text takes longest), … */
const madeTogether = 64;
const writtenTogether = 4;
/** … slots that are only passed by, … */
const passedTogether = 1_024;
/** … vectors compared, each perhaps read from a disk, and their components. */
const comparedTogether = { vectors: 256, components: 2 ** 18 };

/** What partitions of one collection share. */
export interface PartitionSpec {
  readonly dimension: number;
  readonly metric: Metric;
  readonly fields: { readonly [field: string]: FieldType };
  /** Whether original vectors that are in a file stay there. Default: `memory`. */
  readonly originals?: 'memory' | 'disk';
}

/** A record and the slot it lives in. */
export interface SlottedRecord {
  readonly slot: number;
  readonly id: Id;
  readonly vector: Float32Array | null;
  readonly payload: Payload;
  /** The payload as JSON text, where somebody has made it already. */
  readonly json?: string;
}

/**
 * The records of one namespace: ids, vectors, payloads, and the index over the vectors. What may be much is done in pieces: no record must change between
 * those of a read, and nobody read between those of a write.
 */
export class Partition {
  readonly vectors: OriginalVectors;
  readonly #payloads: PayloadTable;
  readonly #slots: RecordSlots;
  readonly #live: Bitset;
  readonly #withVector: Bitset;
  readonly #births: BirthOrder;
  /** Birth numbers are this object's own: a cursor of another one, from before a restart, must not pass for one of ours. */
  readonly #cursorMark = Math.random().toString(36).slice(2, 10);
  readonly #metric: Metric;
  #index: VectorIndex;
  #vectorVersion: number;

  /**
   * @param image A state to begin with; the index is not given its vectors.
   * @param firstVersion Of the vectors, without an image.
   */
  constructor(
    { dimension, metric, fields, originals }: PartitionSpec,
    createIndex: (vectors: VectorSource) => VectorIndex,
    image?: PartitionImage,
    firstVersion = 0,
  ) {
    this.#metric = metric;
    this.#live = Bitset.allBut(image?.free ?? [], image?.slots ?? 0);
    this.#births = BirthOrder.of(image?.order ?? new Uint32Array(0));
    this.#withVector = Bitset.ofWords(image?.withVector ?? new Uint32Array(0));
    this.#vectorVersion = image?.vectorVersion ?? firstVersion;
    this.vectors =
      originals === 'disk' ? new DiskVectors(dimension, metric, image?.stored) : new VectorTable(dimension, metric);
    this.#payloads = new PayloadTable(fields, image && { from: image.stored, slots: this.#live, length: image.slots });
    this.#slots = new RecordSlots(image);
    this.#index = createIndex(this.vectors);
  }

  /** Reads the original vectors of an image into memory, in slices, where that is where they are to be. */
  async loadVectors({ slots, stored }: PartitionImage, slice: TimeSlice): Promise<void> {
    if (this.vectors instanceof VectorTable) await this.vectors.load(slots, stored.rows, slice);
  }

  /** Everything to be saved. Must not be changed while that is used. */
  content(): PartitionContent {
    return {
      slots: this.#slots.length,
      order: this.#births.slots(),
      free: Uint32Array.from(this.#slots.free),
      withVector: this.#withVector.words(),
      vectorVersion: this.#vectorVersion,
      id: (slot) => this.#slots.idAt(slot),
      payload: (slot) => this.#payloads.textAt(slot),
      vector: (slot) => this.vectors.at(slot),
    };
  }

  /** What {@link Partition.content} gave is in this file from now on. */
  moveTo(stored: StoredPartition): void {
    this.#payloads.moveTo(stored);
    if (this.vectors instanceof DiskVectors) this.vectors.moveTo(stored);
  }

  /** Does in slices what an answer to this filter needs to be done once. */
  async prepare(filter: FilterNode, slice: TimeSlice): Promise<void> {
    await this.#payloads.prepare(fieldsIn(filter), slice);
  }

  /** Whether {@link Partition.prepareIds} has nothing to do. */
  get knowsIds(): boolean {
    return this.#slots.isReady;
  }

  /** Does in slices what the first question for a record by its id needs to be done once. */
  async prepareIds(slice: TimeSlice): Promise<void> {
    await slice.finish(this.#slots.prepare());
  }

  /** Does in slices what a ranking by the text of these fields needs to be done once. */
  async prepareText(fields: DriverHybrid['fields'], slice: TimeSlice): Promise<void> {
    await this.#payloads.prepare(
      fields.map(({ field }) => field),
      slice,
    );
  }

  get size(): number {
    return this.#slots.size;
  }
  get index(): VectorIndex {
    return this.#index;
  }
  /** Counts the operations that changed vectors: replaying the same log gives the same number. Tells whether a saved index still fits. */
  get vectorVersion(): number {
    return this.#vectorVersion;
  }

  has(id: Id): boolean {
    return this.#slots.slotOf(id) !== undefined;
  }

  payloadOf(id: Id): Payload | undefined {
    const slot = this.#slots.slotOf(id);
    return slot === undefined ? undefined : this.#payloads.at(slot);
  }

  /** The slots that new and replaced records would get, in order; nothing changes yet. */
  allot(ids: readonly Id[]): number[] {
    return this.#slots.allot(ids);
  }

  /** Writes whole records at slots from {@link allot}, or, while a log is replayed, at those it names. */
  *put(records: readonly SlottedRecord[]): Pieces<void> {
    const added: number[] = [];
    const emptied: number[] = [];
    for (const [i, { slot, id, vector, payload }] of records.entries()) {
      if (i % writtenTogether === writtenTogether - 1) yield;
      if (!this.has(id)) this.#occupy(slot, id);
      this.#payloads.set(slot, payload);
      if (vector !== null) {
        this.vectors.set(slot, vector);
        added.push(slot);
      } else if (this.#withVector.has(slot)) {
        emptied.push(slot);
      }
    }
    this.#changeVectors(added, emptied);
  }

  *setPayloads(entries: readonly { readonly id: Id; readonly payload: Payload }[]): Pieces<void> {
    for (const [i, { id, payload }] of entries.entries()) {
      if (i % writtenTogether === writtenTogether - 1) yield;
      this.#payloads.set(this.#slots.slotOf(id)!, payload);
    }
  }

  /** Removes the records that are there. */
  *remove(ids: readonly Id[]): Pieces<void> {
    const emptied: number[] = [];
    for (const [i, id] of ids.entries()) {
      if (i % writtenTogether === writtenTogether - 1) yield;
      const slot = this.#slots.release(id);
      if (slot === undefined) continue;
      if (this.#withVector.has(slot)) emptied.push(slot);
      this.#live.delete(slot);
      this.#births.remove(slot);
      this.#payloads.remove(slot);
    }
    this.#changeVectors([], emptied);
  }

  /** The ids of the records that match. */
  *idsMatching(filter: FilterNode): Pieces<Id[]> {
    const ids: Id[] = [];
    for (const slot of yield* this.#payloads.resolve(filter, this.#live)) {
      ids.push(this.#slots.idAt(slot));
      if (ids.length % passedTogether === 0) yield;
    }
    return ids;
  }

  *count(filter: FilterNode): Pieces<number> {
    return filter.kind === 'all' ? this.size : (yield* this.#payloads.resolve(filter, this.#live)).count();
  }

  *get(ids: readonly Id[], include: Parts): Pieces<StoredRecord[]> {
    const records: StoredRecord[] = [];
    for (const [i, id] of ids.entries()) {
      if (i % madeTogether === madeTogether - 1) yield;
      const slot = this.#slots.slotOf(id);
      if (slot !== undefined) records.push(this.#recordAt(slot, include));
    }
    return records;
  }

  /** A page of matching records, oldest first; see {@link BirthOrder}. */
  *page(
    filter: FilterNode,
    limit: number,
    cursor: string | undefined,
    include: Parts,
  ): Pieces<{ records: StoredRecord[]; cursor?: string }> {
    const { after, until } = cursor === undefined ? { after: 0, until: this.#births.latest } : this.#readCursor(cursor);
    const matching = filter.kind === 'all' ? this.#live : yield* this.#payloads.resolve(filter, this.#live);
    const records: StoredRecord[] = [];
    let last = after;
    let passed = 0;
    for (const { slot, birth } of this.#births.after(after, until)) {
      passed += 1;
      if (passed % passedTogether === 0) yield;
      if (!matching.has(slot)) continue;
      if (records.length === limit) return { records, cursor: `${this.#cursorMark}-${last}-${until}` };
      // Who passes by everything must not leave all of it in memory.
      const record: Writable<StoredRecord> = { id: this.#slots.passingIdAt(slot) };
      if (include.payload) record.payload = this.#payloads.copyAt(slot);
      records.push(this.#fill(record, slot, { payload: false, vector: include.vector }));
      if (records.length % madeTogether === 0) yield;
      last = birth;
    }
    return { records };
  }

  *search(query: Float32Array, asked: DriverSearch): Pieces<StoredMatch[]> {
    return yield* this.#toMatches(yield* this.#nearest(query, asked), asked);
  }

  /**
   * Each as `search` answers it, by other threads as far as the index has them. Asynchronous: what is written meanwhile is seen by the queries that have
   * no answer yet.
   *
   * @param pause Lets others run, between two answers.
   * @param whole Does what an answer takes.
   */
  async searchBatch(
    queries: readonly Float32Array[],
    asked: DriverSearch,
    pause: () => Promise<void>,
    whole: <T>(pieces: Pieces<T>) => T | Promise<T>,
  ): Promise<StoredMatch[][]> {
    const answers: StoredMatch[][] = [];
    if (queries.length > 1) {
      for await (const likely of this.#likelyTogether(queries, asked, pause))
        answers.push(await whole(this.#answer(queries[answers.length]!, asked, likely)));
    }
    while (answers.length < queries.length) {
      if (answers.length > 0) await pause();
      const answer = whole(this.search(queries[answers.length]!, asked));
      // Most are there at once.
      answers.push(answer instanceof Promise ? await answer : answer);
    }
    return answers;
  }

  *#answer(query: Float32Array, asked: DriverSearch, likely: Proposal): Pieces<StoredMatch[]> {
    return yield* this.#toMatches(yield* this.#ranked(query, asked, likely), asked);
  }

  /** As `#likely`, until the vectors are others, for queries in their order. */
  async *#likelyTogether(
    queries: readonly Float32Array[],
    { exact, filter, k, params }: DriverSearch,
    pause: () => Promise<void>,
  ): AsyncGenerator<Proposal, void, undefined> {
    const allowedCount = this.#withVector.count();
    if (exact || filter.kind !== 'all' || allowedCount <= Math.max(k, fewCandidates)) return;
    const [index, version] = [this.#index, this.#vectorVersion];
    for await (const likely of index.searchTogether?.(queries, k, { params, allowed: undefined, allowedCount }) ?? []) {
      await pause();
      if (this.#vectorVersion !== version || this.#index !== index || likely.slots.length < k) return;
      yield likely;
    }
  }

  *#toMatches(ranked: readonly Ranked[], { include }: DriverSearch): Pieces<StoredMatch[]> {
    const matches: StoredMatch[] = [];
    for (const { slot, id, distance } of ranked) {
      const match: Writable<StoredMatch> = { id, distance };
      matches.push(this.#fill(match, slot, include));
      if (matches.length % madeTogether === 0) yield;
    }
    return matches;
  }

  *searchHybrid(asked: DriverHybrid): Pieces<StoredHybridMatch[]> {
    const { vector, candidates, include, fusion, k } = asked;
    const each = { ...asked, k: candidates, maxDistance: Number.POSITIVE_INFINITY };
    const nearest = vector && (yield* this.#nearest(vector, each));
    const byVector = nearest?.map((hit) => ({ ...hit, score: scoreOf(this.#metric, hit.distance) }));
    yield;
    const best = yield* this.#bestByText(asked, vector === undefined ? k : candidates);
    const byText = best.map((hit) => ({ ...hit, score: -hit.distance }));
    yield;
    const matches: StoredHybridMatch[] = [];
    for (const { hit, ...scores } of yield* fuseInPieces(byVector, byText, fusion, k)) {
      matches.push({ ...this.#recordAt(hit.slot, include), ...scores });
      if (matches.length % madeTogether === 0) yield;
    }
    return matches;
  }

  /** The records that hold most of the terms; `distance` is the score, negated. */
  *#bestByText({ fields, terms, filter }: DriverHybrid, k: number): Pieces<Ranked[]> {
    const allowed = filter.kind === 'all' ? this.#live : yield* this.#payloads.resolve(filter, this.#live);
    const best = new TopK(k);
    yield* this.#payloads.rankByText(fields, terms, { k, allowed }, (slot, score) => {
      if (best.admits(-score)) best.offer({ slot, id: this.#slots.idAt(slot), distance: -score });
    });
    return yield* best.sortedInPieces();
  }

  /** Answers the search, and says how. */
  *explain(query: Float32Array, asked: DriverSearch): Pieces<PartitionPlan> {
    const trace = new SearchTrace();
    yield* this.#nearest(query, asked, trace);
    const { strategy, reason, considered, params, compared } = trace;
    const total = this.size;
    const candidates = (yield* this.#candidates(asked.filter)).count();
    const matching = yield* this.count(asked.filter);
    return { strategy, reason, considered, params, compared, total, matching, candidates };
  }

  /** Records with a vector that pass a filter. */
  *#candidates(filter: FilterNode): Pieces<Bitset> {
    return filter.kind === 'all' ? this.#withVector : yield* this.#payloads.resolve(filter, this.#withVector);
  }

  *#nearest(query: Float32Array, asked: DriverSearch, trace?: SearchTrace): Pieces<Ranked[]> {
    const candidates = asked.filter.kind === 'all' ? this.#withVector : yield* this.#candidates(asked.filter);
    if (asked.exact) trace?.decline('it was asked for: exact');
    const likely = asked.exact ? undefined : this.#likely(query, asked, candidates, trace);
    return yield* this.#ranked(query, asked, likely ?? { slots: candidates.toArray() }, trace);
  }

  /** The best of these slots. */
  *#ranked(
    query: Float32Array,
    asked: DriverSearch,
    { slots, worth }: Compared,
    trace?: SearchTrace,
  ): Pieces<Ranked[]> {
    const { k, maxDistance } = asked;
    const best = new TopK(k);
    const ids = this.#slots;
    const offer = (slot: number, distance: number) => {
      if (distance <= maxDistance && best.admits(distance)) best.offer({ slot, id: ids.idAt(slot), distance });
    };
    let compared = slots.length;
    const { vectors, components } = comparedTogether;
    const together = Math.max(1, Math.min(vectors, Math.floor(components / this.vectors.dimension)));
    if (worth !== undefined && slots.length <= together) {
      const nearest: number[] = [];
      this.vectors.distances(query, slots.slice(0, k), (slot, distance) => {
        nearest.push(distance);
        offer(slot, distance);
      });
      compared = worth(nearest);
      if (compared > k) this.vectors.distances(query, slots.slice(k, compared), offer);
    } else if (slots.length <= together) this.vectors.distances(query, slots, offer);
    else {
      for (let at = 0; at < slots.length; at += together) {
        this.vectors.distances(query, slots.slice(at, at + together), offer);
        yield;
      }
    }
    if (trace !== undefined) noteCompared(trace, compared);
    return yield* best.sortedInPieces();
  }

  /** What the index proposes; undefined where comparing with every candidate is cheaper, or the index came back with too few. */
  #likely(query: Float32Array, asked: DriverSearch, candidates: Bitset, trace?: SearchTrace): Proposal | undefined {
    const count = candidates.count();
    const filtered = candidates !== this.#withVector;
    if (count <= Math.max(asked.k, fewCandidates))
      return trace?.decline(`there are ${count} candidates: comparing with each is no slower than asking the index`);
    const likely = this.#index.search(query, asked.k, {
      params: asked.params,
      allowed: filtered ? candidates : undefined,
      allowedCount: count,
      trace,
    });
    if (likely !== undefined && likely.slots.length < asked.k)
      return trace?.decline(`the index came back with ${likely.slots.length} of ${asked.k} that there must be`);
    return likely;
  }

  /** Slots with a vector, ascending. */
  vectorSlots(): Uint32Array {
    return this.#withVector.toArray();
  }

  /** Another index over the same vectors takes over. */
  replaceIndex(index: VectorIndex): void {
    this.#index.dispose();
    this.#index = index;
  }

  dispose(): void {
    this.#index.dispose();
  }

  #readCursor(cursor: string): { after: number; until: number } {
    const [mark, after, until, ...rest] = cursor.split('-');
    const numbers = [after, until].every((text) => text !== undefined && /^\d{1,15}$/.test(text));
    if (mark !== this.#cursorMark || !numbers || rest.length > 0) {
      throw invalid(
        'options.cursor',
        'not a cursor that this collection gave since it was opened; begin again without one',
      );
    }
    return { after: Number(after), until: Number(until) };
  }

  #occupy(slot: number, id: Id): void {
    this.#slots.take(slot, id);
    this.#live.add(slot);
    this.#births.add(slot);
  }

  #changeVectors(added: number[], emptied: number[]): void {
    if (added.length === 0 && emptied.length === 0) return;
    this.#vectorVersion += 1;
    for (const slot of added) this.#withVector.add(slot);
    for (const slot of emptied) this.#withVector.delete(slot);
    if (emptied.length > 0) this.#index.remove(emptied);
    if (added.length > 0) this.#index.add(added);
  }

  #recordAt(slot: number, include: Parts): StoredRecord {
    const record: Writable<StoredRecord> = { id: this.#slots.idAt(slot) };
    return this.#fill(record, slot, include);
  }

  /** Adds the parts that are asked for. Every search does this for every hit: no object is made that is not needed. */
  #fill<R extends Writable<StoredRecord>>(record: R, slot: number, include: Parts): R {
    if (include.payload) record.payload = cloneJson(this.#payloads.at(slot));
    if (include.vector) record.vector = this.#withVector.has(slot) ? this.vectors.copyAt(slot) : null;
    return record;
  }
}

/** An answer that is complete: how many vectors it took. */
function noteCompared(trace: SearchTrace, vectors: number): void {
  trace.compared.vectors = vectors;
  if (vectors === 0) trace.take('nothing', 'no record with a vector passes the filter');
  else if (trace.reason === '') trace.decline('the index leaves it to comparing with every candidate');
}

/** What a partition says of a search: all but the index, which is the collection's. */
export type PartitionPlan = Omit<SearchPlan, 'index' | 'ignoredHints'>;

/** Of a namespace without records. */
export const emptyPlan: PartitionPlan = {
  ...{ strategy: 'nothing', reason: 'there are no records', considered: [{ strategy: 'nothing' }], params: {} },
  ...{ total: 0, matching: 0, candidates: 0, compared: { vectors: 0 } },
};

type Slots = Uint32Array | readonly number[];

/** What a search compares with. */
interface Compared extends Pick<Proposal, 'worth'> {
  readonly slots: Slots;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
