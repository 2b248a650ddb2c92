import { z } from 'zod';
import { VectorStoreError } from '../../src/errors.ts';
import type { CollectionInfo, FieldType, IdMode, IndexSpec, Metric } from '../../src/types.ts';
import { hashVersion } from './ids.ts';
import { textVectorName } from './text-vector.ts';

/** What this library keeps about a collection of its own, in the collection's metadata. */
const manifestSchema = z.object({
  format: z.literal(1),
  dimension: z.int(),
  metric: z.enum(['cosine', 'dot', 'euclidean']),
  fields: z.array(z.object({ field: z.string(), type: z.enum(['keyword', 'number', 'boolean', 'datetime', 'text']) })),
  index: z.looseObject({ type: z.string() }),
  ignoredHints: z.array(z.string()),
  idMode: z.literal('hashed'),
  hash: z.literal(hashVersion),
});

const key = 'anyvec';

/** The metadata to create or patch a collection with: text, since Qdrant merges objects member by member. */
export function metadataOf(
  info: Pick<CollectionInfo, 'dimension' | 'metric' | 'fields' | 'index'>,
  ignoredHints: readonly string[],
): Record<string, unknown> {
  const { dimension, metric, index } = info;
  const fields = Object.entries(info.fields).map(([field, type]) => ({ field, type }));
  return {
    [key]: JSON.stringify({
      format: 1,
      dimension,
      metric,
      fields,
      index,
      ignoredHints,
      idMode: 'hashed',
      hash: hashVersion,
    }),
  };
}

const vectorParams = z.object({ size: z.int(), distance: z.string() });

/** The part of a collection's description that is read here. */
const descriptionSchema = z.object({
  status: z.string().optional(),
  points_count: z.number().nullish(),
  indexed_vectors_count: z.number().nullish(),
  config: z.object({
    params: z.object({
      vectors: z.union([vectorParams, z.record(z.string(), vectorParams)]).optional(),
      sparse_vectors: z.record(z.string(), z.looseObject({ modifier: z.string().nullish() }).nullish()).nullish(),
    }),
    hnsw_config: z.looseObject({ m: z.number().optional(), ef_construct: z.number().optional() }).optional(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
  }),
  payload_schema: z.record(z.string(), z.looseObject({ data_type: z.string() })).optional(),
});

/** A collection as the server describes it. */
export interface Description {
  readonly info: CollectionInfo;
  /** Settings of its index without effect. */
  readonly ignoredHints: readonly string[];
  /** The name of the vector; undefined for the unnamed one. */
  readonly vectorName: string | undefined;
  /** Whether texts are ranked by the server: in collections of ours that were made with the vector for it. */
  readonly ranksTexts: boolean;
  /** Types of payload indexes by field. */
  readonly indexes: ReadonlyMap<string, string>;
  readonly status: string | undefined;
  readonly points: number;
  readonly indexed: number;
}

const metrics: { readonly [distance: string]: Metric } = { Cosine: 'cosine', Dot: 'dot', Euclid: 'euclidean' };

/** How a collection without manifest is to be read. */
export interface ForeignOptions {
  readonly vectorName: string | undefined;
  readonly fields?: { readonly [field: string]: FieldType };
  readonly idMode?: IdMode;
}

/**
 * @throws `Unsupported` for a collection without a usable vector, `InvalidArgument` where it has several and none was named, `Corruption` for
 *   a description or manifest that makes no sense.
 */
export function readDescription(name: string, answer: unknown, foreign: ForeignOptions): Description {
  const parsed = descriptionSchema.safeParse(answer);
  if (!parsed.success)
    throw new VectorStoreError(
      'Corruption',
      `the server's description of collection ${JSON.stringify(name)} makes no sense`,
      { cause: parsed.error },
    );
  const {
    config,
    payload_schema: schema = {},
    status,
    points_count: points,
    indexed_vectors_count: indexed,
  } = parsed.data;
  const { vectorName, size, distance } = chosenVector(name, config.params.vectors, foreign.vectorName);
  const metric = metrics[distance];
  if (metric === undefined)
    throw new VectorStoreError(
      'Unsupported',
      `collection ${JSON.stringify(name)} has the distance ${distance}; usable are ${Object.keys(metrics).join(', ')}`,
    );
  const manifest = readManifest(name, config.metadata);
  if (manifest !== undefined && (manifest.info.dimension !== size || manifest.info.metric !== metric)) {
    throw new VectorStoreError(
      'Corruption',
      `the manifest of collection ${JSON.stringify(name)} disagrees with its vectors`,
    );
  }
  const { m, ef_construct: efConstruction } = config.hnsw_config ?? {};
  const info: CollectionInfo = manifest?.info ?? {
    name,
    dimension: size,
    metric,
    fields: foreign.fields ?? {},
    idMode: foreign.idMode ?? 'native',
    index: {
      type: m === 0 ? 'flat' : 'hnsw',
      ...(m !== undefined && m > 0 && { m }),
      ...(efConstruction !== undefined && { efConstruction }),
    },
    managed: false,
  };
  const indexes = new Map(Object.entries(schema).map(([field, { data_type: type }]) => [field, type]));
  return {
    info,
    ignoredHints: manifest?.ignoredHints ?? [],
    vectorName,
    ranksTexts: info.managed && config.params.sparse_vectors?.[textVectorName]?.modifier === 'idf',
    indexes,
    status,
    points: points ?? 0,
    indexed: indexed ?? 0,
  };
}

function chosenVector(
  name: string,
  vectors: z.infer<typeof descriptionSchema>['config']['params']['vectors'],
  wanted: string | undefined,
): { vectorName: string | undefined; size: number; distance: string } {
  const where = `collection ${JSON.stringify(name)}`;
  const unnamed = vectorParams.safeParse(vectors);
  if (unnamed.success) return { vectorName: undefined, ...unnamed.data };
  const named = Object.entries((vectors ?? {}) as Record<string, z.infer<typeof vectorParams>>);
  if (named.length === 0) throw new VectorStoreError('Unsupported', `${where} has no dense vector`);
  const known = named.map(([vector]) => JSON.stringify(vector)).join(', ');
  if (wanted === undefined && named.length > 1)
    throw new VectorStoreError(
      'InvalidArgument',
      `${where} has several vectors; say which in the configuration's vectorName: ${known}`,
    );
  const found = wanted === undefined ? named[0] : named.find(([vector]) => vector === wanted);
  if (found === undefined)
    throw new VectorStoreError(
      'InvalidArgument',
      `${where} has no vector ${JSON.stringify(wanted)}; vectorName can be ${known}`,
    );
  return { vectorName: found[0], size: found[1].size, distance: found[1].distance };
}

interface Manifest {
  readonly info: CollectionInfo;
  readonly ignoredHints: readonly string[];
}

function readManifest(
  name: string,
  metadata: Readonly<Record<string, unknown>> | null | undefined,
): Manifest | undefined {
  const stored = metadata?.[key];
  if (stored === undefined || stored === null) return undefined;
  const parsed = manifestSchema.safeParse(parsedText(stored));
  if (!parsed.success) {
    throw new VectorStoreError(
      'Corruption',
      `the manifest of collection ${JSON.stringify(name)} is damaged, or of a later version of this library`,
      { cause: parsed.error },
    );
  }
  const { dimension, metric, fields, index, ignoredHints, idMode } = parsed.data;
  const declared = Object.fromEntries(fields.map(({ field, type }) => [field, type]));
  return {
    info: { name, dimension, metric, fields: declared, idMode, index: index as IndexSpec, managed: true },
    ignoredHints,
  };
}

function parsedText(stored: unknown): unknown {
  try {
    return JSON.parse(String(stored));
  } catch {
    return undefined;
  }
}
