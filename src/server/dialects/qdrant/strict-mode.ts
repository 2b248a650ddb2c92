import { isObject, type Json } from './body.ts';
import type { Collection } from './collection.ts';
import { notCovered, QdrantError } from './errors.ts';
import { filterSize, keysOf, unindexed } from './filter-needs.ts';
import { parseJsonPath } from './json-path.ts';
import { isMulti, isSparse, type PointVectors } from './vectors.ts';

/*
 * Limits that a collection sets for its requests (`strict_mode_config`).
 */

/** @throws 501 for limits that this server does not keep, rather than to let everything pass. */
export function checkCovered(config: unknown): void {
  if (!isObject(config)) return;
  for (const name of ['read_rate_limit', 'write_rate_limit', 'max_resident_memory_percent'])
    if (config[name] !== undefined && config[name] !== null) throw notCovered(`strict_mode_config.${name}`);
}

/** The limits of a collection, by name; undefined where it has none. */
function limitsOf({ config }: Collection): Json | undefined {
  const { strict_mode_config: limits } = config.params;
  return isObject(limits) && limits.enabled === true ? limits : undefined;
}

function refused(problem: string, help: string): QdrantError {
  return new QdrantError(400, `Bad request: ${problem}. Help: ${help}`);
}

function within(value: unknown, limit: unknown, name: string): void {
  if (typeof value !== 'number' || typeof limit !== 'number' || value <= limit) return;
  throw refused(
    `Limit exceeded ${value} > ${limit} for "${name}"`,
    `Reduce the "${name}" parameter to or below ${limit}.`,
  );
}

/** @param timeout That of the request, in seconds. */
export function checkTimeout(timeout: string | undefined, collection: Collection): void {
  if (timeout !== undefined) within(Number(timeout), limitsOf(collection)?.max_timeout, 'timeout');
}

/** @throws 400 where a read goes beyond the limits. */
export function checkRead(body: Json, collection: Collection): void {
  const limits = limitsOf(collection);
  if (limits === undefined) return;
  const searches = Array.isArray(body.searches) ? body.searches : undefined;
  within(searches?.length, limits.search_max_batchsize, 'search batch size');
  for (const search of searches ?? [body]) if (isObject(search)) checkQuery(search, limits, collection);
}

function checkQuery(body: Json, limits: Json, collection: Collection): void {
  const groups = typeof body.group_by === 'string' ? (body.group_size ?? 3) : 1;
  const limit = body.limit ?? undefined;
  // A group may be as large as it likes, but all of them together count.
  within(typeof limit === 'number' ? limit * (groups as number) : undefined, limits.max_query_limit, 'limit');
  if (typeof body.sample === 'number' && typeof limit === 'number')
    within(body.sample * limit, limits.max_query_limit, 'limit');
  if (typeof body.group_by === 'string') checkGroupBy(body.group_by, limits, collection);
  checkFilter(body.filter, limits, limits.unindexed_filtering_retrieve, collection);
  if (isObject(body.query) && limits.unindexed_filtering_retrieve === false)
    checkExpression(body.query.formula, collection);
  const params = isObject(body.params) ? body.params : {};
  if (limits.search_allow_exact === false && (params.exact === true || body.exact === true))
    throw refused('Exact search disabled!', 'Set exact=false.');
  const quantization = isObject(params.quantization) ? params.quantization : {};
  within(quantization.oversampling, limits.search_max_oversampling, 'oversampling');
  within(params.hnsw_ef, limits.search_max_hnsw_ef, 'hnsw_ef');
  if (limits.search_allow_exact === false) checkFullScan(body, collection);
  const prefetch = body.prefetch ?? [];
  for (const inner of Array.isArray(prefetch) ? prefetch : [prefetch])
    if (isObject(inner)) checkQuery(inner, limits, collection);
}

/** Whether a search would have to look at every point, because vectors are not indexed. */
function checkFullScan(body: Json, { config, indexes, schema }: Collection): void {
  const { query } = body;
  if (query === undefined || query === null) return;
  // What was prefetched is few points.
  if (body.prefetch !== undefined && body.prefetch !== null) return;
  if (isObject(query) && ['fusion', 'rrf', 'order_by', 'formula', 'sample'].some((name) => name in query)) return;
  const using = typeof body.using === 'string' ? body.using : '';
  if (schema.get(using)?.kind !== 'dense') return;
  const { vectors, hnsw_config: common } = config.params;
  const named = isObject(vectors) ? (using === '' ? vectors : vectors[using]) : undefined;
  const own = isObject(named) && isObject(named.hnsw_config) ? named.hnsw_config : {};
  const all = isObject(common) ? common : {};
  const m = Number(own.m ?? all.m ?? 16);
  if (m > 0) return;
  const label = using === '' ? '' : ` on '${using}'`;
  const filtered = isObject(body.filter)
    ? keysOf(body.filter).some((key) => indexes.get(parseJsonPath(key).text)?.params?.is_tenant === true)
    : false;
  if (!filtered)
    throw refused(
      `Request is forbidden${label} because global vector indexing is disabled (hnsw_config.m = 0)`,
      'Use tenant-specific filter, enable global vector indexing or enable strict mode `search_allow_exact` option',
    );
  if (Number(own.payload_m ?? all.payload_m ?? m) === 0)
    throw refused(
      `Request is forbidden${label} because vector indexing is disabled (hnsw_config.m = 0 and hnsw_config.payload_m = 0)`,
      'Enable vector indexing, use a prefetch query with indexed vectors or enable strict mode `search_allow_exact` option',
    );
}

function checkGroupBy(field: string, { unindexed_filtering_retrieve: allowed }: Json, collection: Collection): void {
  if (allowed !== false) return;
  const type = collection.indexes.get(parseJsonPath(field).text)?.type;
  const help = 'Create an index supporting `match` for this key.';
  if (type === undefined) throw refused(`Index required but not found for "${field}"`, help);
  if (!['keyword', 'integer', 'uuid', 'bool'].includes(type))
    throw refused(`Index of type "${type[0]!.toUpperCase()}${type.slice(1)}" found for "${field}"`, help);
}

function checkFilter(filter: unknown, limits: Json, allowUnindexed: unknown, { indexes }: Collection): void {
  if (!isObject(filter)) return;
  const missing = allowUnindexed === false ? unindexed(filter, indexes) : undefined;
  if (missing !== undefined)
    throw refused(
      `Index required but not found for "${missing.key}" of one of the following types: [${missing.types.join(', ')}]`,
      'Create an index for this key or use a different filter.',
    );
  const { conditions, largest } = filterSize(filter);
  const { filter_max_conditions: most, condition_max_size: size } = limits;
  if (typeof most === 'number' && conditions > most)
    throw refused(
      `Filter condition limit reached (${conditions} > ${most})`,
      'Reduce the amount of conditions of your filter.',
    );
  if (typeof size === 'number' && largest > size)
    throw refused(`Condition size limit reached (${largest} > ${size})`, 'Reduce the size of your condition.');
}

/** A formula's variables, wherever they stand. */
function checkExpression(expression: unknown, collection: Collection): void {
  if (typeof expression === 'string') {
    if (expression.startsWith('$') || collection.indexes.has(parseJsonPath(expression).text)) return;
    throw refused(
      `Index required but not found for "${expression}" of one of the following types: [float, integer]`,
      'Create an index for this key or use a different formula expression.',
    );
  }
  if (Array.isArray(expression)) for (const inner of expression) checkExpression(inner, collection);
  else if (isObject(expression)) {
    if ('key' in expression) {
      const missing = unindexed({ must: [expression] }, collection.indexes);
      if (missing !== undefined)
        throw refused(
          `Index required but not found for "${missing.key}" of one of the following types: [${missing.types.join(', ')}]`,
          'Create an index for this key or use a different formula expression.',
        );
      return;
    }
    for (const [name, inner] of Object.entries(expression))
      if (name !== 'datetime' && name !== 'origin') checkExpression(inner, collection);
  }
}

/** @throws 400 where an update goes beyond the limits. */
export function checkUpdate(name: string, body: Json, collection: Collection): void {
  const limits = limitsOf(collection);
  if (limits === undefined) return;
  checkFilter(body.filter, limits, limits.unindexed_filtering_update, collection);
  const ids = isObject(body.batch) ? body.batch.ids : body.points;
  const count = Array.isArray(ids) ? ids.length : undefined;
  if (name === 'upsert') within(count, limits.upsert_max_batchsize, 'upsert limit');
  if (name === 'update_vectors') within(count, limits.upsert_max_batchsize, 'update limit');
  if (name === 'upsert' || name === 'update_vectors') checkSize(limits, collection, ['points', 'vectors', 'payload']);
  if (name === 'set_payload' || name === 'overwrite_payload') checkSize(limits, collection, ['payload']);
}

type Measure = 'points' | 'vectors' | 'payload';

/** What is there already; what comes on top is not counted, as on the real server. */
function checkSize(limits: Json, collection: Collection, measures: readonly Measure[]): void {
  const full = (what: string, help: string) => refused(`${what} reached!`, help);
  const { max_points_count: points, max_collection_vector_size_bytes: vectors } = limits;
  const { max_collection_payload_size_bytes: payloads } = limits;
  const all = () => [...collection.values()];
  if (measures.includes('points') && typeof points === 'number' && collection.size >= points)
    throw full(`Max points count limit of ${points}`, 'Please delete some points or increase the limit.');
  if (measures.includes('vectors') && typeof vectors === 'number') {
    const bytes = all().reduce((sum, point) => sum + vectorBytes(point.vectors), 0);
    if (bytes >= vectors)
      throw full(
        `Max vector storage size limit of ${vectors} bytes`,
        'Please delete some points or increase the limit.',
      );
  }
  if (measures.includes('payload') && typeof payloads === 'number') {
    const bytes = all().reduce((sum, { payload }) => sum + payloadBytes(payload), 0);
    if (bytes >= payloads)
      throw full(
        `Max payload storage size limit of ${payloads} bytes`,
        'Please delete some points or increase the limit.',
      );
  }
}

function vectorBytes(vectors: PointVectors): number {
  let bytes = 0;
  for (const vector of vectors.values()) {
    if (isMulti(vector)) bytes += vector.reduce((sum, row) => sum + row.byteLength, 0);
    else bytes += isSparse(vector) ? 8 * vector.indices.length : vector.byteLength;
  }
  return bytes;
}

function payloadBytes(payload: unknown): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  if (typeof payload !== 'object' || payload === null) return 8;
  return Object.entries(payload).reduce((sum, [key, value]) => sum + key.length + payloadBytes(value), 0);
}

/** The number of vectors or weights that points may have under a name. */
export function checkVectors(vectors: PointVectors, collection: Collection): void {
  const limits = limitsOf(collection);
  if (limits === undefined) return;
  const limitOf = (group: unknown, name: string, member: string): unknown => {
    const settings = isObject(group) ? group[name] : undefined;
    return isObject(settings) ? settings[member] : undefined;
  };
  for (const [name, vector] of vectors) {
    const most = isMulti(vector)
      ? limitOf(limits.multivector_config, name, 'max_vectors')
      : limitOf(limits.sparse_config, name, 'max_length');
    const [what, unit] = isMulti(vector) ? ['Multivector', 'vectors'] : ['Sparse vector', 'indices'];
    const length = isMulti(vector) ? vector.length : isSparse(vector) ? vector.indices.length : 0;
    if (typeof most === 'number' && length > most)
      throw refused(
        `${what} '${name}' has a limit of ${most} ${unit}, but ${length} were provided!`,
        'Reduce the number of provided vectors.',
      );
  }
}

/** Before another payload index is made. */
export function checkIndexCount(field: string, collection: Collection): void {
  const most = limitsOf(collection)?.max_payload_index_count;
  const { indexes } = collection.config;
  if (typeof most !== 'number' || Object.hasOwn(indexes, field) || Object.keys(indexes).length < most) return;
  throw refused(
    `Collection already has the maximum number of payload indices (${most})`,
    'Please delete an existing index before creating a new one.',
  );
}
