import type { CallContext, DriverRecord, StoredRecord } from '../../src/driver.ts';
import { invalid } from '../../src/errors.ts';
import { BodyWriter } from '../../src/remote/body-writer.ts';
import type { RowPage, RowSource } from '../../src/remote/scan.ts';
import type { FieldType, Metric, Payload } from '../../src/types.ts';
import { utf8Length } from '../../src/validate/text.ts';
import type { WireRecord } from './answers.ts';
import { fromWireId, idKey, isHashed, toWireId } from './ascii.ts';
import { fromMetadata, toMetadata } from './envelope.ts';
import type { MetadataFilter } from './filter.ts';
import { mostPerPage, type Requests } from './requests.ts';
import { vectorKey } from './twins.ts';
import { fromWire, toWire } from './vectors.ts';

/** A record as read: whole. */
export interface Row extends StoredRecord {
  readonly payload: Payload;
  readonly vector: Float32Array;
  /** Whether zeros were written as something the service takes. */
  readonly isZero: boolean;
}

/** The service takes 40 KiB; how it counts is not documented. */
export const mostMetadataBytes = 40_000;

/** A record's JSON as the bytes that are sent, or why the service would not take it. */
export function toWireBytes(
  { id, vector, payload, json }: DriverRecord,
  metric: Metric,
  fields: { readonly [field: string]: FieldType },
): { readonly bytes: Uint8Array } | { readonly problem: string; readonly place: 'vector' | 'payload' } {
  if (vector === null) return { problem: 'this backend holds no record without a vector', place: 'vector' };
  const wire = toWire(vector, metric);
  if (typeof wire === 'string') return { problem: wire, place: 'vector' };
  const wireId = toWireId(id);
  const notes: [string, unknown][] = [];
  if (wire.note !== undefined) notes.push([vectorKey, wire.note]);
  if (isHashed(wireId)) notes.push([idKey, id]);
  const metadata = toMetadata(payload, json, fields, notes.length > 0);
  const noted = notes.length === 0 ? metadata : Object.fromEntries([...Object.entries(metadata), ...notes]);
  const metadataText = JSON.stringify(noted);
  const metadataBytes = utf8Length(metadataText);
  if (metadataBytes > mostMetadataBytes) {
    return {
      problem: `with what is stored for filters it takes ${metadataBytes} bytes; this backend holds at most ${mostMetadataBytes}`,
      place: 'payload',
    };
  }
  const record = new BodyWriter(100 + 3 * wireId.length + 16 * wire.values.length + 3 * metadataText.length)
    .text(`{"id":${JSON.stringify(wireId)},"values":`)
    .vector(wire.values)
    .text(`,"metadata":${metadataText}}`);
  // It is kept until it is sent: without the room that was not needed.
  return { bytes: record.finish().slice() };
}

export function toRow({ id: wireId, values, metadata }: WireRecord): Row {
  const id = fromWireId(wireId, metadata);
  const note = Object.hasOwn(metadata, vectorKey) ? metadata[vectorKey] : undefined;
  return { id, payload: fromMetadata(metadata, id), vector: fromWire(values, note), isZero: note === 'zero' };
}

/** Where a scan goes on: ids on the wire that were read but not given, then the service's own token. */
interface Cursor {
  readonly ids: readonly string[];
  /** Undefined: nothing follows the ids. */
  readonly token: string | undefined;
}

/** The rows of a namespace that a native filter selects. */
export class Rows implements RowSource<Row> {
  readonly #requests: Requests;
  readonly #namespace: string;
  readonly #filter: MetadataFilter | undefined;
  readonly #mostRows: number;
  readonly #context: CallContext;
  /** What followed each page that was given. */
  readonly #nexts = new WeakMap<readonly Row[], string | undefined>();

  /** `mostRows`: per fetch; a page that is to be filtered further is better small. */
  constructor(
    requests: Requests,
    namespace: string,
    filter: MetadataFilter | undefined,
    mostRows: number,
    context: CallContext,
  ) {
    this.#requests = requests;
    this.#namespace = namespace;
    this.#filter = filter;
    this.#mostRows = mostRows;
    this.#context = context;
  }

  async fetch(cursor: string | undefined, limit: number): Promise<RowPage<Row>> {
    const most = Math.min(limit, this.#mostRows);
    const rows: Row[] = [];
    const from = cursor === undefined ? undefined : readCursor(cursor);
    const left = from?.ids.slice(most) ?? [];
    if (from !== undefined && from.ids.length > 0) rows.push(...(await this.#rowsOf(from.ids.slice(0, most))));
    let token = from?.token;
    let isEnd = from !== undefined && token === undefined;
    for (let asked = from?.ids.length ?? 0; !isEnd && left.length === 0 && asked < most; ) {
      const page = await this.#page(Math.min(mostPerPage, most - asked), token);
      rows.push(...page.rows);
      asked += page.asked;
      token = page.next;
      isEnd = token === undefined;
    }
    const next = isEnd && left.length === 0 ? undefined : cursorText({ ids: left, token });
    this.#nexts.set(rows, next);
    return { rows, ...(next !== undefined && { next }) };
  }

  resume(_cursor: string | undefined, rows: readonly Row[], at: number): string {
    const next = this.#nexts.get(rows);
    const { ids, token } = next === undefined ? { ids: [], token: undefined } : readCursor(next);
    return cursorText({ ids: [...rows.slice(at).map((row) => toWireId(row.id)), ...ids], token });
  }

  async #page(
    limit: number,
    token: string | undefined,
  ): Promise<{ rows: Row[]; asked: number; next: string | undefined }> {
    if (this.#filter !== undefined) {
      const { items, next } = await this.#requests.fetchByMetadata(
        this.#namespace,
        this.#filter,
        limit,
        token,
        this.#context,
      );
      return { rows: items.map(toRow), asked: items.length, next };
    }
    const { items, next } = await this.#requests.list(this.#namespace, limit, token, this.#context);
    return { rows: await this.#rowsOf(items), asked: items.length, next };
  }

  /** What was deleted since it was listed is left out. */
  async #rowsOf(ids: readonly string[]): Promise<Row[]> {
    return (await this.#requests.fetch(this.#namespace, ids, this.#context)).map(toRow);
  }
}

function cursorText({ ids, token }: Cursor): string {
  return JSON.stringify({ v: 1, ids, token });
}

function readCursor(text: string): Cursor {
  try {
    const { v, ids, token } = JSON.parse(text) as { v?: unknown; ids?: unknown; token?: unknown };
    if (
      v === 1 &&
      Array.isArray(ids) &&
      ids.every((id) => typeof id === 'string' && id !== '') &&
      (token === undefined || typeof token === 'string')
    ) {
      return { ids, token };
    }
  } catch {
    // Said below.
  }
  throw invalid('options.cursor', 'not one that a page of this collection gave');
}
