import { z } from 'zod';
import { metadataSchema, type NewIndex, readCapacity } from './catalog.ts';
import { badRequest, Fault } from './fault.ts';
import { read } from './read.ts';

const tags = z.record(z.string(), z.string());
const settings = {
  tags: tags.nullish(),
  deletion_protection: z.enum(['enabled', 'disabled']).nullish(),
};
const metric = z.enum(['cosine', 'dotproduct', 'euclidean']);
const dimension = z.int().min(1).max(20_000);
const cloudAndRegion = { cloud: z.string().min(1), region: z.string().min(1) };

/** Before the version that describes an index by its schema. */
const classicCreate = z.looseObject({
  ...settings,
  name: z.string(),
  dimension: dimension.nullish(),
  metric: metric.nullish(),
  vector_type: z.enum(['dense', 'sparse']).nullish(),
  spec: z.looseObject({
    serverless: z
      .looseObject({
        ...cloudAndRegion,
        read_capacity: readCapacity.nullish(),
        schema: metadataSchema.nullish(),
      })
      .nullish(),
    pod: z.looseObject({ source_collection: z.string().nullish() }).nullish(),
  }),
});

const schemaCreate = z.looseObject({
  ...settings,
  name: z.string(),
  schema: z.looseObject({ fields: z.record(z.string(), z.looseObject({ type: z.string() })) }),
  deployment: z.looseObject({ deployment_type: z.string() }).nullish(),
  read_capacity: readCapacity.nullish(),
});
const managed = z.looseObject(cloudAndRegion);
const denseField = z.looseObject({ type: z.literal('dense_vector'), dimension, metric });

const classicConfigure = z.looseObject({
  ...settings,
  spec: z.looseObject({ serverless: z.looseObject({ read_capacity: readCapacity.nullish() }).nullish() }).nullish(),
});
const schemaConfigure = z.looseObject({ ...settings, read_capacity: readCapacity.nullish() });

/** What a request to create an index asks for. @throws 400, and 501 for a kind of index that this server does not cover */
export function readNewIndex(body: unknown, isSchemaVersion: boolean): NewIndex {
  const index = isSchemaVersion ? fromSchema(body) : fromClassic(body);
  if (!/^[a-z0-9](?:[a-z0-9-]{0,43}[a-z0-9])?$/.test(index.name)) {
    throw badRequest(
      "Name must consist of lower case alphanumeric characters or '-', start and end with an alphanumeric character, and have at most 45",
    );
  }
  checkTags(index.tags);
  return index;
}

/** What a request to configure an index changes; an empty tag is one to be removed. @throws 400, 501 */
export function readConfiguration(body: unknown, isSchemaVersion: boolean): (index: NewIndex) => Partial<NewIndex> {
  const { capacity, ...given } = isSchemaVersion ? schemaChanges(body) : classicChanges(body);
  const { tags: changes, deletion_protection: deletionProtection } = given;
  return (index) => {
    const merged = Object.entries({ ...index.tags, ...changes }).filter(([, value]) => value !== '');
    const changed = Object.fromEntries(merged);
    checkTags(changed);
    return {
      tags: changed,
      ...(deletionProtection && { deletionProtection }),
      ...(capacity && { readCapacity: capacity }),
    };
  };
}

function schemaChanges(body: unknown) {
  const { tags: changes, deletion_protection, read_capacity: capacity, ...rest } = read(schemaConfigure, body);
  refuseOthers(rest, 'configuring');
  return { tags: changes, deletion_protection, capacity };
}

function classicChanges(body: unknown) {
  const { tags: changes, deletion_protection, spec, ...rest } = read(classicConfigure, body);
  const { serverless, ...otherSpecs } = spec ?? {};
  const { read_capacity: capacity, ...others } = serverless ?? {};
  refuseOthers({ ...rest, ...otherSpecs, ...others }, 'configuring');
  return { tags: changes, deletion_protection, capacity };
}

function fromClassic(body: unknown): NewIndex {
  const {
    spec,
    name,
    tags: given,
    deletion_protection,
    dimension: size,
    metric: chosen,
    vector_type,
    ...rest
  } = read(classicCreate, body);
  const source = spec.pod?.source_collection;
  // This server holds no collections.
  if (source != null) throw badRequest(`Resource ${source} not found`);
  if (spec.serverless == null) throw new Fault(501, 'this server covers serverless indexes only');
  const { cloud, region, read_capacity: capacity = null, schema = null, ...others } = spec.serverless;
  refuseOthers({ ...rest, ...others }, 'creating an index with');
  const vectors = vectorsOf(vector_type ?? 'dense', size, chosen);
  return {
    ...commonOf(name, given, deletion_protection),
    ...vectors,
    cloud,
    region,
    readCapacity: capacity,
    metadataSchema: schema,
  };
}

function vectorsOf(
  vectorType: 'dense' | 'sparse',
  size: number | null | undefined,
  chosen: NewIndex['metric'] | null | undefined,
): Pick<NewIndex, 'vectorType' | 'dimension' | 'metric'> {
  if (vectorType === 'dense') {
    if (size == null) throw badRequest('Dimension must be specified for dense indexes');
    return { vectorType, dimension: size, metric: chosen ?? 'cosine' };
  }
  if (size != null) throw badRequest('Dimension cannot be specified for sparse indexes');
  if (chosen != null && chosen !== 'dotproduct')
    throw badRequest('Sparse vector indexes must use the metric dotproduct.');
  return { vectorType, dimension: null, metric: 'dotproduct' };
}

function fromSchema(body: unknown): NewIndex {
  const {
    schema,
    deployment,
    name,
    tags: given,
    deletion_protection,
    read_capacity: capacity = null,
    ...rest
  } = read(schemaCreate, body);
  if (deployment != null && deployment.deployment_type !== 'managed')
    throw new Fault(501, 'this server covers managed indexes only');
  refuseOthers(rest, 'creating an index with');
  const { _values: dense, _sparse_values: sparse, ...others } = schema.fields;
  if (Object.keys(others).length > 0 || (dense === undefined && sparse === undefined)) {
    throw new Fault(
      501,
      'this server covers the vectors API only: indexes whose schema has no fields but _values and _sparse_values',
    );
  }
  if (sparse !== undefined && sparse.type !== 'sparse_vector')
    throw badRequest('_sparse_values must be a sparse_vector');
  const field = dense === undefined ? undefined : read(denseField, dense);
  const vectors = vectorsOf(field === undefined ? 'sparse' : 'dense', field?.dimension, field?.metric);
  const { cloud, region } = deployment == null ? { cloud: 'aws', region: 'us-east-1' } : read(managed, deployment);
  return {
    ...commonOf(name, given, deletion_protection),
    ...vectors,
    cloud,
    region,
    readCapacity: capacity,
    metadataSchema: null,
  };
}

function commonOf(
  name: string,
  given: Record<string, string> | null | undefined,
  protection: 'enabled' | 'disabled' | null | undefined,
) {
  return { name, tags: given ?? {}, deletionProtection: protection ?? ('disabled' as const) };
}

function checkTags(given: Record<string, string>): void {
  const entries = Object.entries(given);
  if (entries.length > 20) throw badRequest('At most 20 tags are allowed');
  for (const [key, value] of entries) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(key))
      throw badRequest(`Tag key ${JSON.stringify(key)} must be at most 80 characters of A-Z, a-z, 0-9, _ and -`);
    if (!/^[\x20-\x7e]{0,120}$/.test(value))
      throw badRequest(`The value of tag ${JSON.stringify(key)} must be at most 120 printable ASCII characters`);
  }
}

/** What is not known here is refused rather than passed over. */
function refuseOthers(rest: Record<string, unknown>, what: string): void {
  const asked = Object.keys(rest).filter((key) => rest[key] != null);
  if (asked.length > 0) throw new Fault(501, `this server does not cover ${what} ${asked.join(', ')}`);
}
