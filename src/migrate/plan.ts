/** Node only. What a migration would do, and what would be lost. */
import { type Capabilities, isSupported, refusal } from '../capabilities.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import type { CollectionInfo, FieldType, IndexSpec } from '../types.ts';
import { utf8Length } from '../validate/text.ts';
import { isAccepted } from './holdable.ts';
import { type CollectionScope, collectionsInScope, inNamespace, namespacesInScope } from './scope.ts';
import { surveyed } from './survey.ts';
import type { CollectionPlan, Finding, FindingCode, MigrationPlan, NamespacePlan, PlanOptions } from './types.ts';

/** Names that every backend takes for a new collection. */
const portableName = /^(?=.{1,45}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** What backends keep beside the records as they are, to give them back unchanged. */
const envelopes: Readonly<Record<string, string>> = {
  pinecone:
    'nested objects, nulls and other payload values that its metadata cannot hold are kept as JSON text in a reserved key',
  qdrant:
    'ids are stored as hashes with the id itself in the payload, and keys that it cannot hold in a reserved one; both come back as they were',
  milvus: 'payloads are kept as JSON text beside the declared fields',
};

/**
 * What migrating would do: collections, namespaces, counts, and everything that the target cannot hold as it is. Writes nothing.
 *
 * @throws `NotFound` for a collection that the source does not have; `InvalidArgument`; what the two databases throw.
 * @example
 * const { findings, refused } = await plan(await connect('native:./data'), await connect('qdrant://localhost:6333'));
 */
export async function plan(
  source: VectorDatabase,
  target: VectorDatabase,
  options: PlanOptions = {},
): Promise<MigrationPlan> {
  return planned(source, target, options, { resumes: false });
}

/** See {@link plan}. @param resumes The target's collections are a former run's, and this one goes on. */
export async function planned(
  source: VectorDatabase,
  target: VectorDatabase,
  options: PlanOptions,
  { resumes }: { readonly resumes: boolean },
): Promise<MigrationPlan> {
  const { signal } = options;
  const call = { ...(signal && { signal }) };
  const existing = new Map((await target.listCollections(call)).map((info) => [info.name, info]));
  const findings: Finding[] = targetFindings(target);
  const collections: CollectionPlan[] = [];
  for (const scope of await collectionsInScope(source, options, signal)) {
    if (source === target && scope.info.name === scope.target)
      throw new VectorStoreError(
        'InvalidArgument',
        `${scope.target} would be copied onto itself: give it another name`,
      );
    const planned = await collectionPlan(source, scope, existing.has(scope.target), options);
    const usable = withUsableSpec(
      planned,
      target,
      options.spec?.index !== undefined || source.provider === target.provider,
    );
    const found = existing.get(scope.target);
    const mayExist = options.ifExists === 'append' || resumes;
    findings.push(
      ...schemaFindings(planned, target),
      ...existenceFindings(usable, found, mayExist),
      ...namespaceFindings(planned, target),
      ...vectorFindings(planned, source, target, await readbackOf(planned, target, mayExist, call)),
    );
    collections.push(usable);
  }
  findings.push(...(await surveyed(source, target, collections, options)));
  return {
    source: options.sourceName ?? source.provider,
    target: options.targetName ?? target.provider,
    collections,
    records: collections.reduce((sum, { records }) => sum + records, 0),
    findings,
    refused: findings.filter(
      ({ severity, code }) =>
        severity === 'impossible' || (severity === 'lossy' && !isAccepted(code, options.allowLossy)),
    ),
  };
}

/** @throws `Unsupported` with the list, where something forbids the migration. */
export function checkPlan({ refused }: MigrationPlan): void {
  if (refused.length === 0) return;
  const lines = refused.map(({ severity, code, what, detail }) => `  ${severity} (${code}) ${what}: ${detail}`);
  const isLossy = refused.every(({ severity }) => severity === 'lossy');
  const advice = isLossy ? '; allowLossy with these codes accepts it' : '';
  throw new VectorStoreError(
    'Unsupported',
    `nothing was written, because of\n${lines.join('\n')}\n${advice}`.trimEnd(),
  );
}

async function collectionPlan(
  source: VectorDatabase,
  { info, target }: CollectionScope,
  exists: boolean,
  options: PlanOptions,
): Promise<CollectionPlan> {
  const store = await source.collection(info.name, { ...(options.signal && { signal: options.signal }) });
  try {
    const namespaces: NamespacePlan[] = [];
    for (const namespace of await namespacesInScope(store, options, options.signal)) {
      const call = { ...(options.signal && { signal: options.signal }) };
      const records = await inNamespace(store, namespace.source).count(options.where, call);
      namespaces.push({ ...namespace, records });
    }
    const { dimension, metric, index, fields } = { ...info, ...options.spec };
    const records = namespaces.reduce((sum, namespace) => sum + namespace.records, 0);
    return { source: info.name, target, info, dimension, metric, index, fields, exists, namespaces, records };
  } finally {
    await store.close();
  }
}

function targetFindings({ provider, capabilities }: VectorDatabase): Finding[] {
  const found: Finding[] = [];
  const add = (severity: Finding['severity'], code: FindingCode, detail: string) =>
    found.push({ severity, code, what: 'target', detail });
  const { operations, options } = capabilities;
  const upsert = refusal(operations.upsert);
  if (upsert !== undefined) add('impossible', 'upsert', `it cannot be written to: ${upsert}`);
  const volatile = refusal(options.persistence);
  if (volatile !== undefined) add('lossless', 'volatile', `what is copied is gone once it is closed (${volatile})`);
  const envelope = envelopes[provider];
  if (envelope !== undefined) add('lossless', 'envelope', envelope);
  return found;
}

function schemaFindings(collection: CollectionPlan, { capabilities, provider }: VectorDatabase): Finding[] {
  const found: Finding[] = [];
  const add = (severity: Finding['severity'], code: FindingCode, detail: string) =>
    found.push({ severity, code, what: collection.source, detail });
  const { dimension, metric, target, index } = collection;
  if (!collection.exists && !portableName.test(target))
    add(
      'impossible',
      'collection-name',
      `${JSON.stringify(target)} is no name for a new collection (words of lower-case letters and digits joined by "-"): map it to another`,
    );
  if (dimension > capabilities.limits.dimension)
    add(
      'impossible',
      'dimension',
      `dimension ${dimension}; ${provider} takes at most ${capabilities.limits.dimension}`,
    );
  const noMetric = refusal(capabilities.metrics[metric]);
  if (noMetric !== undefined) add('impossible', 'metric', `${metric}: ${noMetric}`);
  for (const [path, type] of Object.entries(collection.fields)) {
    const reason = refusal(capabilities.fieldTypes[type]);
    if (reason !== undefined)
      add('lossy', 'field-type', `the field ${path} cannot be declared ${type} (${reason}); its values are kept`);
  }
  if (!isKnownIndex(index, capabilities.indexTypes))
    add('lossless', 'index', `${provider} has no index ${index.type}: it chooses one by itself`);
  return found;
}

const isKnownIndex = ({ type }: IndexSpec, types: readonly string[]) => type === 'auto' || types.includes(type);

/**
 * Without what the target cannot declare, which is in the findings.
 * @param ownOptions Whether the index's backend-specific options are in the target's own words; another backend's may mean something else there.
 */
function withUsableSpec(
  collection: CollectionPlan,
  { capabilities }: VectorDatabase,
  ownOptions: boolean,
): CollectionPlan {
  const fields = Object.entries(collection.fields).filter(([, type]) => isSupported(capabilities.fieldTypes[type]));
  const { options, ...portable } = collection.index;
  const known = options !== undefined && ownOptions ? collection.index : portable;
  const index = isKnownIndex(collection.index, capabilities.indexTypes) ? known : { type: 'auto' };
  return { ...collection, fields: Object.fromEntries(fields), index };
}

function existenceFindings(
  collection: CollectionPlan,
  found: CollectionInfo | undefined,
  mayExist: boolean,
): Finding[] {
  if (found === undefined) return [];
  const finding = (severity: Finding['severity'], code: FindingCode, detail: string): Finding => ({
    ...{ severity, code, what: collection.source, detail },
  });
  const { target, dimension, metric, fields } = collection;
  if (!mayExist)
    return [
      finding(
        'impossible',
        'collection-exists',
        `the target has a collection ${target}: map it to another name, resume the migration that began it, or append to it`,
      ),
    ];
  const differing = (['dimension', 'metric'] as const).filter((key) => found[key] !== collection[key]);
  if (differing.length > 0)
    return [
      finding(
        'impossible',
        'collection-differs',
        `${target} exists with dimension ${found.dimension}, metric ${found.metric}, and not ${dimension}, ${metric}`,
      ),
    ];
  if (sameFields(found.fields, fields)) return [];
  return [
    finding(
      'lossy',
      'fields-differ',
      `${target} exists and declares other fields (${described(found.fields)}; the source ${described(fields)})`,
    ),
  ];
}

/** Whether the same paths are declared with the same types. */
export function sameFields(
  a: { readonly [path: string]: FieldType },
  b: { readonly [path: string]: FieldType },
): boolean {
  return described(a) === described(b);
}

const described = (fields: { readonly [path: string]: FieldType }) =>
  Object.entries(fields)
    .map(([path, type]) => `${path} ${type}`)
    .sort()
    .join(', ') || 'none';

function namespaceFindings(collection: CollectionPlan, { capabilities }: VectorDatabase): Finding[] {
  const named = collection.namespaces.filter(({ target }) => target !== '');
  const refused = named.length === 0 ? undefined : refusal(capabilities.operations.namespaces);
  if (refused !== undefined)
    return [
      {
        severity: 'impossible',
        code: 'namespaces',
        what: collection.source,
        detail: `${named.length} namespaces: ${refused}`,
      },
    ];
  const most = capabilities.limits.namespaceBytes;
  return named
    .filter(({ target }) => utf8Length(target) > most)
    .map(
      ({ target }) =>
        ({
          ...{ severity: 'impossible', code: 'namespace-name', what: collection.source },
          detail: `the name ${JSON.stringify(target)} is longer than ${most} bytes: map it to another`,
        }) as const,
    );
}

type Readback = Capabilities['vectorReadback'];

/** How vectors will come back: a collection that is there says so itself; a new one is as the database says under cosine, where stores normalise. */
async function readbackOf(
  { exists, target: name, metric }: CollectionPlan,
  target: VectorDatabase,
  mayExist: boolean,
  call: { readonly signal?: AbortSignal },
): Promise<Readback> {
  if (!exists || !mayExist) return metric === 'cosine' ? target.capabilities.vectorReadback : 'bits';
  const store = await target.collection(name, call);
  return store.close().then(() => store.capabilities.vectorReadback);
}

function vectorFindings(
  collection: CollectionPlan,
  source: VectorDatabase,
  target: VectorDatabase,
  readback: Readback,
): Finding[] {
  const found: Finding[] = [];
  const add = (code: FindingCode, detail: string) =>
    found.push({ severity: 'lossy', code, what: collection.source, detail });
  if (readback === 'rounded')
    add('vector-rounding', 'vectors may come back rounded in their last bits (1e-6 of their length at most)');
  if (readback === 'direction')
    add('vector-length', 'only the direction of vectors is kept: they come back with length 1');
  if (isSupported(source.capabilities.options.ttl) && !isSupported(target.capabilities.options.ttl))
    add('ttl', 'records that expire at the source stay at the target');
  return found;
}
