/* The HTTP interface. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { isSupported } from 'anyvec';
import type { Context, Next } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { type Document, jsonObject, toDocument } from '../documents.ts';
import { jsonlDocuments } from '../ingest/jsonl.ts';
import { type Caller, requireWriter } from './auth.ts';
import { describe, ServiceError } from './errors.ts';
import { describeFields } from './fields.ts';
import { mapOf } from './map.ts';
import type { PageFile } from './page.ts';
import { remembering } from './remember.ts';
import * as routes from './routes.ts';
import type { documentsInput } from './schemas.ts';
import type { Parts } from './service.ts';
import { statistics } from './stats.ts';
import { withinTime } from './within-time.ts';

type Env = { Variables: { caller: Caller } };

const describedMs = 5_000;

/** @param page Files of the page; none: no page. */
export function createApp(parts: Parts, page: ReadonlyMap<string, PageFile>) {
  const { config, catalogue, documents, search, metrics, latencies, authenticate, takeRequest, log } = parts;
  const app = new OpenAPIHono<Env>({
    defaultHook(result) {
      if (result.success) return;
      const { path, message } = deepest(result.error.issues);
      throw new ServiceError(400, 'InvalidArgument', `${path.join('.') || 'the body'}: ${message}`);
    },
  });
  const fieldsOf = remembering<Awaited<ReturnType<typeof describeFields>>>(describedMs);
  const mapsOf = remembering<Awaited<ReturnType<typeof mapOf>>>(describedMs);
  const shelfOf = (backend?: string) => catalogue.shelf(backend, catalogue.variants[0]!);

  app.onError((error, c) => {
    const { status, code, message, retryAfterS } = describe(fromHono(error));
    if (status === 500 || status === 503) log(`${c.req.method} ${c.req.routePath}: ${error.stack ?? error.message}`);
    if (retryAfterS !== undefined) c.header('Retry-After', String(retryAfterS));
    if (status === 401) c.header('WWW-Authenticate', 'Bearer');
    return c.json({ error: { code, message } }, status as ContentfulStatusCode);
  });
  app.notFound((c) => c.json({ error: { code: 'NotFound', message: 'there is nothing at this address' } }, 404));

  app.use(async (c, next) => {
    const end = metrics.requests.startTimer({ method: c.req.method });
    await next();
    // The pattern, not the path: ids are no labels.
    end({ route: c.res.status === 404 && c.req.routePath === '/*' ? 'none' : routeOf(c), status: c.res.status });
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy,
      strictTransportSecurity: false,
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
    }),
  );
  app.use(refuseOtherOrigins);
  if (config.keys.length === 0 && isLoopback(config.host)) app.use(refuseOtherNames);

  for (const path of ['/search', '/documents', '/documents/*', '/fields', '/map', '/stats']) {
    app.use(path, async (c, next) => {
      const caller = authenticate(c.req.header('authorization'));
      takeRequest(caller);
      c.set('caller', caller);
      c.header('Cache-Control', 'no-store');
      await next();
    });
  }
  const writing = async (c: Context<Env>, next: Next) => {
    if (c.req.method !== 'GET') requireWriter(c.get('caller'));
    await next();
  };
  const limit = bodyLimit({
    maxSize: config.limits.bodyBytes,
    onError() {
      throw new ServiceError(413, 'PayloadTooLarge', `a body has at most ${config.limits.bodyBytes} bytes`);
    },
  });
  for (const path of ['/documents', '/documents/*']) app.use(path, writing, checkContentType, limit);

  app.openapi(routes.searchRoute, async (c) => {
    const { exact, ...question } = c.req.valid('query');
    const answer = await withinTime(c.req.raw.signal, config.limits.timeoutMs, (signal) =>
      search.answer(c.get('caller'), { ...question, exact: exact === 'true' }, signal),
    );
    const labels = { mode: answer.mode, variant: answer.variant, backend: answer.backend };
    metrics.searches.observe(labels, answer.timings.searchMs / 1_000);
    metrics.results.observe(labels, answer.hits.length);
    if (answer.mode !== 'bm25') metrics.embeddings.observe({ variant: answer.variant }, answer.timings.embedMs / 1_000);
    if (answer.fallback !== undefined) metrics.fallbacks.inc({ reason: answer.fallback });
    latencies.add(answer.mode, answer.timings.searchMs);
    return c.json({ ...answer, hits: [...answer.hits] }, 200);
  });

  app.openapi(routes.putRoute, async (c) => {
    const { tenant, maxDocuments } = c.get('caller');
    const given = await readDocuments(c, c.req.valid('json'));
    const { documentsPerRequest } = config.limits;
    if (given.length > documentsPerRequest)
      throw new ServiceError(413, 'PayloadTooLarge', `at most ${documentsPerRequest} documents in one request`);
    const { failed, ids: _, ...report } = await documents.put(tenant, given, { maxDocuments });
    metrics.documents.inc({ outcome: 'upserted' }, report.upserted);
    metrics.documents.inc({ outcome: 'unchanged' }, report.unchanged);
    metrics.documents.inc({ outcome: 'failed' }, failed.length);
    return c.json({ ...report, failed: [...failed] }, 200);
  });

  app.openapi(routes.getRoute, async (c) => {
    const { id } = c.req.valid('param');
    const found = await withinTime(c.req.raw.signal, config.limits.timeoutMs, (signal) =>
      documents.get(c.get('caller').tenant, id, shelfOf(), signal),
    );
    if (found === undefined) throw missing();
    return c.json({ ...found, chunks: [...found.chunks] }, 200);
  });

  app.openapi(routes.patchRoute, async (c) => {
    const { set, unset } = c.req.valid('json');
    const patched = await documents.patch(
      c.get('caller').tenant,
      c.req.valid('param').id,
      jsonObject.parse(set),
      unset,
    );
    if (patched === 0) throw missing();
    metrics.documents.inc({ outcome: 'patched' });
    return c.json({ patched }, 200);
  });

  app.openapi(routes.deleteRoute, async (c) => {
    const deleted = await documents.delete(c.get('caller').tenant, c.req.valid('param').id);
    if (deleted === 0) throw missing();
    metrics.documents.inc({ outcome: 'deleted' });
    return c.json({ deleted }, 200);
  });

  app.openapi(routes.fieldsRoute, async (c) => {
    const { tenant } = c.get('caller');
    const described = await fieldsOf(tenant, documents.version(tenant), () =>
      describeFields(shelfOf().of(tenant), config.fields),
    );
    return c.json(
      {
        ...described,
        fields: described.fields.map((field) => ({ ...field, values: field.values && [...field.values] })),
      },
      200,
    );
  });

  app.openapi(routes.mapRoute, async (c) => {
    const { tenant } = c.get('caller');
    const { limit, backend } = c.req.valid('query');
    const shelf = shelfOf(backend);
    const declared = Object.entries(config.fields).flatMap(([name, type]) => (type === 'keyword' ? [name] : []));
    const keywords = config.mapGroup === undefined ? declared : [config.mapGroup];
    const make = () => mapOf(shelf.of(tenant), { limit, model: shelf.model, keywords });
    const map = await mapsOf(
      JSON.stringify([tenant, shelf.backend, limit]),
      documents.version(tenant) + parts.reencoder.stale,
      make,
    );
    return c.json({ ...map, points: [...map.points], explained: [...map.explained] }, 200);
  });

  app.openapi(routes.statsRoute, async (c) => c.json(await statistics(parts, c.get('caller').tenant), 200));

  app.openapi(routes.healthRoute, async (c) => {
    const checks = catalogue.backends.map(async ({ name, db }) => {
      const { ok, latencyMs } = await db.health({ timeoutMs: 5_000 }).catch(() => ({ ok: false, latencyMs: 0 }));
      return [name, { ok, latencyMs }] as const;
    });
    const backends = Object.fromEntries(await Promise.all(checks));
    const ok = Object.values(backends).every((backend) => backend.ok);
    return c.json({ ok, backends }, ok ? 200 : 503);
  });

  app.get('/metrics', async (c) =>
    c.body(await metrics.registry.metrics(), 200, { 'Content-Type': metrics.registry.contentType }),
  );
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Semantic search',
      version: '1.0.0',
      description: 'Search by meaning, by words, or both, in documents of your own.',
    },
  });

  const serve = (c: Context, name: string) => {
    const file = page.get(name);
    if (file === undefined) return c.notFound();
    return c.body(file.body, 200, { 'Content-Type': file.type, 'Cache-Control': 'no-cache' });
  };
  app.get('/', (c) => serve(c, 'index.html'));
  app.get('/assets/:name', (c) => serve(c, c.req.param('name')));
  return app;
}

const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

const missing = () => new ServiceError(404, 'NotFound', 'there is no document of this id');

/** The route that answered; middleware matches more. */
function routeOf(c: Context): string {
  const matched = c.req.matchedRoutes.filter(({ path }) => !path.endsWith('*'));
  return matched.at(-1)?.path ?? 'none';
}

/** A page of another origin must not write into an open service on this machine, nor read from it. */
async function refuseOtherOrigins(c: Context, next: Next): Promise<void> {
  const site = c.req.header('sec-fetch-site');
  const navigates = c.req.method === 'GET' && c.req.header('sec-fetch-mode') === 'navigate';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigates)
    throw new ServiceError(403, 'PermissionDenied', 'requests of web pages of another origin are refused');
  await next();
}

const isLoopback = (host: string) => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host);

/** A page that gives its own name the address of this machine calls the service by that name. */
async function refuseOtherNames(c: Context, next: Next): Promise<void> {
  const host = (c.req.header('host') ?? 'localhost').replace(/:\d+$/, '');
  if (!isLoopback(host))
    throw new ServiceError(403, 'PermissionDenied', 'this service goes by localhost only, or with keys');
  await next();
}

const bodyTypes = ['application/json', 'application/x-ndjson'];
const contentTypeOf = (c: Context) => c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';

async function checkContentType(c: Context, next: Next): Promise<void> {
  const hasBody = c.req.method === 'POST' || c.req.method === 'PATCH';
  const allowed = c.req.method === 'POST' ? bodyTypes : bodyTypes.slice(0, 1);
  if (hasBody && !allowed.includes(contentTypeOf(c)))
    throw new ServiceError(415, 'UnsupportedMediaType', `send ${allowed.join(' or ')}`);
  await next();
}

/** One document, an array, or JSON lines. */
async function readDocuments(c: Context, given: z.infer<typeof documentsInput> | string): Promise<Document[]> {
  if (contentTypeOf(c) === 'application/x-ndjson') {
    const documents: Document[] = [];
    for await (const document of jsonlDocuments((await c.req.text()).split('\n'), 'body')) documents.push(document);
    return documents;
  }
  // Only its type says that it may be: JSON lines were read above.
  if (typeof given === 'string')
    throw new ServiceError(400, 'InvalidArgument', 'the body: a document, or an array of them');
  return [given].flat().map(toDocument);
}

/** Hono's own errors (a body that is no JSON) are the caller's. */
function fromHono(error: Error): unknown {
  const status = !(error instanceof ServiceError) && 'status' in error ? error.status : undefined;
  return status === 400 ? new ServiceError(400, 'InvalidArgument', 'the body is not JSON') : error;
}

type Problem = { readonly path: readonly PropertyKey[]; readonly message: string };

/** Of what may be several things, the one that came nearest says what is wrong. */
function deepest(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[] = []): Problem {
  const problems = issues.flatMap((issue): Problem[] => {
    const path = [...above, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0)
      return issue.errors.map((inner) => deepest(inner, path));
    return [{ path, message: issue.message }];
  });
  return problems.reduce((best, problem) => (problem.path.length > best.path.length ? problem : best));
}

/** Whether every backend can rank text. */
export const ranksText = ({ catalogue }: Pick<Parts, 'catalogue'>): boolean =>
  catalogue.shelves.every(({ root }) => isSupported(root.capabilities.operations.searchHybrid));
