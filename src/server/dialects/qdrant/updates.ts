import { isObject, type Json, list, object, optional, text } from './body.ts';
import { type Change, type Collection, Point } from './collection.ts';
import { invalidBody, malformed, notFound, QdrantError } from './errors.ts';
import { readFilter } from './filter.ts';
import { type PointId, readPointId } from './ids.ts';
import { isRecord, merged, mergedAt, parseJsonPath, withoutPath } from './json-path.ts';
import { checkVectors } from './strict-mode.ts';
import { type PointVectors, paramsOf, readPointVectors } from './vectors.ts';

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
    if (names.length === 0) throw invalidBody('vector: must specify vector names to delete');
    for (const name of names) paramsOf(collection.schema, name);
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
  const entries = 'points' in body ? readPoints(body.points, collection) : readBatch(body.batch, collection);
  if (entries.length === 0) throw empty();
  const mode = readMode(body.update_mode);
  const replaceable = readFilter(body.update_filter, collection.indexes, 'update_filter');
  return (operation) => {
    const points = new Map<PointId, Point>();
    for (const { id, payload, vectors } of entries) {
      const existing = collection.get(id);
      const wanted = existing === undefined ? mode !== 'update_only' : mode !== 'insert_only' && replaceable(existing);
      if (wanted) points.set(id, new Point(id, payload, vectors, operation));
    }
    return { puts: [...points.values()], removes: [] };
  };
}

function readMode(value: unknown): string {
  const mode = optional(value, (name) => text(name, 'update_mode')) ?? 'upsert';
  if (!['upsert', 'insert_only', 'update_only'].includes(mode))
    throw malformed(`unknown variant \`${mode}\`, expected one of \`upsert\`, \`insert_only\`, \`update_only\``);
  return mode;
}

interface Entry {
  readonly id: PointId;
  readonly payload: Record<string, unknown>;
  readonly vectors: PointVectors;
}

function readPoints(points: unknown, collection: Collection): Entry[] {
  return list(points, 'points').map((value, at) => {
    const point = object(value, 'struct PointStruct');
    if (!('id' in point)) throw malformed('missing field `id`');
    if (!('vector' in point)) throw malformed('missing field `vector`');
    const id = readPointId(point.id);
    return {
      id,
      payload: readPayload(point.payload),
      vectors: readVectors(point.vector, collection, `points[${at}].vector`),
    };
  });
}

function readBatch(value: unknown, collection: Collection): Entry[] {
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
    vectors: readVectors(vectorsAt(at), collection, `batch.vectors[${at}]`),
  }));
}

function readVectors(value: unknown, collection: Collection, place: string): PointVectors {
  const vectors = readPointVectors(value, collection.schema, place);
  checkVectors(vectors, collection);
  return vectors;
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
    if (isObject(point.vector) && Object.keys(point.vector).length === 0)
      throw invalidBody(`points[${at}].vector: must specify vectors to update for point`);
    return {
      id: readPointId(point.id),
      vectors: readVectors(point.vector, collection, `points[${at}].vector`),
    };
  });
  if (entries.length === 0) throw invalidBody('points: must specify points to update');
  const replaceable = readFilter(body.update_filter, collection.indexes, 'update_filter');
  return (operation) => {
    const puts = new Map<PointId, Point>();
    for (const { id, vectors } of entries) {
      const point = puts.get(id) ?? present(collection, id);
      if (!replaceable(point)) continue;
      puts.set(id, new Point(id, point.payload, new Map([...point.vectors, ...vectors]), operation));
    }
    return { puts: [...puts.values()], removes: [] };
  };
}

function withoutVectors(vectors: PointVectors, names: readonly string[]): PointVectors {
  return new Map([...vectors].filter(([name]) => !names.includes(name)));
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
