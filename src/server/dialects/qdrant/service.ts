import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import type { ServerEnv } from '../../dialect.ts';
import type { Json } from './body.ts';
import type { Catalog } from './catalog.ts';
import { QdrantError } from './errors.ts';
import { escaped, type RequestLog } from './requests.ts';

/** The version of Qdrant whose recorded answers this dialect reproduces. */
const version = '1.18.3';
const commit = 'db8fa43fcb6aedec1e739487e17a99731b74590a';

/** None of the parts that Qdrant can be built with or without. */
const features = {
  debug: false,
  service_debug_feature: false,
  recovery_mode: false,
  gpu: false,
  rocksdb: false,
  staging: false,
};

/** What is there to know about the server itself. It is one node, without the parts that only a cluster has. */
export function serviceRoutes(
  app: Hono<ServerEnv>,
  catalog: Catalog,
  log: RequestLog,
  answer: (result: unknown) => Response,
): void {
  const startup = new Date().toISOString();
  const id = randomUUID();
  app.get('/', () => Response.json({ title: 'qdrant - vector search engine', version, commit }));
  for (const path of ['/healthz', '/livez']) app.get(path, (request) => request.text('healthz check passed'));
  app.get('/readyz', (request) => request.text('all shards are ready'));
  app.get('/telemetry', (request) => {
    const level = Number(request.req.query('details_level') ?? 0);
    return answer({
      id,
      app: { name: 'qdrant', version, startup, ...(level > 0 && { features }) },
      collections: {
        number_of_collections: catalog.collections().length,
        ...(level > 0 && { collections: catalog.collections().map(({ config }) => aggregated(config.params)) }),
      },
      cluster: { enabled: false },
      requests: { rest: { responses: log.responses() }, grpc: { responses: {} } },
    });
  });
  app.get('/metrics', (request) => {
    const header = (name: string, help: string) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
    const sizes = catalog
      .collections()
      .map(({ name, size }) => `collection_points{id="${escaped(name)}"} ${size}\n`)
      .join('');
    return request.text(
      `${header('app_info', 'information about qdrant server')}app_info{name="qdrant",version="${version}"} 1\n` +
        `${header('collections_total', 'number of collections')}collections_total ${catalog.collections().length}\n` +
        `${header('collection_points', 'approximate amount of points per collection')}${sizes}` +
        log.metrics(request.req.query('per_collection') === 'true'),
    );
  });
  app.get('/issues', () => answer({ issues: [] }));
  app.delete('/issues', () => answer(true));
  clusterRoutes(app, catalog, answer);
}

function aggregated(params: Json): Json {
  return { vectors: 0, optimizers_status: 'ok', params };
}

function clusterRoutes(app: Hono<ServerEnv>, catalog: Catalog, answer: (result: unknown) => Response): void {
  const standalone = () => {
    throw new QdrantError(405, 'Qdrant is running in standalone mode');
  };
  app.get('/cluster', () => answer({ status: 'disabled' }));
  app.post('/cluster/recover', standalone);
  app.delete('/cluster/peer/:peer_id', standalone);
  app.get('/collections/:name/cluster', (request) => {
    const { size } = catalog.get(request.req.param('name'));
    return answer({
      peer_id: 0,
      shard_count: 1,
      local_shards: [{ shard_id: 0, points_count: size, state: 'Active' }],
      remote_shards: [],
      shard_transfers: [],
    });
  });
}
