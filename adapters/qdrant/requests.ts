import type { Parts } from '../../src/driver.ts';
import { unsupported, VectorStoreError } from '../../src/errors.ts';
import type { CompiledFilter } from '../../src/remote/compiled-filter.ts';
import { collectRows, type RowSource } from '../../src/remote/scan.ts';
import type { Consistency, Id } from '../../src/types.ts';
import { checkDone, countOf, facetOf, pageOfPoints, pointsOf } from './answers.ts';
import type { Body, Connection, PointsCall } from './client.ts';
import type { Condition, QdrantFilter } from './filter.ts';
import { type PointId, pointIdOf } from './ids.ts';
import { keys } from './payload.ts';
import { cursorAt, type Layout, partsOf, type Row, readCursor, rowOf, scopeOf } from './points.ts';

/** Rows per page where a filter is decided here. */
export const pageRows = 1_000;
/** Namespaces that can be listed. */
const mostNamespaces = 100_000;

/** Shared by the handles of one collection: whether this connection has dropped it. Another of its name is not theirs. */
export interface CollectionLifetime {
  dropped: boolean;
}

/** What a handle asks of the server about the points of its collection. */
export class Requests {
  readonly layout: Layout;
  readonly scanBudget: number;
  readonly #name: string;
  readonly #connection: Connection;
  readonly #lifetime: CollectionLifetime;

  constructor(
    connection: Connection,
    collection: { readonly name: string; readonly layout: Layout; readonly lifetime: CollectionLifetime },
    scanBudget: number,
  ) {
    this.layout = collection.layout;
    this.scanBudget = scanBudget;
    this.#name = collection.name;
    this.#connection = connection;
    this.#lifetime = collection.lifetime;
  }

  /** @throws `NotFound` after the collection was dropped through the same connection. */
  call(call: PointsCall, body: Body, signal: AbortSignal, strong = false): Promise<unknown> {
    this.checkAlive();
    return this.#connection.points(call, this.#name, body, { signal, strong });
  }

  checkAlive(): void {
    if (this.#lifetime.dropped) throw new VectorStoreError('NotFound', `collection ${this.#name} was dropped`);
  }

  /** Those of the records that exist, in any order. */
  async retrieve(
    namespace: string,
    ids: readonly Id[],
    parts: Parts,
    strong: boolean,
    signal: AbortSignal,
  ): Promise<Row[]> {
    const wanted = new Map(ids.map((id) => [this.#pointId(namespace, id), id]));
    const answer = pointsOf(
      await this.call(
        'retrieve',
        JSON.stringify({ ids: [...wanted.keys()], ...partsOf(this.layout, parts) }),
        signal,
        strong,
      ),
    );
    const rows = answer.map((point) => rowOf(this.layout, point, parts));
    // Another id under the same hash is another record.
    return rows.filter(
      (row) =>
        wanted.get(row.point) === row.id &&
        (this.layout.idMode === 'native' || !parts.payload || row.decoded.namespace === namespace),
    );
  }

  async count(filter: QdrantFilter | undefined, strong: boolean, signal: AbortSignal): Promise<number> {
    return countOf(
      await this.call(
        'count',
        JSON.stringify({ exact: true, ...(filter !== undefined && { filter }) }),
        signal,
        strong,
      ),
    );
  }

  async deletePoints(points: readonly PointId[], signal: AbortSignal): Promise<void> {
    checkDone(await this.call('delete', JSON.stringify({ points }), signal));
  }

  /** How many there were, counted just before. */
  async deleteWhere(filter: QdrantFilter | undefined, signal: AbortSignal): Promise<number> {
    const count = await this.count(filter, false, signal);
    // An empty filter means everything, and is only sent where that was asked for in so many words.
    if (count > 0) checkDone(await this.call('delete', JSON.stringify({ filter: filter ?? {} }), signal));
    return count;
  }

  async namespaces(signal: AbortSignal): Promise<string[]> {
    const hits = facetOf(
      await this.call('facet', JSON.stringify({ key: keys.namespace, limit: mostNamespaces, exact: true }), signal),
    );
    if (hits.length === mostNamespaces)
      throw unsupported('Listing the namespaces', `there are ${mostNamespaces} or more`);
    return hits.filter(({ value, count }) => typeof value === 'string' && count > 0).map(({ value }) => String(value));
  }

  /** The records that the native part of a filter selects, page by page. */
  source(
    namespace: string,
    compiled: CompiledFilter<Condition>,
    parts: Parts,
    consistency: Consistency,
    signal: AbortSignal,
  ): RowSource<Row> {
    const filter = scopeOf(this.layout, namespace, compiled);
    return {
      fetch: async (cursor, limit) => {
        const body = {
          limit,
          ...(cursor !== undefined && { offset: readCursor(cursor) }),
          ...(filter !== undefined && { filter }),
          ...partsOf(this.layout, parts),
        };
        const { points, next } = pageOfPoints(
          await this.call('scroll', JSON.stringify(body), signal, consistency === 'strong'),
        );
        return {
          rows: points.map((point) => rowOf(this.layout, point, parts)),
          ...(next !== undefined && { next: cursorAt(next) }),
        };
      },
      resume: (_, rows, at) => cursorAt(rows[at]!.point),
    };
  }

  /** The points that a whole filter matches. */
  collect(
    namespace: string,
    compiled: CompiledFilter<Condition>,
    signal: AbortSignal,
  ): Promise<{ id: Id; point: PointId }[]> {
    const source = this.source(
      namespace,
      compiled,
      { payload: compiled.residual !== undefined, vector: false },
      'session',
      signal,
    );
    return collectRows(source, compiled.residual, { pageRows, scanBudget: this.scanBudget }, ({ id, point }) => ({
      id,
      point,
    }));
  }

  #pointId(namespace: string, id: Id): PointId {
    return pointIdOf(this.layout.idMode, namespace, id);
  }
}
