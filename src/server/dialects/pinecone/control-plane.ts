import type { Hono } from 'hono';
import type { ServerEnv } from '../../dialect.ts';
import type { Catalog, IndexEntry } from './catalog.ts';
import { readConfiguration, readNewIndex } from './new-index.ts';
import { isSchemaVersion } from './version.ts';

/** Create, list, describe, configure and delete indexes. */
export function controlPlane(app: Hono<ServerEnv>, catalog: Catalog): void {
  app.get('/indexes', ({ req, json }) => json({ indexes: catalog.list().map((entry) => described(entry, req.raw)) }));
  app.post('/indexes', async ({ req, json, get }) =>
    json(described(await catalog.create(readNewIndex(get('body'), isSchemaVersion(req.raw))), req.raw), 201),
  );
  app.get('/indexes/:name', ({ req, json }) => json(described(catalog.get(req.param('name')), req.raw)));
  app.delete('/indexes/:name', async ({ req, body }) => {
    await catalog.delete(req.param('name'));
    return body(null, 202);
  });
  app.patch('/indexes/:name', async ({ req, json, get }) => {
    const { name } = catalog.get(req.param('name'));
    const change = readConfiguration(get('body'), isSchemaVersion(req.raw));
    return json(described(await catalog.configure(name, change), req.raw));
  });
}

/** An index as the asked version of the API shows it. */
function described(entry: IndexEntry, request: Request): object {
  const ready = Date.now() >= entry.readyAt;
  const { name, tags, deletionProtection, cloud, region, vectorType, dimension, metric, metadataSchema } = entry;
  const { origin } = new URL(request.url);
  const capacity = { ...(entry.readCapacity ?? { mode: 'OnDemand' }), status: { state: 'Ready' } };
  const shared = {
    name,
    // The vendor's hosts have no scheme, and clients then use https.
    host: `${origin}/hosts/${entry.incarnation}`,
    status: { ready, state: ready ? 'Ready' : 'Initializing' },
    tags: Object.keys(tags).length === 0 ? null : tags,
    deletion_protection: deletionProtection,
  };
  if (isSchemaVersion(request)) {
    return {
      ...shared,
      deployment: { deployment_type: 'managed', cloud, region },
      schema: {
        fields:
          vectorType === 'dense'
            ? { _values: { type: 'dense_vector', description: null, dimension, metric } }
            : { _sparse_values: { type: 'sparse_vector', description: null } },
      },
      read_capacity: capacity,
    };
  }
  const schema = metadataSchema === null ? {} : { schema: metadataSchema };
  return {
    ...shared,
    ...(dimension !== null && { dimension }),
    metric,
    vector_type: vectorType,
    spec: { serverless: { cloud, region, read_capacity: capacity, ...schema } },
  };
}
