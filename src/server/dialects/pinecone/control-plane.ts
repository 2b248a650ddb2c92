import type { Hono } from 'hono';
import { z } from 'zod';
import type { ServerEnv } from '../../dialect.ts';
import type { Catalog, IndexEntry, NewIndex } from './catalog.ts';
import { badRequest, Fault } from './fault.ts';
import { read } from './read.ts';

/** The first version of the API that describes an index by its schema. */
const schemaVersion = '2026-07';

const tags = z.record(z.string(), z.string());
const common = {
  name: z.string(),
  tags: tags.nullish(),
  deletion_protection: z.enum(['enabled', 'disabled']).nullish(),
};
const metric = z.enum(['cosine', 'dotproduct', 'euclidean']);
const dimension = z.int().min(1).max(20_000);
const cloudAndRegion = { cloud: z.string().min(1), region: z.string().min(1) };

/** Before {@link schemaVersion}. */
const classicCreate = z.looseObject({
  ...common,
  dimension: dimension.nullish(),
  metric: metric.nullish(),
  vector_type: z.string().nullish(),
  spec: z.looseObject({ serverless: z.looseObject(cloudAndRegion).nullish() }),
});

const schemaCreate = z.looseObject({
  ...common,
  schema: z.looseObject({ fields: z.record(z.string(), z.looseObject({ type: z.string() })) }),
  deployment: z.looseObject({ deployment_type: z.string(), ...cloudAndRegion }).nullish(),
});
const denseField = z.looseObject({ type: z.literal('dense_vector'), dimension, metric });

const configure = z.looseObject({
  tags: tags.nullish(),
  deletion_protection: z.enum(['enabled', 'disabled']).nullish(),
});

/** Create, list, describe, configure and delete indexes. */
export function controlPlane(app: Hono<ServerEnv>, catalog: Catalog): void {
  app.get('/indexes', ({ req, json }) => json({ indexes: catalog.list().map((entry) => described(entry, req.raw)) }));
  app.post('/indexes', async ({ req, json, get }) =>
    json(described(await catalog.create(newIndex(get('body'), req.raw)), req.raw), 201),
  );
  app.get('/indexes/:name', ({ req, json }) => json(described(catalog.get(req.param('name')), req.raw)));
  app.delete('/indexes/:name', async ({ req, body }) => {
    await catalog.delete(req.param('name'));
    return body(null, 202);
  });
  app.patch('/indexes/:name', async ({ req, json, get }) => {
    const entry = catalog.get(req.param('name'));
    const { tags: changes, deletion_protection: deletionProtection, ...rest } = read(configure, get('body'));
    refuseOthers(rest, 'configuring');
    const merged = Object.entries({ ...entry.tags, ...changes }).filter(([, value]) => value !== '');
    checkTags(Object.fromEntries(merged));
    const changed = await catalog.configure(entry.name, {
      tags: Object.fromEntries(merged),
      ...(deletionProtection && { deletionProtection }),
    });
    return json(described(changed, req.raw));
  });
}

function newIndex(body: unknown, request: Request): NewIndex {
  const index = isSchemaVersion(request) ? fromSchema(body) : fromClassic(body);
  if (!/^[a-z0-9](?:[a-z0-9-]{0,43}[a-z0-9])?$/.test(index.name)) {
    throw badRequest(
      "Name must consist of lower case alphanumeric characters or '-', start and end with an alphanumeric character, and have at most 45",
    );
  }
  checkTags(index.tags);
  return index;
}

function fromClassic(body: unknown): NewIndex {
  const given = read(classicCreate, body);
  const { serverless } = given.spec;
  if (serverless == null) throw new Fault(501, 'this server covers serverless indexes only');
  if (given.vector_type != null && given.vector_type !== 'dense')
    throw new Fault(501, 'this server covers dense indexes only');
  if (given.dimension == null) throw badRequest('Dimension must be specified for dense indexes');
  const { cloud, region } = serverless;
  return { ...commonOf(given), dimension: given.dimension, metric: given.metric ?? 'cosine', cloud, region };
}

function fromSchema(body: unknown): NewIndex {
  const { schema, deployment, ...given } = read(schemaCreate, body);
  if (deployment != null && deployment.deployment_type !== 'managed')
    throw new Fault(501, 'this server covers managed indexes only');
  const names = Object.keys(schema.fields);
  if (names.length !== 1 || names[0] !== '_values') {
    throw new Fault(501, 'this server covers the vectors API only: an index whose schema has the one field _values');
  }
  const field = schema.fields._values!;
  if (field.type !== 'dense_vector') throw new Fault(501, 'this server covers dense indexes only');
  const dense = read(denseField, field);
  const { cloud, region } = deployment ?? { cloud: 'aws', region: 'us-east-1' };
  return { ...commonOf(given), dimension: dense.dimension, metric: dense.metric, cloud, region };
}

function commonOf(given: {
  name: string;
  tags?: Record<string, string> | null | undefined;
  deletion_protection?: 'enabled' | 'disabled' | null | undefined;
}) {
  return {
    name: given.name,
    tags: given.tags ?? {},
    deletionProtection: given.deletion_protection ?? ('disabled' as const),
  };
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

function refuseOthers(rest: Record<string, unknown>, what: string): void {
  const asked = Object.keys(rest).filter((key) => rest[key] != null);
  if (asked.length > 0) throw new Fault(501, `this server does not cover ${what} ${asked.join(', ')}`);
}

function isSchemaVersion(request: Request): boolean {
  return (request.headers.get('x-pinecone-api-version') ?? schemaVersion) >= schemaVersion;
}

/** An index as the asked version of the API shows it. */
function described(entry: IndexEntry, request: Request): object {
  const ready = Date.now() >= entry.readyAt;
  const { name, tags: shownTags, deletionProtection, cloud, region } = entry;
  const { origin } = new URL(request.url);
  const readCapacity = { mode: 'OnDemand', status: { state: 'Ready' } };
  const shared = {
    name,
    // The vendor's hosts have no scheme, and clients then use https.
    host: `${origin}/hosts/${entry.incarnation}`,
    status: { ready, state: ready ? 'Ready' : 'Initializing' },
    tags: Object.keys(shownTags).length === 0 ? null : shownTags,
    deletion_protection: deletionProtection,
  };
  if (isSchemaVersion(request)) {
    return {
      ...shared,
      deployment: { deployment_type: 'managed', cloud, region },
      schema: {
        fields: {
          _values: { type: 'dense_vector', description: null, dimension: entry.dimension, metric: entry.metric },
        },
      },
      read_capacity: readCapacity,
    };
  }
  return {
    ...shared,
    dimension: entry.dimension,
    metric: entry.metric,
    vector_type: 'dense',
    spec: { serverless: { cloud, region, read_capacity: readCapacity } },
  };
}
