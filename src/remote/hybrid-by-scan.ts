import type { CallContext, CollectionDriver, DriverHybrid, StoredHybridMatch, StoredRecord } from '../driver.ts';
import { unsupported } from '../errors.ts';
import { matchAll } from '../filter/normal-form.ts';
import { fuse, type RankedHit } from '../fusion.ts';
import { scoreOf } from '../score.ts';
import { TimeSlice } from '../time-slice.ts';
import type { Id } from '../types.ts';
import { TextRanking } from './text-ranking.ts';

/** Rows per request, and between two looks at the clock. */
const pageRows = 1_000;
const sliceRows = 64;

/** What a backend says that answers by {@link searchHybridByScan}. */
export const hybridByScan = {
  emulated: {
    cost: 'reads every record of the namespace, within scanBudget, to rank the texts here as the reference does',
    atomic: false,
  },
} as const;

/** Where a hybrid search is asked. */
export interface HybridCall {
  readonly collection: CollectionDriver;
  readonly namespace: string;
  readonly asked: DriverHybrid;
  readonly context: CallContext;
}

/**
 * `searchHybrid` on a backend that ranks no text: the records of the namespace are read once and ranked here as the engine ranks them (the same
 * terms, statistics and scores), the nearest are found by the backend, and the two are fused. Records that are deleted meanwhile are left out.
 *
 * @param pages All records of the namespace, each once, with at least those parts of their payloads that the ranked fields and the filter look
 *   at. Default: by `collection.filter`.
 * @throws `Unsupported` where the namespace has more records than `scanBudget`.
 */
export async function searchHybridByScan(
  call: HybridCall,
  pages: AsyncIterable<readonly StoredRecord[]> = pagesOf(call),
): Promise<StoredHybridMatch[]> {
  const { fusion, k } = call.asked;
  const nearest = await nearestTo(call);
  const ranked = await rankedByText(call, pages);
  return withRecords(call, fuse(nearest, ranked, fusion, k));
}

/** The nearest by the backend's own search; undefined for a query without a vector. */
export async function nearestTo({
  collection,
  namespace,
  asked,
  context,
}: HybridCall): Promise<RankedHit[] | undefined> {
  const { vector, candidates: k, filter, exact, params, consistency } = asked;
  if (vector === undefined) return undefined;
  const include = { payload: false, vector: false };
  const options = { k, filter, exact, params, consistency, include, maxDistance: Number.POSITIVE_INFINITY };
  const [matches = []] = await collection.search(namespace, [vector], options, context);
  return matches.map(({ id, distance }) => ({ id, score: scoreOf(collection.info.metric, distance) }));
}

/** Fused hits with the parts of their records that were asked for; without those whose record is gone. */
export async function withRecords(
  { collection, namespace, asked, context }: HybridCall,
  fused: ReturnType<typeof fuse<RankedHit>>,
): Promise<StoredHybridMatch[]> {
  const { include, consistency } = asked;
  if (!include.payload && !include.vector) return fused.map(({ hit, ...scores }) => ({ id: hit.id, ...scores }));
  const records = new Map<Id, StoredRecord>();
  const ids = fused.map(({ hit }) => hit.id);
  const { batchIds } = collection.capabilities.limits;
  for (let at = 0; at < ids.length; at += batchIds) {
    const some = ids.slice(at, at + batchIds);
    for (const record of await collection.get(namespace, some, { include, consistency }, context))
      records.set(record.id, record);
  }
  return fused.flatMap(({ hit, ...scores }) => {
    const record = records.get(hit.id);
    return record === undefined ? [] : [{ ...record, ...scores }];
  });
}

async function rankedByText(
  { collection, asked, context }: HybridCall,
  pages: AsyncIterable<readonly StoredRecord[]>,
): Promise<RankedHit[]> {
  if (asked.terms.length === 0) return [];
  const { scanBudget } = collection.capabilities.limits;
  const ranking = new TextRanking(asked);
  const slice = new TimeSlice(context.signal);
  for await (const records of pages) {
    if (ranking.size + records.length > scanBudget)
      throw unsupported(
        'searchHybrid',
        `this backend ranks no text, and ranking it here would read more than ${scanBudget} records (scanBudget) of the namespace; raise scanBudget where the backend has that setting, divide the records among namespaces, or keep them in a store that ranks text itself`,
      );
    for (let at = 0; at < records.length; at += sliceRows) {
      for (const record of records.slice(at, at + sliceRows)) ranking.add(record);
      await slice.pause();
    }
  }
  return ranking.best(asked.vector === undefined ? asked.k : asked.candidates);
}

async function* pagesOf({
  collection,
  namespace,
  asked,
  context,
}: HybridCall): AsyncGenerator<readonly StoredRecord[], void, undefined> {
  const options = { include: { payload: true, vector: false }, consistency: asked.consistency, limit: pageRows };
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? options : { ...options, cursor };
    const page = await collection.filter(namespace, matchAll, from, context);
    yield page.records;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
