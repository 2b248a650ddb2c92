import type { CallContext } from '../../src/driver.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { BodyWriter } from '../../src/remote/body-writer.ts';
import {
  checkAsked,
  checkUpserted,
  checkWritten,
  readCounts,
  readIds,
  readMatches,
  readNext,
  readRecords,
  type WireMatch,
  type WirePage,
  type WireRecord,
} from './answers.ts';
import type { Answer, Body, PineconeClient, SdkIndex } from './client.ts';
import { isStatus, mayBeGone } from './errors.ts';
import type { MetadataFilter } from './filter.ts';
import type { Freshness, Seen } from './freshness.ts';
import { toWireNamespace } from './namespaces.ts';

/** What a query asks for. */
export interface QueryRequest {
  readonly values: Float32Array;
  readonly topK: number;
  readonly filter: MetadataFilter | undefined;
  readonly includeValues: boolean;
  readonly includeMetadata: boolean;
}

/** Ids are part of the address in a fetch. */
const mostAddressBytes = 4_096;
const mostIdsPerFetch = 100;
/** A fetch answers with whole vectors and metadata. */
const mostAnswerBytes = 4_000_000;
/** Records per page of a list, and of a fetch by metadata. */
export const mostPerPage = 100;
const inFlight = 4;

/** Calls whose body is prepared here: what the SDK would send is of no account, only where to and with which headers. */
const prepared = {
  upsert: (index: SdkIndex) => index.upsert({ records: [{ id: '-', values: [1] }] }),
  query: (index: SdkIndex) => index.query({ vector: [1], topK: 1 }),
  fetchByMetadata: (index: SdkIndex) => index.fetchByMetadata({ filter: { '-': 1 } }),
  delete: (index: SdkIndex) => index.deleteMany({ ids: ['-'] }),
} as const;

/** The data plane of one index: one method per call of the service. */
export class Requests {
  readonly host: string;
  readonly #client: PineconeClient;
  readonly #name: string;
  readonly #dimension: number;
  readonly #freshness: Freshness;
  /** Set when this connection drops the index: nothing is asked any more. */
  #dropped = false;

  constructor(
    client: PineconeClient,
    index: { readonly name: string; readonly host: string; readonly dimension: number },
    freshness: Freshness,
  ) {
    this.#client = client;
    this.host = index.host;
    this.#name = index.name;
    this.#dimension = index.dimension;
    this.#freshness = freshness;
  }

  drop(): void {
    this.#dropped = true;
  }

  /** `records` are the bytes of their JSON. */
  async upsert(namespace: string, records: readonly Uint8Array[], context: CallContext): Promise<void> {
    const size = records.reduce((sum, { length }) => sum + length + 1, 500);
    const writer = new BodyWriter(size).text('{"vectors":[');
    records.forEach((record, i) => {
      writer.text(i === 0 ? '' : ',').bytes(record);
    });
    const body = writer.text(`],"namespace":${JSON.stringify(toWireNamespace(namespace))}}`).finish();
    const answer = await this.#write('upsert', namespace, prepared.upsert, body, context);
    checkUpserted(answer?.json, records.length);
  }

  async deleteIds(namespace: string, ids: readonly string[], context: CallContext): Promise<void> {
    await this.#write('delete', namespace, (index) => index.deleteMany({ ids: [...ids] }), undefined, context);
  }

  async deleteMatching(namespace: string, filter: MetadataFilter, context: CallContext): Promise<void> {
    const body = JSON.stringify({ filter, namespace: toWireNamespace(namespace) });
    await this.#write('delete', namespace, prepared.delete, body, context);
  }

  async deleteAll(namespace: string, context: CallContext): Promise<void> {
    await this.#write('delete', namespace, (index) => index.deleteAll(), undefined, context);
  }

  async query(
    namespace: string,
    request: QueryRequest,
    context: CallContext,
  ): Promise<{ matches: WireMatch[]; seen: Seen }> {
    const { values, topK, filter, includeValues, includeMetadata } = request;
    const rest = { topK, filter, includeValues, includeMetadata, namespace: toWireNamespace(namespace) };
    const body = new BodyWriter(16 * values.length + 500)
      .text('{"vector":')
      .vector(values)
      .text(`,${JSON.stringify(rest).slice(1)}`)
      .finish();
    const answer = await this.#request(namespace, prepared.query, body, context);
    if (answer === undefined) return { matches: [], seen: 'missing' };
    return {
      matches: readMatches(answer.json, includeValues ? this.#dimension : undefined),
      seen: answer.indexedLsn ?? 'unnumbered',
    };
  }

  /** Those of the records that exist, in any order. */
  async fetch(namespace: string, ids: readonly string[], context: CallContext): Promise<WireRecord[]> {
    const pieces = await mapLimited(this.#addressable(ids), inFlight, async (some) => {
      const answer = await this.#request(namespace, (index) => index.fetch({ ids: some }), undefined, context);
      if (answer === undefined) return [];
      const records = readRecords(answer.json, 'fetch', this.#dimension);
      checkAsked(records, some);
      return records;
    });
    return pieces.flat();
  }

  async fetchByMetadata(
    namespace: string,
    filter: MetadataFilter,
    limit: number,
    token: string | undefined,
    context: CallContext,
  ): Promise<WirePage<WireRecord>> {
    const body = JSON.stringify({ filter, limit, paginationToken: token, namespace: toWireNamespace(namespace) });
    const answer = await this.#request(namespace, prepared.fetchByMetadata, body, context);
    if (answer === undefined) return { items: [], next: undefined };
    return { items: readRecords(answer.json, 'fetch by metadata', this.#dimension), next: readNext(answer.json) };
  }

  async list(
    namespace: string,
    limit: number,
    token: string | undefined,
    context: CallContext,
  ): Promise<WirePage<string>> {
    const options = { limit, ...(token !== undefined && { paginationToken: token }) };
    const answer = await this.#request(namespace, (index) => index.listPaginated(options), undefined, context);
    return answer === undefined ? { items: [], next: undefined } : readIds(answer.json);
  }

  async counts(context: CallContext): Promise<Map<string, number>> {
    const answer = await this.#request('', (index) => index.describeIndexStats(), undefined, context);
    return answer === undefined ? new Map() : readCounts(answer.json);
  }

  /** Returns when reads see the writes of this connection. */
  async fresh(namespace: string, context: CallContext): Promise<void> {
    if (this.#dropped) throw this.#gone();
    await this.#freshness.wait(namespace, () => this.#look(namespace, context), context);
  }

  async allFresh(context: CallContext): Promise<void> {
    for (const namespace of this.#freshness.pendingNamespaces) await this.fresh(namespace, context);
  }

  async #look(namespace: string, context: CallContext): Promise<Seen> {
    const values = new Float32Array(this.#dimension);
    values[0] = 1;
    const { seen } = await this.query(
      namespace,
      { values, topK: 1, filter: undefined, includeValues: false, includeMetadata: false },
      context,
    );
    return seen;
  }

  async #write(
    kind: 'upsert' | 'delete',
    namespace: string,
    call: (index: SdkIndex) => Promise<unknown>,
    body: Body | undefined,
    context: CallContext,
  ): Promise<Answer | undefined> {
    const answer = await this.#request(namespace, call, body, context);
    if (answer === undefined) return undefined;
    checkWritten(answer.json);
    this.#freshness.written(namespace, answer.requestLsn, kind);
    return answer;
  }

  /** Undefined where the service says that there is no such namespace, which is the same as an empty one. */
  async #request(
    namespace: string,
    call: (index: SdkIndex) => Promise<unknown>,
    body: Body | undefined,
    { signal }: CallContext,
  ): Promise<Answer | undefined> {
    if (this.#dropped) throw this.#gone();
    try {
      return await this.#client.data(this.host, toWireNamespace(namespace), call, body, signal);
    } catch (error) {
      if (!mayBeGone(error)) throw error;
      if (await this.#isGone(signal, error)) throw this.#gone();
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** Whether the index was dropped, perhaps with another of the same name in its place. Throws `otherwise` where that cannot be said. */
  async #isGone(signal: AbortSignal, otherwise?: unknown): Promise<boolean> {
    try {
      const { host, privateHost } = await this.#client.control(signal, (client) => client.describeIndex(this.#name));
      return (privateHost ?? host) !== this.host;
    } catch (error) {
      if (isStatus(error, 404)) return true;
      throw otherwise ?? error;
    }
  }

  /** @throws `NotFound` */
  async checkExists({ signal }: CallContext): Promise<void> {
    if (this.#dropped || (await this.#isGone(signal))) throw this.#gone();
  }

  #gone(): VectorStoreError {
    return new VectorStoreError(
      'NotFound',
      `there is no index ${JSON.stringify(this.#name)} any more; it was dropped after this handle was opened`,
    );
  }

  /** Ids in groups that fit in an address, and whose records fit in an answer. */
  #addressable(ids: readonly string[]): string[][] {
    const most = Math.max(1, Math.min(mostIdsPerFetch, Math.floor(mostAnswerBytes / (22 * this.#dimension + 2_048))));
    const groups: string[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const id of ids) {
      const size = '&ids='.length + encodeURIComponent(id).length;
      if (bytes + size > mostAddressBytes || groups.at(-1)!.length >= most) {
        groups.push([]);
        bytes = 0;
      }
      groups.at(-1)!.push(id);
      bytes += size;
    }
    return groups;
  }
}

/** Like `Promise.all` over `map`, with at most `limit` running. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
