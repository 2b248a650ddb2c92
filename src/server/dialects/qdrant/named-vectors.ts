import { isObject, type Json, object } from './body.ts';
import { type Collection, type CollectionConfig, Point } from './collection.ts';
import { invalidBody, malformed, QdrantError, wrongInput } from './errors.ts';
import { readDenseParams, readSparseParams } from './vector-schema.ts';

/** `PUT /collections/{name}/vectors/{vector}`: another vector for points to have. */
export function withNamedVector(config: CollectionConfig, name: string, body: Json): CollectionConfig {
  const { vectors, sparse_vectors: sparse } = config.params;
  if (isObject(vectors) && 'size' in vectors && !isObject(vectors.size))
    throw wrongInput('named vectors cannot be added to a collection with an unnamed one');
  const taken = [vectors, sparse].some((group) => isObject(group) && Object.hasOwn(group, name));
  if (taken) throw new QdrantError(409, `Wrong input: Vector ${name} already exists`);
  const add = (group: 'vectors' | 'sparse_vectors', params: Json): CollectionConfig => {
    const present = config.params[group];
    return {
      ...config,
      params: { ...config.params, [group]: { ...(isObject(present) ? present : {}), [name]: params } },
    };
  };
  if (isObject(body.dense)) {
    const { size } = body.dense;
    if (size === 0) throw invalidBody('dense.size: value 0 invalid, must be from 1 to 65536');
    readDenseParams(body.dense);
    return add('vectors', body.dense);
  }
  if (body.sparse === undefined) throw malformed('data did not match any variant of untagged enum VectorNameConfig');
  const params = object(body.sparse, 'struct SparseVectorConfig');
  readSparseParams(params);
  return add('sparse_vectors', params);
}

/** `DELETE` of the same: the points lose it too. */
export async function dropNamedVector(collection: Collection, name: string): Promise<number> {
  if (!collection.schema.has(name)) throw wrongInput(`Not existing vector name error: ${name}`);
  const operation = await collection.update((number) => ({
    puts: [...collection.values()]
      .filter(({ vectors }) => vectors.has(name))
      .map((point) => {
        const vectors = new Map(point.vectors);
        vectors.delete(name);
        return new Point(point.id, point.payload, vectors, number);
      }),
    removes: [],
  }));
  await collection.configure(({ params, indexes }) => ({ params: withoutVector(params, name), indexes }), 0);
  return operation;
}

function withoutVector(params: Json, name: string): Json {
  const without = (group: unknown): unknown =>
    isObject(group) ? Object.fromEntries(Object.entries(group).filter(([key]) => key !== name)) : group;
  return { ...params, vectors: without(params.vectors), sparse_vectors: without(params.sparse_vectors) };
}
