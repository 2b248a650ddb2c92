import type {
  CollectionDriver,
  DriverHybrid,
  DriverSearch,
  Parts,
  ReadOptions,
  StoredMatch,
  StoredRecord,
} from '../driver.ts';
import { VectorStoreError } from '../errors.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { scoreOf } from '../score.ts';
import { madeInSlices } from '../time-slice.ts';
import type { Id, Include, Page, Payload, PayloadSchema, SearchPlan } from '../types.ts';
import type { Call } from './call.ts';
import { chunks } from './chunks.ts';
import { inheritMark } from './partial.ts';
import type { ReadSearch } from './queries.ts';
import { checkStoredPayload } from './records.ts';

/** A page, or the whole, of the records that match. */
export interface ScanRequest {
  readonly filter: FilterNode;
  readonly limit: number;
  readonly read: ReadOptions;
}

/** Asks the driver, and shapes what comes back: only the parts asked for, scores beside distances, bounds kept exactly. */
export class Reads {
  readonly #collection: CollectionDriver;
  readonly #namespace: string;
  /** Payloads are checked against it, where the user wants that. */
  readonly #schema: PayloadSchema | undefined;

  constructor(collection: CollectionDriver, namespace: string, schema: PayloadSchema | undefined) {
    this.#collection = collection;
    this.#namespace = namespace;
    this.#schema = schema;
  }

  async search(
    call: Call,
    queries: readonly Float32Array[],
    { driver: asked, passes }: ReadSearch,
  ): Promise<object[][]> {
    if (asked.filter.kind === 'none') return queries.map(() => []);
    const answers: object[][] = [];
    for (const some of chunks(queries, this.#collection.capabilities.limits.batchQueries)) {
      const found = await call.run((context) => this.#collection.search(this.#namespace, some, asked, context));
      for (const matches of found) {
        const shaped = await this.#toMatches(await this.#checked(matches), asked.include, passes);
        answers.push(inheritMark(matches, shaped));
      }
    }
    return answers;
  }

  async #toMatches(found: readonly StoredMatch[], include: Parts, passes: ReadSearch['passes']): Promise<object[]> {
    const { metric } = this.#collection.info;
    const near = found.filter(({ distance }) => passes(scoreOf(metric, distance), distance));
    return madeInSlices(near, (match) => {
      const { id, distance } = match;
      return { id, score: scoreOf(metric, distance), distance, ...partsOf(match, include) };
    });
  }

  explain(call: Call, query: Float32Array, asked: DriverSearch): Promise<SearchPlan> {
    return call.run(async (context) => {
      const collection = this.#collection;
      if (collection.explain === undefined)
        throw new VectorStoreError('Internal', 'this adapter says that it has explain, and has not');
      return structuredClone(await collection.explain(this.#namespace, query, asked, context));
    });
  }

  async searchHybrid(call: Call, asked: DriverHybrid): Promise<object[]> {
    if (asked.filter.kind === 'none') return [];
    const found = await call.run(async (context) => {
      const collection = this.#collection;
      if (collection.searchHybrid === undefined)
        throw new VectorStoreError('Internal', 'this adapter says that it has searchHybrid, and has not');
      return collection.searchHybrid(this.#namespace, asked, context);
    });
    return madeInSlices(await this.#checked(found), (match) => {
      const { id, score, vectorScore, textScore } = match;
      return {
        ...{ id, score, distance: 0 - score },
        ...(vectorScore !== undefined && { vectorScore }),
        ...(textScore !== undefined && { textScore }),
        ...partsOf(match, asked.include),
      };
    });
  }

  async page(
    call: Call,
    { filter, limit, read }: ScanRequest,
    cursor: string | undefined,
  ): Promise<Page<Payload, Include>> {
    if (filter.kind === 'none') return { records: [] };
    const options = { ...read, limit, ...(cursor !== undefined && { cursor }) };
    const page = await call.run((context) => this.#collection.filter(this.#namespace, filter, options, context));
    const records = await madeInSlices(await this.#checked(page.records), (record) => toRecord(record, read.include));
    return { records, ...(page.cursor !== undefined && { cursor: page.cursor }) };
  }

  /** In the order asked, duplicates kept, undefined where there is none. */
  async get(call: Call, ids: readonly Id[], read: ReadOptions): Promise<(object | undefined)[]> {
    const found = new Map<Id, StoredRecord>();
    for (const some of chunks([...new Set(ids)], this.#collection.capabilities.limits.batchIds)) {
      const records = await call.run((context) => this.#collection.get(this.#namespace, some, read, context));
      for (const record of await this.#checked(records)) found.set(record.id, record);
    }
    const given = new Set<Id>();
    return madeInSlices(ids, (id) => {
      const record = found.get(id);
      if (record === undefined) return undefined;
      // Asked for twice, given twice: one copy must not change with the other.
      const own = given.has(id) ? structuredClone(record) : record;
      given.add(id);
      return toRecord(own, read.include);
    });
  }

  async #checked<R extends StoredRecord>(records: readonly R[]): Promise<readonly R[]> {
    if (this.#schema === undefined) return records;
    for (const { id, payload } of records) {
      if (payload !== undefined) await checkStoredPayload(this.#schema, payload, id);
    }
    return records;
  }
}

function toRecord(record: StoredRecord, include: Parts): { id: Id } {
  return { id: record.id, ...partsOf(record, include) };
}

/** Only what was asked for, even if a driver gave more. */
function partsOf(record: StoredRecord, include: Parts): object {
  return {
    ...(include.payload && { payload: record.payload ?? {} }),
    ...(include.vector && { vector: record.vector ?? null }),
  };
}
