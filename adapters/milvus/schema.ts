import type { MilvusClient } from '@zilliz/milvus2-sdk-node';
import { z } from 'zod';
import type { DriverSpec } from '../../src/driver.ts';
import type { CollectionInfo, FieldType, IndexSpec } from '../../src/types.ts';
import type { Dialect } from './dialect.ts';
import { columns } from './expression.ts';
import { type MilvusIndex, metricNames } from './index-params.ts';
import { keyBytes } from './keys.ts';
import { payloadBytes } from './stored-payload.ts';
import { dataTypes } from './wire/requests.ts';

/** The property of a collection that holds its manifest. (milvus-lite drops descriptions, and nobody can change them.) */
const manifestProperty = 'anyvec.manifest';

/** What a collection of ours says of itself. */
const manifestSchema = z.object({
  anyvec: z.literal(1),
  name: z.string(),
  dimension: z.number().int(),
  metric: z.enum(['cosine', 'dot', 'euclidean']),
  fields: z.record(z.string(), z.enum(['keyword', 'number', 'boolean', 'datetime', 'text'])),
  index: z.looseObject({ type: z.string() }),
  ignoredHints: z.array(z.string()),
  /** Tells one creation from another: the server takes a repeated creation for a success. */
  token: z.string(),
});
export type Manifest = z.infer<typeof manifestSchema>;

type CreateRequest = Parameters<MilvusClient['createCollection']>[0];
type Description = Awaited<ReturnType<MilvusClient['describeCollection']>>;

/** Milvus allows `_` in names and not `-`, portable names the reverse. Other names are another application's, and stay. */
export function serverName(name: string): string {
  return /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) ? name.replaceAll('-', '_') : name;
}

/** Whether the server could have a collection of this name. */
export function isPossibleName(name: string, dialect: Dialect): boolean {
  return dialect.collectionNames === undefined || dialect.collectionNames.test(serverName(name));
}

export function manifestOf(name: string, spec: DriverSpec, index: MilvusIndex): Manifest {
  const { dimension, metric, fields } = spec;
  return {
    anyvec: 1,
    name,
    dimension,
    metric,
    fields: { ...fields },
    index: { ...index.spec },
    ignoredHints: [...index.ignoredHints],
    token: crypto.randomUUID(),
  };
}

export function createRequest(manifest: Manifest): CreateRequest {
  return {
    collection_name: serverName(manifest.name),
    description: 'created by anyvec',
    properties: { [manifestProperty]: JSON.stringify(manifest) },
    fields: [
      { name: columns.key, data_type: dataTypes.varchar, max_length: keyBytes, is_primary_key: true },
      { name: columns.namespace, data_type: dataTypes.varchar, max_length: 128 },
      { name: columns.vector, data_type: dataTypes.floatVector, dim: manifest.dimension },
      { name: columns.payload, data_type: dataTypes.json },
      { name: columns.text, data_type: dataTypes.varchar, max_length: payloadBytes },
    ],
  };
}

export function changeManifestRequest(manifest: Manifest) {
  return { collection_name: serverName(manifest.name), properties: { [manifestProperty]: JSON.stringify(manifest) } };
}

export function indexRequest(
  { name, metric }: Manifest,
  { indexType, params }: Pick<MilvusIndex, 'indexType' | 'params'>,
) {
  return {
    collection_name: serverName(name),
    field_name: columns.vector,
    index_name: columns.vector,
    index_type: indexType,
    metric_type: metricNames[metric],
    params: { ...params },
  };
}

/** Undefined for a collection that this library did not create. */
export function readManifest({ properties }: Description): Manifest | undefined {
  const text = properties.find(({ key }) => key === manifestProperty)?.value;
  if (text === undefined) return undefined;
  try {
    return manifestSchema.safeParse(JSON.parse(String(text))).data;
  } catch {
    return undefined;
  }
}

export function indexSpecOf({ index }: Manifest): IndexSpec {
  return index as IndexSpec;
}

export function infoOf(manifest: Manifest): CollectionInfo {
  const { name, dimension, metric, fields } = manifest;
  return {
    name,
    dimension,
    metric,
    fields: fields as { readonly [field: string]: FieldType },
    idMode: 'native',
    index: indexSpecOf(manifest),
    managed: true,
  };
}
