import type {
  CallContext,
  DriverPatch,
  DriverRecord,
  DriverTarget,
  DriverWriteResult,
  Parts,
  StoredRecord,
} from '../../src/driver.ts';
import { patched } from '../../src/engine/patch.ts';
import { VectorStoreError } from '../../src/errors.ts';
import type { FilterNode } from '../../src/filter/normal-form.ts';
import type { Id } from '../../src/types.ts';
import type { Connection } from './client.ts';
import { markPerhapsApplied } from './errors.ts';
import { columns, equals, oneOf } from './expression.ts';
import { keyOf } from './keys.ts';
import type { Session } from './session.ts';
import { encodePayload, payloadBytes, type StoredPayload } from './stored-payload.ts';
import { MalformedReply } from './wire/reader.ts';
import { decodeMutation } from './wire/replies.ts';
import { encodeDelete, encodeUpsert } from './wire/requests.ts';

/** What a write that changes or removes records reads them with. */
export interface Readers {
  get(namespace: string, ids: readonly Id[], parts: Parts, context: CallContext): Promise<StoredRecord[]>;
  /** All records that match, page by page: the next one is read when this one has been dealt with. */
  pages(
    namespace: string,
    filter: FilterNode,
    parts: Parts,
    context: CallContext,
  ): AsyncIterable<readonly StoredRecord[]>;
}

export interface WriteOptions {
  readonly collection: string;
  readonly dimension: number;
  readonly datetimeFields: readonly string[];
  readonly session: Session;
  readonly readers: Readers;
}

/** Bytes of one request. Servers take 64 MB. */
const requestBytes = 24 * 2 ** 20;

/** The writes to one collection. Milvus replaces and removes whole rows by key: everything else is read first. */
export class Writes {
  readonly #connection: Connection;
  readonly #options: WriteOptions;
  /** What attempts at a call have tried to write, by the call's target. */
  readonly #tried = new WeakMap<DriverTarget, Set<Id>>();

  constructor(connection: Connection, options: WriteOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    const { collection, dimension, session } = this.#options;
    const payloads = records.map((record, i) => this.#encode(record, `records[${i}].payload`));
    const request = encodeUpsert(collection, records.length, [
      { name: columns.key, texts: records.map(({ id }) => keyOf(namespace, id)) },
      { name: columns.namespace, texts: records.map(() => namespace) },
      { name: columns.vector, dimension, vectors: records.map(({ vector }) => this.#vector(vector)) },
      { name: columns.payload, json: payloads.map(({ visible }) => visible) },
      { name: columns.text, texts: payloads.map(({ text }) => text) },
    ]);
    const { timestamp, upserted } = await this.#connection.send('Upsert', request, decodeMutation, context);
    session.wrote(timestamp);
    if (upserted < records.length)
      throw new MalformedReply(`${records.length} records were sent, and ${upserted} are said to be written`);
    return { acknowledged: records.length };
  }

  /** The server takes all vectors as one list of numbers: one of another length would shift those behind it. */
  #vector(vector: Float32Array | null): Float32Array {
    const { dimension } = this.#options;
    if (vector?.length === dimension) return vector;
    throw new TypeError(`a vector of length ${vector?.length} in a collection of dimension ${dimension}`);
  }

  #encode({ id, payload, json }: DriverRecord, place: string): StoredPayload {
    const stored = encodePayload(payload, json, this.#options.datetimeFields);
    if (stored !== undefined) return stored;
    const limit = `at most ${payloadBytes} bytes of JSON, the instants of its datetime fields included`;
    throw new VectorStoreError('InvalidArgument', `${place}: Milvus holds ${limit}`, { ids: [id] });
  }

  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    return this.#change(namespace, target, { payload: false, vector: false }, context, (rows) => {
      const keys = rows.map(({ id }) => keyOf(namespace, id));
      return this.#deleteWhere(oneOf(columns.key, keys), context);
    });
  }

  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    return this.#change(namespace, target, { payload: true, vector: true }, context, (rows) =>
      this.#upsertInPieces(
        namespace,
        rows.map((row) => patchedRecord(row, patch)),
        context,
      ),
    );
  }

  deleteNamespace(namespace: string, context: CallContext): Promise<void> {
    return this.#deleteWhere(equals(columns.namespace, namespace), context);
  }

  async #deleteWhere(expression: string, context: CallContext): Promise<void> {
    const { collection, session } = this.#options;
    const { timestamp } = await this.#connection.send(
      'Delete',
      encodeDelete(collection, expression),
      decodeMutation,
      context,
    );
    session.wrote(timestamp);
  }

  /** What an earlier attempt at the same call has tried to write counts as found: its answer was lost, not the records. */
  async #change(
    namespace: string,
    target: DriverTarget,
    parts: Parts,
    context: CallContext,
    change: (rows: readonly StoredRecord[]) => Promise<void>,
  ): Promise<DriverWriteResult> {
    const tried = this.#tried.get(target) ?? new Set();
    this.#tried.set(target, tried);
    const { readers } = this.#options;
    const rows =
      'ids' in target
        ? [await readers.get(namespace, target.ids, parts, context)]
        : readers.pages(namespace, target.filter, parts, context);
    for await (const some of rows) {
      if (some.length > 0) await change(some);
      for (const { id } of some) tried.add(id);
    }
    const missing = 'ids' in target ? target.ids.filter((id) => !tried.has(id)) : [];
    return { acknowledged: tried.size, ids: [...tried], missing };
  }

  /** Rows that were read together may be too large to be written together. */
  async #upsertInPieces(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<void> {
    const pieces: DriverRecord[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const record of records) {
      const more = recordBytes(record);
      if (bytes + more > requestBytes) pieces.push([]);
      bytes = (bytes + more > requestBytes ? 0 : bytes) + more;
      pieces.at(-1)!.push(record);
    }
    for (const [i, piece] of pieces.entries()) {
      await this.upsert(namespace, piece, context).catch((error: unknown) => {
        throw i === 0 ? error : markPerhapsApplied(error);
      });
    }
  }
}

/** Bytes of a record in a request. Three are the most that a code unit becomes; a payload may travel twice. */
export function recordBytes({ vector, id, json }: DriverRecord): number {
  return (vector?.byteLength ?? 0) + 3 * (id.length + 2 * json.length);
}

function patchedRecord({ id, vector = null, payload = {} }: StoredRecord, patch: DriverPatch): DriverRecord {
  const changed = patched(payload, patch);
  const json = JSON.stringify(changed);
  const bytes = Buffer.byteLength(json);
  if (bytes <= payloadBytes) return { id, vector, payload: changed, json };
  throw new VectorStoreError(
    'InvalidArgument',
    `patch: the payload would have ${bytes} bytes of JSON; Milvus holds at most ${payloadBytes}`,
    { ids: [id] },
  );
}
