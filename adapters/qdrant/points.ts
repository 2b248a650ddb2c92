import type { DriverRecord, DriverSearch, Parts, StoredMatch, StoredRecord } from '../../src/driver.ts';
import { invalid } from '../../src/errors.ts';
import { BodyWriter } from '../../src/remote/body-writer.ts';
import type { CompiledFilter } from '../../src/remote/compiled-filter.ts';
import type { CollectionInfo } from '../../src/types.ts';
import { type AnsweredHit, type AnsweredPoint, vectorOf } from './answers.ts';
import type { Condition, QdrantFilter } from './filter.ts';
import { type PointId, pointIdOf } from './ids.ts';
import { type DecodedPayload, decodePayload, encodePayload, keys } from './payload.ts';
import { isEmpty, type SparseVector, type TextVectors, textVectorName } from './text-vector.ts';
import { distanceOfScore, fromStored, toStored } from './vectors.ts';

/** How the records of a collection lie in its points. */
export interface Layout extends Pick<CollectionInfo, 'idMode' | 'metric' | 'dimension'> {
  /** Undefined: the unnamed one. */
  readonly vectorName: string | undefined;
  /** Undefined where the server ranks no texts. */
  readonly texts: TextVectors | undefined;
}

/** A record as it came from the server, with its point. */
export interface Row extends StoredRecord {
  readonly point: PointId;
  readonly decoded: DecodedPayload;
}

/** Bytes that a number takes at most, with its comma, and a point without its vector and payload. */
const numberBytes = 16;
const pointBytes = 400;

/** The body of an upsert. */
export function upsertBody(
  layout: Layout,
  namespace: string,
  records: readonly DriverRecord[],
): Uint8Array<ArrayBuffer> {
  const body = new BodyWriter(records.length * (layout.dimension * numberBytes + pointBytes)).text('{"points":[');
  records.forEach((record, i) => {
    writePoint(body.text(i === 0 ? '' : ','), layout, namespace, record);
  });
  return body.text(']}').finish();
}

function writePoint(
  body: BodyWriter,
  layout: Layout,
  namespace: string,
  { id, vector, payload, json }: DriverRecord,
): void {
  const { idMode, metric, dimension, vectorName, texts } = layout;
  // `vector: null` is refused by capability.
  const { vector: stored, norm } = toStored(vector ?? new Float32Array(dimension), metric);
  const sparse = texts?.of(payload);
  const isNamed = vectorName !== undefined || texts !== undefined;
  const open = isNamed ? `{${JSON.stringify(vectorName ?? '')}:` : '';
  const close = isNamed ? `${sparse === undefined || isEmpty(sparse) ? '' : `,${textVectorMember(sparse)}`}}` : '';
  body.text(`{"id":${JSON.stringify(pointIdOf(idMode, namespace, id))},"vector":${open}`).vector(stored);
  body.text(`${close},"payload":${encodePayload(payload, json, idMode, { id, namespace, norm })}}`);
}

/** A member of a point's vectors, as JSON text. */
export function textVectorMember(sparse: SparseVector): string {
  return `${JSON.stringify(textVectorName)}:${JSON.stringify(sparse)}`;
}

/** What of a search does not change from one request to the next. */
export interface SearchPlan {
  readonly asked: DriverSearch;
  readonly filter: QdrantFilter | undefined;
  /** The candidate list of collections that were made with one. */
  readonly defaultEf: number | undefined;
  readonly needed: Parts;
}

/** The body of one query, or of a batch of several. */
export function queryBody(
  layout: Layout,
  queries: readonly Float32Array[],
  limit: number,
  plan: SearchPlan,
): Uint8Array<ArrayBuffer> {
  const { asked, filter, defaultEf, needed } = plan;
  const { vectorName, metric, dimension } = layout;
  const ef = asked.params.ef ?? defaultEf;
  const rest = JSON.stringify({
    limit,
    ...(vectorName !== undefined && { using: vectorName }),
    ...(filter !== undefined && { filter }),
    params: asked.exact ? { exact: true } : ef === undefined ? {} : { hnsw_ef: Math.max(ef, limit) },
    ...partsOf(layout, needed),
  }).slice(1);
  const single = queries.length === 1;
  const body = new BodyWriter(queries.length * (dimension * numberBytes + rest.length * 3)).text(
    single ? '' : '{"searches":[',
  );
  queries.forEach((query, i) => {
    body
      .text(i === 0 ? '{"query":' : ',{"query":')
      .vector(toStored(query, metric).vector)
      .text(`,${rest}`);
  });
  return body.text(single ? '' : ']}').finish();
}

/** What of a point is needed. Of our own keys the id always is, and the length with the vector. */
export function partsOf({ idMode, vectorName }: Layout, { payload, vector }: Parts): object {
  const ours = idMode === 'hashed' ? [keys.id, ...(vector ? [keys.norm] : [])] : [];
  return {
    with_payload: payload ? true : ours.length > 0 ? ours : false,
    with_vector: vector ? (vectorName === undefined ? true : [vectorName]) : false,
  };
}

export function rowOf({ idMode, vectorName }: Layout, point: AnsweredPoint, parts: Parts): Row {
  const decoded = decodePayload(point.payload, idMode, point.id);
  const vector = parts.vector ? vectorOf(point.vector, vectorName) : undefined;
  return {
    id: decoded.id,
    point: point.id,
    decoded,
    ...(parts.payload && { payload: decoded.payload }),
    ...(parts.vector && { vector: vector === undefined ? null : fromStored(vector, decoded.norm) }),
  };
}

export function matchOf(layout: Layout, hit: AnsweredHit, parts: Parts): StoredMatch {
  return { ...toRecord(rowOf(layout, hit, parts)), distance: distanceOfScore(layout.metric, hit.score) };
}

/** Without what only the driver needs. */
export function toRecord({ id, payload, vector }: StoredRecord): StoredRecord {
  return { id, ...(payload !== undefined && { payload }), ...(vector !== undefined && { vector }) };
}

/** A native filter within a namespace; undefined where everything is meant. The namespace comes last and cannot be left out. */
export function scopeOf(
  { idMode }: Layout,
  namespace: string,
  { native }: Pick<CompiledFilter<Condition>, 'native'>,
): QdrantFilter | undefined {
  const conditions = typeof native === 'string' ? [] : [native.native];
  const tenant: Condition[] = idMode === 'hashed' ? [{ key: keys.namespace, match: { value: namespace } }] : [];
  const must = [...conditions, ...tenant];
  return must.length === 0 ? undefined : { must };
}

/** A cursor names the point that comes next. */
export function cursorAt(point: PointId): string {
  return `from:${point}`;
}

export function readCursor(cursor: string): PointId {
  const point = /^from:(?:(\d{1,16})|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))$/.exec(cursor);
  if (point === null) throw invalid('options.cursor', 'not a cursor of this collection');
  return point[1] === undefined ? point[2]! : Number(point[1]);
}
