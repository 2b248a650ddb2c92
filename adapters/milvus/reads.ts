import type { CallContext, Parts, StoredMatch, StoredRecord } from '../../src/driver.ts';
import { invalid } from '../../src/errors.ts';
import type { NativeFilter } from '../../src/remote/compiled-filter.ts';
import type { RowSource } from '../../src/remote/scan.ts';
import type { Consistency, Id, Metric } from '../../src/types.ts';
import type { Connection } from './client.ts';
import type { Dialect } from './dialect.ts';
import { isTooLarge } from './errors.ts';
import { columns, equals, joined, oneOf, textLiteral } from './expression.ts';
import { distanceOfScore, metricNames } from './index-params.ts';
import { keyOf } from './keys.ts';
import { keysOf, outputOf, recordsOf } from './rows.ts';
import type { Session } from './session.ts';
import { MalformedReply } from './wire/reader.ts';
import { decodeQuery, decodeSearch, type QueryReply } from './wire/replies.ts';
import { encodeQuery, encodeSearch } from './wire/requests.ts';

/** What a read needs to know. */
export interface ReadContext extends CallContext {
  readonly consistency: Consistency;
}

export interface NearestRequest {
  readonly namespace: string;
  readonly native: NativeFilter<string>;
  readonly include: Parts;
  readonly metric: Metric;
  readonly params: (limit: number) => { readonly [name: string]: number };
}

/** The rows of one collection, read over one connection. */
export class Reads {
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  readonly #collection: string;
  readonly #session: Session;

  constructor(connection: Connection, dialect: Dialect, collection: string, session: Session) {
    this.#connection = connection;
    this.#dialect = dialect;
    this.#collection = collection;
    this.#session = session;
  }

  /** Present records, each once. */
  async get(namespace: string, ids: readonly Id[], parts: Parts, context: ReadContext): Promise<StoredRecord[]> {
    return smaller(ids, (some) => {
      const keys = some.map((id) => keyOf(namespace, id));
      return this.#rows(oneOf(columns.key, keys), parts, undefined, context);
    });
  }

  async count(namespace: string | undefined, native: NativeFilter<string>, context: ReadContext): Promise<number> {
    // An aggregate over everything needs an expression all the same.
    const expression = namespace === undefined ? `(${columns.key} != "")` : expressionFor(namespace, native);
    const { columns: reply } = await this.#query(expression, ['count(*)'], undefined, context);
    const count = reply.numbers.get('count(*)')?.[0];
    if (count === undefined) throw new MalformedReply('the answer to count(*) holds no number');
    return count;
  }

  /** Names of namespaces that are in none of `known`; empty when there are no more. */
  async namespacesBeside(known: readonly string[], context: ReadContext): Promise<Set<string>> {
    const expression = `(not ${oneOf(columns.namespace, known)})`;
    const { columns: reply } = await this.#query(expression, [columns.namespace], 1_000, context);
    const names = reply.texts.get(columns.namespace);
    if (names === undefined) throw new MalformedReply('the answer holds rows without their namespaces');
    return new Set(names);
  }

  /** The nearest rows per query, best first. */
  async nearest(
    queries: readonly Float32Array[],
    limit: number,
    asked: NearestRequest,
    context: ReadContext,
  ): Promise<StoredMatch[][]> {
    const { namespace, native, include, metric, params } = asked;
    const moment = this.#session.moment(context.consistency);
    const request = encodeSearch({
      collection: this.#collection,
      expression: expressionFor(namespace, native),
      output: outputOf(include),
      vectorField: columns.vector,
      metric: metricNames[metric],
      queries,
      limit,
      params: params(limit),
      moment,
    });
    const reply = await this.#connection.send('Search', request, decodeSearch, context);
    this.#session.answered(moment);
    if (reply.hits.length !== queries.length)
      throw new MalformedReply(`${queries.length} queries were sent, and ${reply.hits.length} are answered`);
    const records = recordsOf(reply.columns, reply.keys, include);
    let at = 0;
    return queries.map((_, i) => {
      const hits = reply.hits[i] ?? 0;
      const matches = records
        .slice(at, at + hits)
        .map((record, j) => ({ ...record, distance: distanceOfScore(metric, reply.scores[at + j]!) }));
      at += hits;
      return matches;
    });
  }

  /** The rows that a native filter selects, paged in the order of their ids. */
  source(namespace: string, native: NativeFilter<string>, parts: Parts, context: ReadContext): RowSource<StoredRecord> {
    const page = this.#dialect.pagesInKeyOrder ? this.#orderedPage : this.#sortedPage;
    return {
      fetch: async (cursor, limit) => {
        const { rows, last } = await page.call(
          this,
          expressionFor(namespace, native, readCursor(cursor)),
          namespace,
          parts,
          limit,
          context,
        );
        return { rows, ...(last !== undefined && { next: cursorAfter(last) }) };
      },
      resume: (cursor, rows, at) => (at === 0 ? (cursor ?? cursorAfter('')) : cursorAfter(rows[at - 1]!.id)),
    };
  }

  /** The server gives the first rows by key. */
  async #orderedPage(
    expression: string,
    _namespace: string,
    parts: Parts,
    limit: number,
    context: ReadContext,
  ): Promise<Page> {
    for (let size = limit; ; size = Math.ceil(size / 4)) {
      try {
        const rows = await this.#rows(expression, parts, size, context);
        return { rows, ...(rows.length >= size && { last: rows.at(-1)!.id }) };
      } catch (error) {
        if (!isTooLarge(error) || size === 1) throw error;
      }
    }
  }

  /** The server gives rows in no order: the keys behind the cursor are read, sorted here, and the first of them fetched. */
  async #sortedPage(
    expression: string,
    namespace: string,
    parts: Parts,
    limit: number,
    context: ReadContext,
  ): Promise<Page> {
    const behind = await this.#rows(expression, { payload: false, vector: false }, undefined, context);
    const page = behind.slice(0, limit);
    const ids = page.map(({ id }) => id);
    const found = parts.payload || parts.vector ? await this.get(namespace, ids, parts, context) : page;
    return { rows: found.sort(byKey), ...(behind.length > limit && { last: ids.at(-1)! }) };
  }

  async #rows(
    expression: string,
    parts: Parts,
    limit: number | undefined,
    context: ReadContext,
  ): Promise<StoredRecord[]> {
    const { columns: reply } = await this.#query(expression, outputOf(parts), limit, context);
    const rows = new Map(recordsOf(reply, keysOf(reply), parts).map((row) => [row.id, row]));
    return [...rows.values()].sort(byKey);
  }

  async #query(
    expression: string,
    output: readonly string[],
    limit: number | undefined,
    context: ReadContext,
  ): Promise<QueryReply> {
    const moment = this.#session.moment(context.consistency);
    const request = encodeQuery({
      collection: this.#collection,
      expression,
      output,
      ...(limit !== undefined && { limit }),
      moment,
    });
    const reply = await this.#connection.send('Query', request, decodeQuery, context);
    this.#session.answered(moment);
    return reply;
  }
}

/** Rows, and the id that the next page begins behind. */
interface Page {
  readonly rows: readonly StoredRecord[];
  readonly last?: Id;
}

const cursorPrefix = 'after:';

function cursorAfter(id: Id): string {
  return `${cursorPrefix}${id}`;
}

function readCursor(cursor: string | undefined): Id | undefined {
  if (cursor === undefined) return undefined;
  if (!cursor.startsWith(cursorPrefix)) throw invalid('options.cursor', 'not a cursor of the page before');
  return cursor.slice(cursorPrefix.length);
}

/** The condition for the rows of a namespace that a filter selects, behind a cursor. */
function expressionFor(namespace: string, native: NativeFilter<string>, after?: Id): string {
  const conditions = [equals(columns.namespace, namespace)];
  if (after !== undefined) conditions.push(`(${columns.key} > ${textLiteral(keyOf(namespace, after))})`);
  if (typeof native === 'object') conditions.push(native.native);
  return joined('and', conditions);
}

/** Milvus orders keys by their bytes, which is by code points: not quite the order of JavaScript's strings. */
function byKey({ id: a }: { readonly id: Id }, { id: b }: { readonly id: Id }): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at === most ? a.length - b.length : codePointRank(a.charCodeAt(at)) - codePointRank(b.charCodeAt(at));
}

/** Surrogates stand for code points beyond all others. */
function codePointRank(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** A request about several ids; one whose answer would be too large is made in halves. */
async function smaller<T>(ids: readonly Id[], request: (ids: readonly Id[]) => Promise<T[]>): Promise<T[]> {
  try {
    return await request(ids);
  } catch (error) {
    if (!isTooLarge(error) || ids.length === 1) throw error;
    const half = Math.ceil(ids.length / 2);
    return [...(await smaller(ids.slice(0, half), request)), ...(await smaller(ids.slice(half), request))];
  }
}
