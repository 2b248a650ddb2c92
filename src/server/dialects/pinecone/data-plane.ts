import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ServerEnv } from '../../dialect.ts';
import type { Catalog } from './catalog.ts';
import { badRequest, Fault } from './fault.ts';
import { type MetadataFilter, parseMetadataFilter } from './filter.ts';
import { defaultNamespace, type IndexData } from './index-data.ts';
import { readMetadata } from './metadata.ts';
import type { NamespaceData, PineconeRecord } from './namespace-data.ts';
import { namespaceRoutes } from './namespaces.ts';
import { shortest } from './numbers.ts';
import type { PineconeQuirks } from './quirks.ts';
import { read } from './read.ts';
import { sparseSchema } from './sparse.ts';
import { queryVectors, vectorsOf, vectorsOfRecord } from './vectors.ts';

/** What the service takes and gives per request. */
const limits = {
  upsert: 1_000,
  ids: 1_000,
  /** Documented are 1,000, yet the vendor's own tests ask for more. */
  idsToFetch: 10_000,
  page: 100,
  topK: 10_000,
  topKWithParts: 1_000,
  resultBytes: 4 * 2 ** 20,
  idLength: 512,
};

const id = z
  .string()
  .min(1)
  .max(limits.idLength)
  .refine((text) => !text.includes('\0'), 'Vector ID must not contain null character')
  .refine((text) => /^\p{ASCII}*$/u.test(text), {
    error: ({ input }) => `Vector ID must be ASCII, but got '${input}'`,
  });
const values = z.array(z.number());
// z.record would drop a key named __proto__.
const metadata = z.custom<object>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);
const namespace = z.string().nullish();

const upsertBody = z.looseObject({
  namespace,
  vectors: z
    .array(
      z.looseObject({
        id,
        values: values.nullish(),
        metadata: metadata.nullish(),
        sparseValues: sparseSchema.nullish(),
      }),
    )
    .min(1)
    .max(limits.upsert),
});
const queryBody = z.looseObject({
  namespace,
  topK: z.int().min(1).max(limits.topK),
  filter: z.unknown().optional(),
  includeValues: z.boolean().nullish(),
  includeMetadata: z.boolean().nullish(),
  vector: values.nullish(),
  sparseVector: sparseSchema.nullish(),
  id: id.nullish(),
});
const updateBody = z.looseObject({
  namespace,
  id: id.nullish(),
  values: values.nullish(),
  sparseValues: sparseSchema.nullish(),
  setMetadata: metadata.nullish(),
  filter: z.unknown().optional(),
  dryRun: z.boolean().nullish(),
});
const deleteBody = z.looseObject({
  namespace,
  ids: z.array(id).min(1).max(limits.ids).nullish(),
  deleteAll: z.boolean().nullish(),
  filter: z.unknown().optional(),
});
const fetchByMetadataBody = z.looseObject({
  namespace,
  filter: z.unknown().optional(),
  limit: z.int().min(1).max(limits.page).nullish(),
  paginationToken: z.string().nullish(),
});
const statsBody = z.looseObject({ filter: z.unknown().optional() }).nullish();

/** What a route gets. */
export type Request = Context<ServerEnv>;

/** Registers a route under an index's host. */
export type AddRoute = (
  method: 'get' | 'post' | 'delete',
  path: string,
  answer: (index: IndexData, request: Request) => Promise<Response>,
) => void;

/** Everything under an index's host. */
export function dataPlane(app: Hono<ServerEnv>, catalog: Catalog, quirks: PineconeQuirks): void {
  const route: AddRoute = (method, path, answer) =>
    app[method](`/hosts/:host${path}`, async (request) => {
      const index = await catalog.data(request.req.param('host') ?? '');
      if (index === undefined) throw new Fault(404, 'Index not found');
      return answer(index, request);
    });
  route('post', '/vectors/upsert', (index, request) => upsert(index, request, quirks));
  route('post', '/query', (index, request) => query(index, request, quirks));
  route('get', '/vectors/fetch', (index, request) => fetchByIds(index, request, quirks));
  route('post', '/vectors/fetch_by_metadata', (index, request) => fetchByMetadata(index, request, quirks));
  route('get', '/vectors/list', (index, request) => list(index, request, quirks));
  route('post', '/vectors/update', (index, request) => update(index, request, quirks));
  route('post', '/vectors/delete', (index, request) => remove(index, request, quirks));
  route('post', '/describe_index_stats', stats);
  namespaceRoutes(route, catalog);
}

async function upsert(index: IndexData, { get, json }: Request, quirks: PineconeQuirks): Promise<Response> {
  const body = read(upsertBody, get('body'));
  const records = body.vectors.map((vector): PineconeRecord => {
    const vectors = vectorsOf(vector.values, vector.sparseValues, index, 'record');
    if (index.entry.vectorType === 'dense' && vectors.values === undefined)
      throw badRequest(`Vector ${JSON.stringify(vector.id)} must have dense values in a dense index`);
    if (index.entry.vectorType === 'sparse' && vectors.sparse === undefined)
      throw badRequest(`Vector ${JSON.stringify(vector.id)} must have sparse values in a sparse index`);
    const { values: dense = new Float32Array(), ...sparse } = vectors;
    return { id: vector.id, values: dense, ...sparse, metadata: readMetadata(vector.metadata ?? {}, quirks) };
  });
  const lsn = await (await index.namespace(body.namespace ?? '')).upsert(records);
  return json({ upsertedCount: records.length }, 200, writtenAt(lsn));
}

async function query(index: IndexData, { get }: Request, quirks: PineconeQuirks): Promise<Response> {
  const body = read(queryBody, get('body'));
  if ((body.vector == null && body.sparseVector == null) === (body.id == null))
    throw badRequest("Either 'id' or 'vector' and 'sparseVector' must be given");
  const { topK, includeValues, includeMetadata } = body;
  if ((includeValues || includeMetadata) && topK > limits.topKWithParts) {
    throw badRequest(`topK must be at most ${limits.topKWithParts} with includeValues or includeMetadata, got ${topK}`);
  }
  const records = await readable(index, body.namespace, quirks);
  const filter = optionalFilter(body.filter, quirks);
  const asked = body.id == null ? queryVectors(body, index) : vectorsOfRecord((await records.get([body.id]))[0], index);
  const { indexedLsn } = records;
  const found = await records.query(asked, topK, filter);
  const matches = found.map((match) => ({
    id: match.id,
    score: match.score,
    values: includeValues ? shortest(match.values) : [],
    ...(includeValues && shownSparse(match)),
    ...(includeMetadata && shownMetadata(match)),
  }));
  const answer = JSON.stringify({
    results: [],
    matches,
    namespace: shownNamespace(body.namespace),
    usage: { readUnits: 1 },
  });
  if (answer.length > limits.resultBytes)
    throw badRequest(`The result is larger than ${limits.resultBytes} bytes; use a smaller topK`);
  return new Response(answer, {
    headers: { 'content-type': 'application/json', 'x-pinecone-max-indexed-lsn': String(indexedLsn) },
  });
}

async function fetchByIds(index: IndexData, { req, json }: Request, quirks: PineconeQuirks): Promise<Response> {
  const ids = req.queries('ids') ?? [];
  if (ids.length === 0 || ids.length > limits.idsToFetch)
    throw badRequest(`Between 1 and ${limits.idsToFetch} ids are needed, got ${ids.length}`);
  const name = req.query('namespace');
  const records = await (await readable(index, name, quirks)).get(ids);
  return json({ vectors: byId(records), namespace: shownNamespace(name), usage: { readUnits: 1 } });
}

async function fetchByMetadata(index: IndexData, { get, json }: Request, quirks: PineconeQuirks): Promise<Response> {
  const body = read(fetchByMetadataBody, get('body'));
  const filter = parseMetadataFilter(body.filter, quirks);
  const all = await (await readable(index, body.namespace, quirks)).all();
  const matching = all.filter((record) => filter(record.metadata));
  const { page, pagination } = paged(matching, body.limit ?? limits.page, body.paginationToken);
  return json({
    vectors: byId(page),
    namespace: shownNamespace(body.namespace),
    usage: { readUnits: 1 },
    ...pagination,
  });
}

async function list(index: IndexData, { req, json }: Request, quirks: PineconeQuirks): Promise<Response> {
  const { namespace: name, prefix = '', limit = String(limits.page), paginationToken } = req.query();
  const size = Number(limit);
  if (!Number.isInteger(size) || size < 1 || size > limits.page)
    throw badRequest(`limit must be from 1 to ${limits.page}, got ${limit}`);
  const all = await (await readable(index, name, quirks)).all();
  const { page, pagination } = paged(
    all.filter((record) => record.id.startsWith(prefix)),
    size,
    paginationToken,
  );
  return json({
    vectors: page.map((record) => ({ id: record.id })),
    namespace: shownNamespace(name),
    usage: { readUnits: 1 },
    ...pagination,
  });
}

async function update(index: IndexData, { get, json }: Request, quirks: PineconeQuirks): Promise<Response> {
  const body = read(updateBody, get('body'));
  if ((body.id == null) === (body.filter == null)) throw badRequest("One of 'id' and 'filter' must be given");
  const records = await index.namespace(body.namespace ?? '');
  const changes = readMetadata(body.setMetadata ?? {}, quirks);
  if (body.id != null) {
    const change = { metadata: changes, ...vectorsOf(body.values, body.sparseValues, index, 'record') };
    return json({}, 200, writtenAt(await records.update(body.id, change)));
  }
  if (body.values != null || body.sparseValues != null) throw badRequest('values cannot be updated by filter');
  const filter = parseMetadataFilter(body.filter, quirks);
  const matchedRecords = (await records.all()).filter((record) => filter(record.metadata)).length;
  if (body.dryRun) return json({ matchedRecords });
  return json({ matchedRecords }, 200, writtenAt(await records.updateMatching(filter, changes)));
}

async function remove(index: IndexData, { get, json }: Request, quirks: PineconeQuirks): Promise<Response> {
  const body = read(deleteBody, get('body'));
  const asked = [body.ids != null, body.deleteAll === true, body.filter != null].filter(Boolean).length;
  if (asked !== 1) throw badRequest("Exactly one of 'ids', 'deleteAll' and 'filter' must be given");
  const records = await index.namespace(body.namespace ?? '');
  if (body.ids != null) return json({}, 200, writtenAt(await records.deleteIds(body.ids)));
  if (body.filter != null)
    return json({}, 200, writtenAt(await records.deleteMatching(parseMetadataFilter(body.filter, quirks))));
  const name = shownNamespace(body.namespace);
  if (name !== '' && !(await index.has(name))) throw new Fault(404, 'Namespace not found');
  return json({}, 200, writtenAt(await records.deleteAll()));
}

async function stats(index: IndexData, { get, json }: Request): Promise<Response> {
  const body = read(statsBody, get('body'));
  if (body?.filter != null && Object.keys(body.filter).length > 0)
    throw badRequest('Serverless indexes do not support describing index stats with metadata filtering');
  const counts = [...(await index.counts())];
  return json({
    namespaces: Object.fromEntries(counts.map(([name, vectorCount]) => [shownNamespace(name), { vectorCount }])),
    ...(index.entry.dimension !== null && { dimension: index.entry.dimension }),
    indexFullness: 0,
    totalVectorCount: counts.reduce((sum, [, count]) => sum + count, 0),
    metric: index.entry.metric,
    vectorType: index.entry.vectorType,
  });
}

/** A namespace to read from. */
async function readable(
  index: IndexData,
  name: string | null | undefined,
  quirks: PineconeQuirks,
): Promise<NamespaceData> {
  const records = await index.namespace(name ?? '');
  const isMissing = quirks.missingNamespace === 'not-found' && !(await index.has(name ?? ''));
  if (isMissing) throw new Fault(404, 'Namespace not found');
  return records;
}

/** A page of records sorted by id: the token is the last id given, so that nothing deleted meanwhile costs a record. */
function paged(records: readonly PineconeRecord[], limit: number, token: string | null | undefined) {
  const after = token == null ? undefined : readToken(token);
  const rest = after === undefined ? records : records.filter((record) => record.id > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const pagination =
    last === undefined || rest.length <= limit
      ? {}
      : { pagination: { next: Buffer.from(last.id, 'utf8').toString('base64url') } };
  return { page, pagination };
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (text === '' || Buffer.from(text, 'utf8').toString('base64url') !== token)
    throw badRequest('Invalid pagination token');
  return text;
}

function optionalFilter(filter: unknown, quirks: PineconeQuirks): MetadataFilter | undefined {
  // The service takes an empty filter in a query for none.
  const isNone = filter == null || (typeof filter === 'object' && Object.keys(filter).length === 0);
  return isNone ? undefined : parseMetadataFilter(filter, quirks);
}

function byId(records: readonly PineconeRecord[]): object {
  return Object.fromEntries(
    records.map((record) => [
      record.id,
      { id: record.id, values: shortest(record.values), ...shownSparse(record), ...shownMetadata(record) },
    ]),
  );
}

function shownNamespace(name: string | null | undefined): string {
  return name == null || name === defaultNamespace ? '' : name;
}

function writtenAt(lsn: number): Record<string, string> {
  return { 'x-pinecone-request-lsn': String(lsn) };
}

/** Left out where there is none. */
function shownMetadata({ metadata: shown }: PineconeRecord): object {
  return Object.keys(shown).length === 0 ? {} : { metadata: shown };
}

function shownSparse({ sparse }: PineconeRecord): object {
  return sparse === undefined ? {} : { sparseValues: { indices: sparse.indices, values: shortest(sparse.values) } };
}
