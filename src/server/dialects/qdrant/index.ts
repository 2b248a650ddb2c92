import { type Context, Hono } from 'hono';
import type { Dialect, DialectOptions, ServerEnv } from '../../dialect.ts';
import { type Json, list, object, text } from './body.ts';
import type { Collection } from './collection.ts';
import { malformed, notCovered, notFound, QdrantError } from './errors.ts';
import { readPathId } from './ids.ts';
import { count, facet, groups, query, retrieve, scroll, search } from './queries.ts';
import { describeCollection, mergedConfig, readConfig, validateName } from './settings.ts';
import { Storage } from './storage.ts';
import { readIndex, updates } from './updates.ts';

/** The version of Qdrant whose recorded answers this dialect reproduces. */
const version = '1.18.3';
const commit = 'db8fa43fcb6aedec1e739487e17a99731b74590a';

type Request = Context<ServerEnv>;

/** Qdrant's REST interface. */
export function qdrantDialect({ database }: DialectOptions): Dialect {
  const server = new QdrantServer(new Storage(database));
  return {
    app: routes(server),
    maxBodyBytes: 32 * 2 ** 20,
    apiKeyOf: (headers) => headers.get('api-key') ?? /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1],
    isPublic: (path) => path === '/' || path === '/healthz' || path === '/livez' || path === '/readyz',
    // A body that is too large is answered with 400 by the real server.
    failure: (status, message) => failure(status === 413 ? 400 : status, message),
    load: () => server.load(),
  };
}

function failure(status: number, message: string): Response {
  return Response.json({ status: { error: message }, time: 0 }, { status });
}

function answer(result: unknown): Response {
  return Response.json({ result, status: 'ok', time: 0 });
}

/** All collections and aliases. */
class QdrantServer {
  readonly #storage: Storage;
  readonly #collections = new Map<string, Collection>();
  readonly #aliases = new Map<string, string>();
  readonly #creating = new Set<string>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    const { collections, aliases } = await this.#storage.load();
    for (const collection of collections) this.#collections.set(collection.name, collection);
    for (const [alias, name] of aliases) this.#aliases.set(alias, name);
  }

  names(): string[] {
    return [...this.#collections.keys()];
  }

  find(name: string): Collection | undefined {
    validateName(name);
    return this.#collections.get(this.#aliases.get(name) ?? name);
  }

  get(name: string): Collection {
    const collection = this.find(name);
    if (collection === undefined) throw notFound(`Collection \`${name}\` doesn't exist!`);
    return collection;
  }

  async create(name: string, body: Json): Promise<void> {
    validateName(name);
    const config = readConfig(body);
    if (this.#collections.has(name) || this.#aliases.has(name) || this.#creating.has(name))
      throw new QdrantError(409, `Wrong input: Collection \`${name}\` already exists!`);
    this.#creating.add(name);
    try {
      this.#collections.set(name, await this.#storage.create(name, config));
    } finally {
      this.#creating.delete(name);
    }
  }

  async drop(name: string): Promise<boolean> {
    const collection = this.find(name);
    if (collection === undefined) return false;
    this.#collections.delete(collection.name);
    for (const [alias, target] of this.#aliases) if (target === collection.name) await this.#setAlias(alias, undefined);
    await collection.drop();
    return true;
  }

  aliases(of?: string): Json {
    const all = [...this.#aliases].filter(([, name]) => of === undefined || name === of);
    return { aliases: all.map(([alias, name]) => ({ alias_name: alias, collection_name: name })) };
  }

  async changeAliases(actions: readonly unknown[]): Promise<void> {
    for (const member of actions) {
      const action = object(member, 'enum AliasOperations');
      if (action.create_alias !== undefined) {
        const { alias_name: alias, collection_name: name } = object(action.create_alias, 'struct CreateAlias');
        await this.#setAlias(text(alias, 'alias_name'), this.get(text(name, 'collection_name')).name);
      } else if (action.delete_alias !== undefined) {
        await this.#setAlias(
          text(object(action.delete_alias, 'struct DeleteAlias').alias_name, 'alias_name'),
          undefined,
        );
      } else if (action.rename_alias !== undefined) {
        const { old_alias_name: old, new_alias_name: renamed } = object(action.rename_alias, 'struct RenameAlias');
        const target = this.#aliases.get(text(old, 'old_alias_name'));
        if (target === undefined) throw notFound(`Alias ${String(old)} does not exists!`);
        await this.#setAlias(text(renamed, 'new_alias_name'), target);
        await this.#setAlias(text(old, 'old_alias_name'), undefined);
      } else throw malformed('data did not match any variant of untagged enum AliasOperations');
    }
  }

  async #setAlias(alias: string, name: string | undefined): Promise<void> {
    await this.#storage.setAlias(alias, name);
    if (name === undefined) this.#aliases.delete(alias);
    else this.#aliases.set(alias, name);
  }
}

function routes(server: QdrantServer): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();
  app.onError((error) =>
    error instanceof QdrantError
      ? failure(error.status, error.message)
      : failure(500, `Service internal error: ${error.message}`),
  );
  const body = (request: Request): Json => object(request.get('body') ?? {}, 'a JSON object');
  const collection = (request: Request) => server.get(request.req.param('name') ?? '');
  serviceRoutes(app, server, body);
  collectionRoutes(app, server, body, collection);
  readRoutes(app, body, collection);
  updateRoutes(app, body, collection);
  return app;
}

type Body = (request: Request) => Json;
type Find = (request: Request) => Collection;

function serviceRoutes(app: Hono<ServerEnv>, server: QdrantServer, body: Body): void {
  app.get('/', () => Response.json({ title: 'qdrant - vector search engine', version, commit }));
  for (const path of ['/healthz', '/livez', '/readyz'])
    app.get(path, (request) => request.text(`${path.slice(1)} check passed`));
  app.get('/aliases', () => answer(server.aliases()));
  app.get('/collections', () => answer({ collections: server.names().map((name) => ({ name })) }));
  app.post('/collections/aliases', async (request) => {
    await server.changeAliases(list(body(request).actions, 'actions'));
    return answer(true);
  });
}

function collectionRoutes(app: Hono<ServerEnv>, server: QdrantServer, body: Body, collection: Find): void {
  app.get('/collections/:name/exists', (request) =>
    answer({ exists: server.find(request.req.param('name')) !== undefined }),
  );
  app.get('/collections/:name/aliases', (request) => answer(server.aliases(collection(request).name)));
  app.get('/collections/:name', (request) => answer(describeCollection(collection(request))));
  app.put('/collections/:name', async (request) => {
    await server.create(request.req.param('name'), body(request));
    return answer(true);
  });
  app.patch('/collections/:name', async (request) => {
    const patch = body(request);
    await collection(request).configure((config) => mergedConfig(config, patch), 0);
    return answer(true);
  });
  app.delete('/collections/:name', async (request) => answer(await server.drop(request.req.param('name'))));
  app.put('/collections/:name/index', async (request) => {
    const { field, index } = readIndex(body(request));
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

function readRoutes(app: Hono<ServerEnv>, body: Body, collection: Find): void {
  const reading = (path: string, read: (body: Json, collection: Collection) => unknown) =>
    app.post(`/collections/:name/${path}`, (request) => answer(read(body(request), collection(request))));
  reading('points', retrieve);
  reading('points/scroll', scroll);
  reading('points/count', count);
  reading('points/query', (asked, from) => ({ points: query(asked, from) }));
  reading('points/query/batch', (asked, from) =>
    list(asked.searches, 'searches').map((one) => ({ points: query(object(one, 'struct QueryRequest'), from) })),
  );
  reading('points/query/groups', groups);
  reading('points/search', search);
  reading('points/search/batch', (asked, from) =>
    list(asked.searches, 'searches').map((one) => search(object(one, 'struct SearchRequest'), from)),
  );
  reading('facet', facet);
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
  return collection.update(updates[name]!(body, collection));
}

/** Everything is done before it is answered; whether the client may rely on that is what `wait` says. */
function done(request: Request, operation: number): Json {
  return { operation_id: operation, status: request.req.query('wait') === 'true' ? 'completed' : 'acknowledged' };
}
