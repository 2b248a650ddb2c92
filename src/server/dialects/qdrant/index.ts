import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { Dialect, DialectOptions, ServerEnv } from '../../dialect.ts';
import { stringifyJson } from '../../json.ts';
import { type Json, list, object } from './body.ts';
import { Catalog } from './catalog.ts';
import type { Collection } from './collection.ts';
import { malformed, notCovered, notFound, QdrantError } from './errors.ts';
import { readIndex } from './field-index.ts';
import { readPathId } from './ids.ts';
import { dropNamedVector, withNamedVector } from './named-vectors.ts';
import { queryGroups } from './query/groups.ts';
import { matrixOffsets, matrixPairs } from './query/matrix.ts';
import { fromDiscover, fromRecommend, fromSearch } from './query/old-api.ts';
import { batch, queryPoints } from './query/points.ts';
import type { Scope } from './query/query.ts';
import { count, facet, retrieve, scroll } from './reads.ts';
import { RequestLog } from './requests.ts';
import { serviceRoutes } from './service.ts';
import { describeCollection, mergedConfig } from './settings.ts';
import { Storage } from './storage.ts';
import { checkIndexCount, checkRead, checkTimeout, checkUpdate } from './strict-mode.ts';
import { updates } from './updates.ts';

type Request = Context<ServerEnv>;

/** Qdrant's REST interface. */
export function qdrantDialect({ database }: DialectOptions): Dialect {
  const catalog = new Catalog(new Storage(database));
  return {
    app: routes(catalog),
    maxBodyBytes: 32 * 2 ** 20,
    bigIntegers: true,
    apiKeyOf: (headers) => headers.get('api-key') ?? /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1],
    isPublic: (path) => path === '/' || path === '/healthz' || path === '/livez' || path === '/readyz',
    // A body that is too large is answered with 400 by the real server.
    failure: (status, message) => failure(status === 413 ? 400 : status, message),
    load: () => catalog.load(),
  };
}

function failure(status: number, message: string): Response {
  return Response.json({ status: { error: message }, time: 0 }, { status });
}

function answer(result: unknown): Response {
  return new Response(stringifyJson({ result, status: 'ok', time: 0 }), {
    headers: { 'content-type': 'application/json' },
  });
}

function routes(catalog: Catalog): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();
  const log = new RequestLog();
  app.use(log.middleware);
  app.use(checkQueryParameters);
  app.onError((error) =>
    error instanceof QdrantError
      ? failure(error.status, error.message)
      : failure(500, `Service internal error: ${error.message}`),
  );
  const body = (request: Request): Json => object(request.get('body') ?? {}, 'a JSON object');
  const collection = (request: Request) => catalog.get(request.req.param('name') ?? '');
  serviceRoutes(app, catalog, log, answer);
  aliasRoutes(app, catalog, body);
  collectionRoutes(app, catalog, body, collection, log);
  vectorRoutes(app, body, collection);
  readRoutes(app, catalog, body, collection);
  updateRoutes(app, body, collection);
  return app;
}

/** Those that all routes have. */
const checkQueryParameters: MiddlewareHandler<ServerEnv> = async ({ req }, next) => {
  const timeout = req.query('timeout');
  if (timeout !== undefined && !/^\d+$/.test(timeout))
    throw new QdrantError(400, 'Wrong input: Query deserialize error: timeout is a number of seconds');
  if (timeout !== undefined && Number(timeout) < 1)
    throw new QdrantError(422, 'Validation error in query parameters: [timeout: value 0 invalid, must be 1 or larger]');
  await next();
};

type Body = (request: Request) => Json;
type Find = (request: Request) => Collection;

function aliasRoutes(app: Hono<ServerEnv>, catalog: Catalog, body: Body): void {
  app.get('/aliases', () => answer(catalog.aliases()));
  app.get('/collections', () => answer({ collections: catalog.collections().map(({ name }) => ({ name })) }));
  app.post('/collections/aliases', async (request) => {
    await catalog.changeAliases(list(body(request).actions, 'actions'));
    return answer(true);
  });
}

function collectionRoutes(app: Hono<ServerEnv>, catalog: Catalog, body: Body, collection: Find, log: RequestLog): void {
  app.get('/collections/:name/exists', (request) =>
    answer({ exists: catalog.find(request.req.param('name')) !== undefined }),
  );
  app.get('/collections/:name/aliases', (request) => answer(catalog.aliases(collection(request).name)));
  app.get('/collections/:name', (request) => answer(describeCollection(collection(request))));
  app.put('/collections/:name', async (request) => {
    await catalog.create(request.req.param('name'), body(request));
    return answer(true);
  });
  app.patch('/collections/:name', async (request) => {
    const patch = body(request);
    await collection(request).configure((config) => mergedConfig(config, patch), 0);
    return answer(true);
  });
  app.delete('/collections/:name', async (request) => {
    const name = request.req.param('name');
    log.forget(name);
    return answer(await catalog.drop(name));
  });
  app.put('/collections/:name/index', async (request) => {
    const { field, index } = readIndex(body(request));
    checkIndexCount(field, collection(request));
    const change = collection(request).configure(
      (config) => ({ ...config, indexes: { ...config.indexes, [field]: index } }),
      2,
    );
    return answer(done(request, await change));
  });
  app.delete('/collections/:name/index/:field', async (request) => {
    const field = request.req.param('field');
    const change = collection(request).configure(
      ({ params, indexes }) => ({
        params,
        indexes: Object.fromEntries(Object.entries(indexes).filter(([name]) => name !== field)),
      }),
      2,
    );
    return answer(done(request, await change));
  });
}

function vectorRoutes(app: Hono<ServerEnv>, body: Body, collection: Find): void {
  const path = '/collections/:name/vectors/:vector';
  app.put(path, async (request) => {
    const [name, asked] = [request.req.param('vector'), body(request)];
    const change = collection(request).configure((config) => withNamedVector(config, name, asked), 1);
    return answer(done(request, await change));
  });
  app.delete(path, async (request) =>
    answer(done(request, await dropNamedVector(collection(request), request.req.param('vector')))),
  );
}

function readRoutes(app: Hono<ServerEnv>, catalog: Catalog, body: Body, collection: Find): void {
  const reading = (path: string, read: (body: Json, scope: Scope) => unknown) =>
    app.post(`/collections/:name/${path}`, (request) => {
      const asked = body(request);
      const from = collection(request);
      checkTimeout(request.req.query('timeout'), from);
      checkRead(asked, from);
      return answer(read(asked, { collection: from, find: (name) => catalog.lookup(name) }));
    });
  reading('points', (asked, { collection: from }) => retrieve(asked, from));
  reading('points/scroll', (asked, { collection: from }) => scroll(asked, from));
  reading('points/count', (asked, { collection: from }) => count(asked, from));
  reading('facet', (asked, { collection: from }) => facet(asked, from));
  reading('points/query', (asked, scope) => ({ points: queryPoints(asked, scope) }));
  reading('points/query/batch', (asked, scope) => batch(asked, (one) => ({ points: queryPoints(one, scope) })));
  reading('points/query/groups', (asked, scope) => queryGroups(asked, scope));
  const old: Readonly<Record<string, (body: Json) => Json>> = {
    search: fromSearch,
    recommend: fromRecommend,
    discover: fromDiscover,
  };
  for (const [name, asQuery] of Object.entries(old)) {
    const place = `${name}_request`;
    reading(`points/${name}`, (asked, scope) => queryPoints(asQuery(asked), scope, place));
    reading(`points/${name}/batch`, (asked, scope) => batch(asked, (one) => queryPoints(asQuery(one), scope, place)));
    if (name !== 'discover')
      reading(`points/${name}/groups`, (asked, scope) => queryGroups(asQuery(asked), scope, place));
  }
  reading('points/search/matrix/pairs', matrixPairs);
  reading('points/search/matrix/offsets', matrixOffsets);
  app.get('/collections/:name/points/:id', (request) => {
    const from = collection(request);
    const id = readPathId(request.req.param('id'));
    const [point] = retrieve({ ids: [id], with_payload: true, with_vector: true }, from);
    if (point === undefined) throw notFound(`Point with id ${id} does not exists!`);
    return answer(point);
  });
}

function updateRoutes(app: Hono<ServerEnv>, body: Body, collection: Find): void {
  const updating = (method: 'put' | 'post', path: string, name: string) =>
    app[method](`/collections/:name/${path}`, async (request) =>
      answer(done(request, await update(name, body(request), collection(request)))),
    );
  updating('put', 'points', 'upsert');
  updating('post', 'points/delete', 'delete');
  updating('post', 'points/payload', 'set_payload');
  updating('put', 'points/payload', 'overwrite_payload');
  updating('post', 'points/payload/delete', 'delete_payload');
  updating('post', 'points/payload/clear', 'clear_payload');
  updating('put', 'points/vectors', 'update_vectors');
  updating('post', 'points/vectors/delete', 'delete_vectors');
  app.post('/collections/:name/points/batch', async (request) => {
    const into = collection(request);
    const results: Json[] = [];
    for (const operation of list(body(request).operations, 'operations')) {
      const [[name, inner] = ['', undefined]] = Object.entries(object(operation, 'enum UpdateOperation'));
      if (!Object.hasOwn(updates, name))
        throw malformed('data did not match any variant of untagged enum UpdateOperation');
      results.push(done(request, await update(name, object(inner, name), into)));
    }
    return answer(results);
  });
}

function update(name: string, body: Json, collection: Collection): Promise<number> {
  if (body.shard_key !== undefined && body.shard_key !== null) throw notCovered('shard keys');
  checkUpdate(name, body, collection);
  return collection.update(updates[name]!(body, collection));
}

/** Everything is done before it is answered; whether the client may rely on that is what `wait` says. */
function done(request: Request, operation: number): Json {
  return { operation_id: operation, status: request.req.query('wait') === 'true' ? 'completed' : 'acknowledged' };
}
