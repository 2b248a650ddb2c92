/*
 * A search service that is one function from a request to its answer, as browsers' service workers, Deno, Bun and edge platforms want it. The
 * collection is in memory, loaded from a snapshot by the first request.
 *
 *   GET  /similar?id=a1&k=5&filter={"lang":"en"}    the nearest to a record
 *   GET  /search?q=retry+requests                   by text
 *   POST /search  {"vector": […], "k": 5}           by a vector, of the model that made the others
 */
import { type Filter, type Match, type Payload, type VectorStore, VectorStoreError } from 'anyvec';
import { z } from 'zod/mini';
import { openSnapshot } from './snapshot.ts';

const body = z.strictObject({
  vector: z.array(z.number()),
  k: z.optional(z.int()),
  filter: z.optional(z.record(z.string(), z.json())),
});

const statuses: { readonly [code: string]: number } = { InvalidArgument: 400, NotFound: 404 };

/** @param snapshot Called once, with the first request; again where that failed. */
export function searchService(snapshot: () => Promise<Uint8Array>): (request: Request) => Promise<Response> {
  let opening: Promise<VectorStore> | undefined;
  const opened = () => {
    opening ??= snapshot()
      .then(openSnapshot)
      .catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
    return opening;
  };
  return async (request) => {
    try {
      return Response.json({ hits: await answer(await opened(), request) });
    } catch (error) {
      if (!VectorStoreError.is(error)) throw error;
      const { code, message } = error;
      return Response.json({ error: { code, message } }, { status: statuses[code] ?? 500 });
    }
  };
}

async function answer(store: VectorStore, request: Request): Promise<Match[]> {
  const { pathname, searchParams } = new URL(request.url);
  const options = { k: Number(searchParams.get('k') ?? 10), filter: readFilter(searchParams.get('filter') ?? '{}') };
  if (pathname.endsWith('/similar')) return similar(store, searchParams.get('id') ?? '', options);
  if (!pathname.endsWith('/search')) throw new VectorStoreError('NotFound', 'there are /search and /similar');
  if (request.method !== 'POST') return store.searchHybrid({ text: searchParams.get('q') ?? '' }, options);
  const { vector, k = 10, filter = {} } = parsed(await request.text());
  return store.search(vector, { k, filter: filter as Filter<Payload> });
}

/** The nearest to a record but itself. */
async function similar(store: VectorStore, id: string, { k, filter }: { k: number; filter: Filter<Payload> }) {
  const record = await store.get(id, { include: { vector: true } });
  if (!record?.vector) throw new VectorStoreError('NotFound', 'there is no such record');
  const found = await store.search(record.vector, { k: k + 1, filter });
  return found.filter((match) => match.id !== id).slice(0, k);
}

/** What it says is checked by the store: whatever is no filter is refused there. */
function readFilter(text: string): Filter<Payload> {
  const result = z.record(z.string(), z.json()).safeParse(json(text));
  if (!result.success) throw new VectorStoreError('InvalidArgument', 'filter is a JSON object');
  return result.data as Filter<Payload>;
}

function parsed(text: string): z.infer<typeof body> {
  const result = body.safeParse(json(text));
  if (!result.success) throw new VectorStoreError('InvalidArgument', 'the body is {"vector": […], "k", "filter"}');
  return result.data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new VectorStoreError('InvalidArgument', 'this is no JSON');
  }
}
