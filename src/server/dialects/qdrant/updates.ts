import { flag, isObject, type Json, list, object, optional, text } from './body.ts';
import { type Change, type Collection, type CollectionConfig, Point } from './collection.ts';
import { malformed, notCovered, notFound, QdrantError } from './errors.ts';
import { type IndexType, indexTypes, readFilter } from './filter.ts';
import { type PointId, readPointId } from './ids.ts';
import { isRecord, merged, mergedAt, parseJsonPath, withoutPath } from './json-path.ts';
import { type PointVectors, readPointVectors } from './vectors.ts';

/** An update that was read and checked: what it does is decided when its turn comes. */
type Update = (operation: number) => Change;

/** Reads an update's body against a collection, before it is numbered. */
type Reader = (body: Json, collection: Collection) => Update;

const empty = () => new QdrantError(400, 'Bad request: Empty update request');

/** By the names that batches use. */
export const updates: { readonly [name: string]: Reader } = {
  upsert: readUpsert,
  delete: (body, collection) => {
    const select = readSelector(body, collection);
    return () => ({ puts: [], removes: select(false).map((point) => point.id) });
  },
  set_payload: (body, collection) => {
    const payload = readPatch(body);
    const at = optional(body.key, (key) => parseJsonPath(text(key, 'key')).steps);
    return patching(readTarget(body, collection), (current) =>
      at === undefined ? merged(current, payload) : asRecord(mergedAt(current, at, payload)),
    );
  },
  overwrite_payload: (body, collection) => {
    const payload = readPatch(body);
    return patching(readTarget(body, collection), () => payload);
  },
  delete_payload: (body, collection) => {
    const paths = list(body.keys, 'keys').map((key) => parseJsonPath(text(key, 'key')));
    return patching(readTarget(body, collection), (current) =>
      asRecord(paths.reduce<unknown>((payload, { steps }) => withoutPath(payload, steps), current)),
    );
  },
  clear_payload: (body, collection) => patching(readSelector(body, collection), () => ({}), false),
  update_vectors: readUpdateVectors,
  delete_vectors: (body, collection) => {
    const names = list(body.vector ?? body.vectors, 'vector').map((name) => text(name, 'vector'));
    const select = readTarget(body, collection);
    return (operation) => ({
      puts: select(true).map(
        (point) => new Point(point.id, point.payload, withoutVectors(point.vectors, names), operation),
      ),
      removes: [],
    });
  },
};

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function readUpsert(body: Json, collection: Collection): Update {
  for (const name of ['update_filter', 'update_mode'])
    if (body[name] !== undefined && body[name] !== null) throw notCovered(name);
  const entries = 'points' in body ? readPoints(body.points, collection) : readBatch(body.batch, collection);
  if (entries.length === 0) throw empty();
  return (operation) => {
    const points = new Map<PointId, Point>();
    for (const { id, payload, vectors } of entries) points.set(id, new Point(id, payload, vectors, operation));
    return { puts: [...points.values()], removes: [] };
  };
}

interface Entry {
  readonly id: PointId;
  readonly payload: Record<string, unknown>;
  readonly vectors: PointVectors;
}

function readPoints(points: unknown, { schema }: Collection): Entry[] {
  return list(points, 'points').map((value, at) => {
    const point = object(value, 'struct PointStruct');
    if (!('id' in point)) throw malformed('missing field `id`');
    if (!('vector' in point)) throw malformed('missing field `vector`');
    const id = readPointId(point.id);
    return {
      id,
      payload: readPayload(point.payload),
      vectors: readPointVectors(point.vector, schema, `points[${at}].vector`),
    };
  });
}

function readBatch(value: unknown, { schema }: Collection): Entry[] {
  const batch = isObject(value) ? value : undefined;
  if (batch === undefined) throw malformed('data did not match any variant of untagged enum PointInsertOperations');
  const ids = list(batch.ids, 'ids').map(readPointId);
  const payloads = optional(batch.payloads, (given) => list(given, 'payloads'));
  const vectorsAt = readBatchVectors(batch.vectors, ids.length);
  if (payloads !== undefined && payloads.length !== ids.length)
    throw malformed('number of ids and payloads must be equal');
  return ids.map((id, at) => ({
    id,
    payload: readPayload(payloads?.[at]),
    vectors: readPointVectors(vectorsAt(at), schema, `batch.vectors[${at}]`),
  }));
}

function readBatchVectors(vectors: unknown, count: number): (at: number) => unknown {
  if (Array.isArray(vectors)) {
    if (vectors.length !== count) throw malformed('number of ids and vectors must be equal');
    return (at) => vectors[at];
  }
  const byName = Object.entries(object(vectors, 'vectors')).map(
    ([name, some]) => [name, list(some, 'vectors')] as const,
  );
  if (byName.some(([, some]) => some.length !== count)) throw malformed('number of ids and vectors must be equal');
  return (at) => Object.fromEntries(byName.map(([name, some]) => [name, some[at]]));
}

function readPayload(value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw malformed('invalid type: expected a map (payload)');
  return value;
}

function readPatch(body: Json): Record<string, unknown> {
  if (!('payload' in body)) throw malformed('missing field `payload`');
  return readPayload(object(body.payload, 'payload'));
}

function readUpdateVectors(body: Json, collection: Collection): Update {
  const entries = list(body.points, 'points').map((value, at) => {
    const point = object(value, 'struct PointVectors');
    return {
      id: readPointId(point.id),
      vectors: readPointVectors(point.vector, collection.schema, `points[${at}].vector`),
    };
  });
  if (entries.length === 0) throw empty();
  return (operation) => {
    const puts = new Map<PointId, Point>();
    for (const { id, vectors } of entries) {
      const point = puts.get(id) ?? present(collection, id);
      const dense = new Map([...point.vectors.dense, ...vectors.dense]);
      const sparse = new Map([...point.vectors.sparse, ...vectors.sparse]);
      puts.set(id, new Point(id, point.payload, { dense, sparse }, operation));
    }
    return { puts: [...puts.values()], removes: [] };
  };
}

function withoutVectors({ dense, sparse }: PointVectors, names: readonly string[]): PointVectors {
  return {
    dense: new Map([...dense].filter(([name]) => !names.includes(name))),
    sparse: new Map([...sparse].filter(([name]) => !names.includes(name))),
  };
}

/** The points an update is about. `strict`: an id that is not there is an error. */
type Selector = (strict: boolean) => Point[];

function patching(
  select: Selector,
  patch: (payload: Record<string, unknown>) => Record<string, unknown>,
  strict = true,
): Update {
  return (operation) => ({
    puts: select(strict).map((point) => new Point(point.id, patch(point.payload), point.vectors, operation)),
    removes: [],
  });
}

/** `points` or `filter`, as deletes and clears have it. */
function readSelector(body: Json, collection: Collection): Selector {
  if (!Array.isArray(body.points) && !isObject(body.filter))
    throw malformed('data did not match any variant of untagged enum PointsSelector');
  if (Array.isArray(body.points) && body.points.length === 0) throw empty();
  return selected(body, collection);
}

/** `points` or `filter`, as payload updates have it. */
function readTarget(body: Json, collection: Collection): Selector {
  if (!Array.isArray(body.points) && !isObject(body.filter))
    throw malformed('Either list of point ids or filter must be provided');
  return selected(body, collection);
}

function selected(body: Json, collection: Collection): Selector {
  if (Array.isArray(body.points)) {
    const ids = [...new Set(body.points.map(readPointId))];
    return (strict) => ids.flatMap((id) => (strict ? present(collection, id) : (collection.get(id) ?? [])));
  }
  const matches = readFilter(body.filter, collection.indexes, 'filter');
  return () => [...collection.values()].filter(matches);
}

function present(collection: Collection, id: PointId): Point {
  const point = collection.get(id);
  if (point === undefined) throw notFound(`No point with id ${id} found`);
  return point;
}

/** The payload index that a body asks for. */
export function readIndex(body: Json): { field: string; index: CollectionConfig['indexes'][string] } {
  const field = text(body.field_name, 'field_name');
  parseJsonPath(field);
  const schema = body.field_schema ?? body.field_type;
  if (schema === undefined || schema === null) throw malformed('missing field `field_schema`');
  const type = isObject(schema) ? schema.type : schema;
  if (!(indexTypes as readonly unknown[]).includes(type))
    throw malformed('data did not match any variant of untagged enum PayloadFieldSchema');
  if (type === 'geo') throw notCovered('geo indexes');
  if (isObject(schema)) optional(schema.is_tenant, (tenant) => flag(tenant, 'is_tenant'));
  return { field, index: { type: type as IndexType, ...(isObject(schema) && { params: schema }) } };
}
