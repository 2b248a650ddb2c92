import { isObject, type Json, object } from './body.ts';
import type { Collection, CollectionConfig } from './collection.ts';
import { notCovered, QdrantError } from './errors.ts';
import { readSchema, shownSchema } from './vectors.ts';

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
  readSchema(params.vectors, params.sparse_vectors);
  if (params.init_from !== undefined && params.init_from !== null) throw notCovered('init_from');
  if (params.sharding_method === 'custom') throw notCovered('custom sharding');
  return { params, indexes: {} };
}

/** The settings after a patch: objects are merged member by member. */
export function mergedConfig(config: CollectionConfig, patch: Json): CollectionConfig {
  // Vectors are patched by name with their index settings, which this server has no use for.
  const { vectors: _, quantization_config: quantization, ...rest } = patch;
  const params = mergedObjects(config.params, rest);
  if (quantization === undefined || quantization === null) return { ...config, params };
  // One kind takes the place of another.
  return { ...config, params: { ...params, quantization_config: quantization === 'Disabled' ? null : quantization } };
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

/** `GET /collections/{name}`. Searches here compare every point, so figures about segments and indexes are constants. */
export function describeCollection(collection: Collection): Json {
  const { params, indexes } = collection.config;
  const given = (name: string): Json => (isObject(params[name]) ? params[name] : {});
  const numbers = Object.fromEntries(
    Object.keys(defaults.params).flatMap((name) =>
      params[name] === undefined || params[name] === null ? [] : [[name, params[name]]],
    ),
  );
  const indexed = [...collection.values()].reduce((sum, { vectors }) => sum + vectors.sparse.size, 0);
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
        { data_type: type, ...(settings !== undefined && { params: settings }), points: collection.size },
      ]),
    ),
    update_queue: { length: 0 },
  };
}
