import type { DriverSearch, Parts, StoredMatch, StoredRecord } from '../driver.ts';
import { invalid } from '../errors.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { norm } from '../score.ts';
import type { FieldType, Id, Metric, Payload } from '../types.ts';
import { cloneJson } from '../validate/payload.ts';
import { BirthOrder } from './birth-order.ts';
import type { VectorIndex, VectorSource } from './index/vector-index.ts';
import { Bitset } from './payload/bitset.ts';
import { PayloadTable } from './payload/payload-table.ts';
import { TopK } from './top-k.ts';
import { VectorTable } from './vector-table.ts';

/**
 * Up to this many candidates the engine compares with each instead of asking the index: no slower, and always right. More under a filter,
 * where an index has to pass over what does not match.
 */
const exactThreshold = { unfiltered: 128, filtered: 1_000 };

/** What partitions of one collection share. */
export interface PartitionSpec {
  readonly dimension: number;
  readonly metric: Metric;
  readonly fields: { readonly [field: string]: FieldType };
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

/** The records of one namespace, in memory: ids, vectors, payloads, and the index over the vectors. All methods are synchronous. */
export class Partition {
  readonly vectors: VectorTable;
  readonly #payloads: PayloadTable;
  readonly #slots = new Map<Id, number>();
  readonly #ids: (Id | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #live = new Bitset();
  readonly #withVector = new Bitset();
  readonly #births = new BirthOrder();
  /** Birth numbers are this object's own: a cursor of another one, from before a restart, must not pass for one of ours. */
  readonly #cursorMark = Math.random().toString(36).slice(2, 10);
  #index: VectorIndex;
  #vectorVersion = 0;

  constructor(spec: PartitionSpec, createIndex: (vectors: VectorSource) => VectorIndex) {
    this.vectors = new VectorTable(spec.dimension, spec.metric);
    this.#payloads = new PayloadTable(spec.fields);
    this.#index = createIndex(this.vectors);
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
  /** After the log was written anew, with fewer operations. */
  set vectorVersion(version: number) {
    this.#vectorVersion = version;
  }

  has(id: Id): boolean {
    return this.#slots.has(id);
  }

  payloadOf(id: Id): Payload | undefined {
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : this.#payloads.at(slot);
  }

  /** The slots that new and replaced records would get, in order; nothing changes yet. */
  allot(ids: readonly Id[]): number[] {
    let fromFree = this.#free.length;
    let beyond = this.#ids.length;
    return ids.map((id) => this.#slots.get(id) ?? (fromFree > 0 ? this.#free[--fromFree]! : beyond++));
  }

  /** Writes whole records at slots from {@link allot}, or, while a log is replayed, at those it names. */
  put(records: readonly SlottedRecord[]): void {
    const added: number[] = [];
    const emptied: number[] = [];
    for (const { slot, id, vector, payload } of records) {
      if (!this.#slots.has(id)) this.#occupy(slot, id);
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

  setPayload(id: Id, payload: Payload): void {
    this.#payloads.set(this.#slots.get(id)!, payload);
  }

  /** Removes the records that are there. */
  remove(ids: readonly Id[]): void {
    const emptied: number[] = [];
    for (const id of ids) {
      const slot = this.#slots.get(id);
      if (slot === undefined) continue;
      if (this.#withVector.has(slot)) emptied.push(slot);
      this.#slots.delete(id);
      this.#ids[slot] = undefined;
      this.#free.push(slot);
      this.#live.delete(slot);
      this.#births.remove(slot);
      this.#payloads.remove(slot);
    }
    this.#changeVectors([], emptied);
  }

  /** The ids of the records that match. */
  idsMatching(filter: FilterNode): Id[] {
    return Array.from(this.#payloads.resolve(filter, this.#live), (slot) => this.#ids[slot]!);
  }

  count(filter: FilterNode): number {
    return filter.kind === 'all' ? this.size : this.#payloads.resolve(filter, this.#live).count();
  }

  get(ids: readonly Id[], include: Parts): StoredRecord[] {
    return ids.flatMap((id) => {
      const slot = this.#slots.get(id);
      return slot === undefined ? [] : [this.#recordAt(slot, include)];
    });
  }

  /** A page of matching records, oldest first; see {@link BirthOrder}. */
  page(
    filter: FilterNode,
    limit: number,
    cursor: string | undefined,
    include: Parts,
  ): { records: StoredRecord[]; cursor?: string } {
    const { after, until } = cursor === undefined ? { after: 0, until: this.#births.latest } : this.#readCursor(cursor);
    const matching = filter.kind === 'all' ? this.#live : this.#payloads.resolve(filter, this.#live);
    const records: StoredRecord[] = [];
    let last = after;
    for (const { slot, birth } of this.#births.after(after, until)) {
      if (!matching.has(slot)) continue;
      if (records.length === limit) return { records, cursor: `${this.#cursorMark}-${last}-${until}` };
      records.push(this.#recordAt(slot, include));
      last = birth;
    }
    return { records };
  }

  search(query: Float32Array, asked: DriverSearch): StoredMatch[] {
    const candidates =
      asked.filter.kind === 'all' ? this.#withVector : this.#payloads.resolve(asked.filter, this.#withVector);
    const best = new TopK(asked.k);
    const queryNorm = norm(query);
    const offer = (slot: number) => {
      const distance = this.vectors.distance(slot, query, queryNorm);
      if (distance <= asked.maxDistance && best.admits(distance)) best.offer({ slot, id: this.#ids[slot]!, distance });
    };
    const likely = asked.exact ? undefined : this.#likely(query, asked, candidates);
    if (likely === undefined) candidates.forEach(offer);
    else for (const slot of likely) offer(slot);
    return best.sorted().map(({ slot, distance }) => ({ ...this.#recordAt(slot, asked.include), distance }));
  }

  /** What the index proposes; undefined where comparing with every candidate is cheaper, or the index came back with too few. */
  #likely(query: Float32Array, asked: DriverSearch, candidates: Bitset): readonly number[] | undefined {
    const count = candidates.count();
    const filtered = candidates !== this.#withVector;
    if (count <= Math.max(asked.k, filtered ? exactThreshold.filtered : exactThreshold.unfiltered)) return undefined;
    const slots = this.#index.search(query, asked.k, {
      params: asked.params,
      allowed: filtered ? (slot) => candidates.has(slot) : undefined,
      allowedCount: count,
    });
    return slots === undefined || slots.length < asked.k ? undefined : slots;
  }

  /** Slots with a vector, ascending. */
  vectorSlots(): number[] {
    return [...this.#withVector];
  }

  /** Every record, for writing the log anew. */
  *records(): Generator<SlottedRecord, void, undefined> {
    for (const { slot } of this.#births.after(0, this.#births.latest)) {
      const vector = this.#withVector.has(slot) ? this.vectors.at(slot) : null;
      yield { slot, id: this.#ids[slot]!, vector, payload: this.#payloads.at(slot) };
    }
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
    // While a log is replayed, slots come in any order: those passed over are free until they are named.
    for (let skipped = this.#ids.length; skipped < slot; skipped++) {
      this.#ids.push(undefined);
      this.#free.push(skipped);
    }
    if (slot === this.#ids.length) this.#ids.push(id);
    else this.#takeFree(slot);
    this.#ids[slot] = id;
    this.#slots.set(id, slot);
    this.#live.add(slot);
    this.#births.add(slot);
  }

  #takeFree(slot: number): void {
    // Allotted slots come off the end; only a replayed log takes others.
    if (this.#free.at(-1) === slot) this.#free.pop();
    else this.#free.splice(this.#free.lastIndexOf(slot), 1);
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
    return {
      id: this.#ids[slot]!,
      ...(include.payload && { payload: cloneJson(this.#payloads.at(slot)) }),
      ...(include.vector && { vector: this.#withVector.has(slot) ? this.vectors.at(slot).slice() : null }),
    };
  }
}
