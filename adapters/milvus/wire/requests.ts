import { littleEndian, ProtoWriter } from './writer.ts';

/** Numbers of Milvus's `DataType`. */
export const dataTypes = { varchar: 21, json: 23, floatVector: 101 } as const;
/** Numbers of Milvus's `ConsistencyLevel`. */
export const consistencyLevels = { strong: 0, session: 1, bounded: 2, eventually: 3, customized: 4 } as const;

/** From which moment on a read must have seen everything. */
export interface ReadMoment {
  readonly level: number;
  /** A hybrid timestamp of the server, for `session`. */
  readonly timestamp: bigint;
}

/** One column of an upsert; all columns have as many values. */
export type Column =
  | { readonly name: string; readonly texts: readonly string[] }
  | { readonly name: string; readonly json: readonly Uint8Array[] }
  | { readonly name: string; readonly dimension: number; readonly vectors: readonly Float32Array[] };

/** `UpsertRequest`: columns of typed arrays go straight into the bytes. */
export function encodeUpsert(collection: string, rows: number, columns: readonly Column[]): Uint8Array {
  const writer = new ProtoWriter(64 * 1_024);
  writer.string(3, collection);
  for (const column of columns) writer.message(5, (data) => encodeColumn(data, column));
  return writer.number(7, rows).finish();
}

function encodeColumn(data: ProtoWriter, column: Column): void {
  if ('vectors' in column) {
    const { name, dimension, vectors } = column;
    data.number(1, dataTypes.floatVector).string(2, name);
    data.message(4, (field) => {
      field.number(1, dimension).message(2, (array) => array.floats(1, vectors));
    });
    return;
  }
  data.number(1, 'json' in column ? dataTypes.json : dataTypes.varchar).string(2, column.name);
  data.message(3, (scalars) => {
    if ('json' in column) {
      scalars.message(9, (array) => {
        for (const value of column.json) array.bytes(1, value);
      });
    } else {
      scalars.message(6, (array) => {
        for (const value of column.texts) array.element(1, value);
      });
    }
  });
}

export function encodeDelete(collection: string, expression: string): Uint8Array {
  return new ProtoWriter().string(3, collection).string(5, expression).number(7, consistencyLevels.strong).finish();
}

export interface QueryRequest {
  readonly collection: string;
  readonly expression: string;
  readonly output: readonly string[];
  /** Undefined for aggregates, which Milvus refuses a limit. */
  readonly limit?: number;
  readonly moment: ReadMoment;
}

export function encodeQuery({ collection, expression, output, limit, moment }: QueryRequest): Uint8Array {
  const writer = new ProtoWriter().string(3, collection).string(4, expression);
  for (const field of output) writer.element(5, field);
  writer.bigint(8, moment.timestamp);
  if (limit !== undefined) encodePair(writer, 9, 'limit', String(limit));
  return writer.number(11, moment.level).finish();
}

export interface SearchRequest {
  readonly collection: string;
  readonly expression: string;
  readonly output: readonly string[];
  readonly vectorField: string;
  readonly metric: string;
  readonly queries: readonly Float32Array[];
  readonly limit: number;
  /** Search parameters of the index, for example `ef`. */
  readonly params: { readonly [name: string]: number };
  readonly moment: ReadMoment;
}

export function encodeSearch(request: SearchRequest): Uint8Array {
  const { collection, expression, output, queries, moment } = request;
  const writer = new ProtoWriter(1_024 + queries.length * queries[0]!.byteLength)
    .string(3, collection)
    .string(5, expression);
  writer.message(6, (group) => {
    group.message(1, (placeholder) => {
      placeholder.string(1, '$0').number(2, dataTypes.floatVector);
      for (const query of queries) placeholder.bytes(3, littleEndian(query));
    });
  });
  writer.number(7, 1);
  for (const field of output) writer.element(8, field);
  const params = {
    anns_field: request.vectorField,
    topk: String(request.limit),
    metric_type: request.metric,
    params: JSON.stringify(request.params),
    round_decimal: '-1',
  };
  for (const [key, value] of Object.entries(params)) encodePair(writer, 9, key, value);
  return writer.bigint(11, moment.timestamp).number(12, queries.length).number(14, moment.level).finish();
}

function encodePair(writer: ProtoWriter, field: number, key: string, value: string): void {
  writer.message(field, (pair) => {
    pair.string(1, key).string(2, value);
  });
}
