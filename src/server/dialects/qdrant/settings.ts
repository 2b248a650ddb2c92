import { isObject, type Json, object, unsigned } from './body.ts';
import type { Collection, CollectionConfig } from './collection.ts';
import { invalidBody, notCovered, QdrantError, wrongInput } from './errors.ts';
import { type IndexType, isIndexed } from './field-index.ts';
import { parseJsonPath, valuesAt } from './json-path.ts';
import { checkCovered } from './strict-mode.ts';
import { readSchema, shownSchema } from './vector-schema.ts';
import { isSparse } from './vectors.ts';

/** @throws 422 for a name that Qdrant does not take. */
export function validateName(name: string): void {
  const refused = (problem: string) =>
    new QdrantError(422, `Validation error in path parameters: [collection_name: ${problem}]`);
  if (name.length < 1 || name.length > 255)
    throw refused(`value ${JSON.stringify(name)} invalid, must be from 1 to 255 characters`);
  const bad = [...name].find((char) => '<>:"/\\|?*\0\u001f'.includes(char));
  if (bad !== undefined) throw refused(`collection name cannot contain ${JSON.stringify(bad)} char`);
}

/** What a collection is created with, checked. */
export function readConfig(params: Json): CollectionConfig {
  validateSettings(params);
  readSchema(params.vectors, params.sparse_vectors);
  if (params.init_from !== undefined && params.init_from !== null) throw notCovered('init_from');
  if (params.sharding_method === 'custom') throw notCovered('custom sharding');
  // An older name of the same.
  const { quantization, ...rest } = params;
  const config = params.quantization_config ?? quantization;
  return { params: config === undefined ? rest : { ...rest, quantization_config: config }, indexes: {} };
}

/** Least values of settings, by their place in the body. */
const least: { readonly [place: string]: number } = {
  shard_number: 1,
  replication_factor: 1,
  write_consistency_factor: 1,
  'hnsw_config.ef_construct': 4,
  'wal_config.wal_capacity_mb': 1,
  'optimizers_config.memmap_threshold': 0,
  'optimizers_config.indexing_threshold': 0,
};

/** @throws 400 for a negative number, 422 for one that is too small. */
function validateSettings(settings: Json): void {
  for (const [place, minimum] of Object.entries(least)) {
    const value = place.split('.').reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), settings);
    if (value === undefined || value === null) continue;
    if (unsigned(value) < minimum)
      throw invalidBody(`${place}: value ${String(value)} invalid, must be ${minimum} or larger`);
  }
  checkCovered(settings.strict_mode_config);
}

/** The settings after a patch: objects are merged member by member. */
export function mergedConfig(config: CollectionConfig, patch: Json): CollectionConfig {
  validateSettings(patch);
  const { vectors, sparse_vectors: sparse, params: changed, metadata, quantization_config, ...rest } = patch;
  const merged: Record<string, unknown> = { ...mergedObjects(config.params, rest) };
  if (isObject(changed)) Object.assign(merged, mergedObjects(merged, changed));
  if (isObject(vectors)) merged.vectors = patchedVectors(config.params.vectors, vectors);
  if (isObject(sparse)) merged.sparse_vectors = patchedVectors(config.params.sparse_vectors, sparse);
  if (isObject(metadata))
    merged.metadata = withoutNulls(mergedObjects(object(merged.metadata ?? {}, 'metadata'), metadata));
  // One kind takes the place of another.
  if (quantization_config !== undefined && quantization_config !== null)
    merged.quantization_config = quantization_config === 'Disabled' ? null : quantization_config;
  return { ...config, params: merged };
}

/** Settings of vectors by name, `''` for the unnamed one. */
function patchedVectors(present: unknown, patches: Json): unknown {
  const unnamed = isObject(present) && 'size' in present && !isObject(present.size);
  let result: Json = isObject(present) ? present : {};
  for (const [name, patch] of Object.entries(patches)) {
    const current = unnamed ? (name === '' ? result : undefined) : result[name];
    if (!isObject(current)) throw wrongInput(`Not existing vector name error: ${name}`);
    const patched = patchedVector(current, object(patch, 'struct VectorParamsDiff'));
    result = unnamed ? patched : { ...result, [name]: patched };
  }
  return result;
}

function patchedVector(current: Json, { quantization_config: quantization, ...rest }: Json): Json {
  const merged = mergedObjects(current, rest);
  if (quantization === undefined || quantization === null) return merged;
  const { quantization_config: _, ...others } = merged;
  return quantization === 'Disabled' ? others : { ...others, quantization_config: quantization };
}

function withoutNulls(value: Json): Json {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function mergedObjects(base: Json, patch: Json): Json {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch))
    result[key] = isObject(value) && isObject(result[key]) ? mergedObjects(object(result[key], key), value) : value;
  return result;
}

const defaults = {
  params: { shard_number: 1, replication_factor: 1, write_consistency_factor: 1, on_disk_payload: true },
  hnsw: { m: 16, ef_construct: 100, full_scan_threshold: 10_000, max_indexing_threads: 0, on_disk: false },
  optimizers: {
    deleted_threshold: 0.2,
    vacuum_min_vector_number: 1000,
    default_segment_number: 0,
    max_segment_size: null,
    memmap_threshold: null,
    indexing_threshold: 10_000,
    flush_interval_sec: 5,
    max_optimization_threads: null,
    prevent_unoptimized: null,
  },
  wal: { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 },
};

/** How many points have a value that a field's index holds. */
function indexedPoints(collection: Collection, field: string, type: IndexType): number {
  const path = parseJsonPath(field);
  let sum = 0;
  for (const { payload } of collection.values())
    if (
      valuesAt(payload, path)
        .flat()
        .some((value) => isIndexed(type, value))
    )
      sum += 1;
  return sum;
}

/** `GET /collections/{name}`. Searches here compare every point, so figures about segments and indexes are constants. */
export function describeCollection(collection: Collection): Json {
  const { params, indexes } = collection.config;
  const given = (name: string): Json => (isObject(params[name]) ? params[name] : {});
  const numbers = Object.fromEntries(
    Object.keys(defaults.params).flatMap((name) =>
      params[name] === undefined || params[name] === null ? [] : [[name, params[name]]],
    ),
  );
  const indexed = [...collection.values()].reduce(
    (sum, { vectors }) => sum + [...vectors.values()].filter(isSparse).length,
    0,
  );
  return {
    status: 'green',
    optimizer_status: 'ok',
    indexed_vectors_count: indexed,
    points_count: collection.size,
    segments_count: 2,
    config: {
      params: { ...shownSchema(params), ...defaults.params, ...numbers },
      hnsw_config: { ...defaults.hnsw, ...given('hnsw_config') },
      optimizer_config: { ...defaults.optimizers, ...given('optimizers_config') },
      wal_config: { ...defaults.wal, ...given('wal_config') },
      quantization_config: params.quantization_config ?? null,
      ...(isObject(params.strict_mode_config) && { strict_mode_config: params.strict_mode_config }),
      ...(isObject(params.metadata) && { metadata: params.metadata }),
    },
    payload_schema: Object.fromEntries(
      Object.entries(indexes).map(([field, { type, params: settings }]) => [
        field,
        {
          data_type: type,
          ...(settings !== undefined && { params: settings }),
          points: indexedPoints(collection, field, type),
        },
      ]),
    ),
    update_queue: { length: 0 },
  };
}
