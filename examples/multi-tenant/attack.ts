/*
 * What a hostile tenant tries with its handle. Everything that comes back, answers and refusals, goes into a transcript: if no tenant can tell
 * whether others exist, it reads the same in a crowd as it does alone.
 */
import { type Filter, type Payload, type RecordInput, VectorStoreError } from 'anyvec';
import type { TenantStore } from './tenants.ts';

/** All tenants use the same ids, and vectors so near to each other that each one's search would find the others' records first. */
const ids = ['doc-0', 'doc-1', '__proto__', '_av_id', '../doc', 'constructor'];
export const query = [1, 0.5, 0.25, 0];

/** The records of a tenant: some pretend to be another's, by every name that a backend may keep its own data under. */
export function recordsOf(tenant: string, victim: string): RecordInput[] {
  const disguise = {
    namespace: victim,
    _av: { ns: victim, n: victim },
    _av_ns: victim,
    _av_id: 'doc-0',
    tenant: victim,
  };
  const hostile = JSON.parse('{"__proto__":{"owner":"everybody","namespace":""},"constructor":{"prototype":1}}');
  return ids.map((id, i) => ({
    id,
    vector: [1, 0.5, 0.25, i / 8],
    payload: {
      owner: tenant,
      n: i,
      tags: ['a', tenant],
      ...disguise,
      ...(i % 2 === 0 && { '': hostile, ...hostile }),
    },
  }));
}

/** Filters that a backend might widen to all namespaces, or break at. */
export function hostileFilters(victim: string): Filter[] {
  const filters: unknown[] = [
    {},
    { owner: victim },
    { $or: [{ owner: victim }, { owner: { $ne: victim } }] },
    { $or: [{}, { _av_ns: victim }] },
    { $not: { $and: [{ owner: { $exists: true } }, { owner: { $exists: false } }] } },
    { $not: { $not: { $not: { $or: [] } } } },
    { $and: [{ '_av.ns': victim }, { $not: { n: { $gt: 3 } } }] },
    { '_av.n': { $ne: '' }, namespace: { $nin: [] } },
    { _av_ns: { $in: [victim, ''] } },
    { '"__proto__".owner': 'everybody' },
    { owner: { $startsWith: '' }, tags: { $contains: victim } },
    { owner: undefined },
    { $or: [undefined] },
    { $or: { owner: victim } },
    { owner: null },
    { owner: { $regex: '.*' } },
    { $where: 'true' },
    { 'owner") or (true': 1 },
    { owner: `x" or "1" == "1` },
    { 'a.$or': [{}] },
  ];
  // From JavaScript, or out of JSON, anything may come.
  return filters as Filter[];
}

/** Reads all it can, then writes all it can; the last delete leaves nothing of its own. */
export async function attack(mine: TenantStore<Payload>, victim: string): Promise<unknown[]> {
  const filters = hostileFilters(victim);
  const transcript: unknown[] = [];
  const note = async (what: unknown, answer: Promise<unknown>) =>
    transcript.push([what, await answer.then(comparable, codeOf)]);

  for (const filter of filters) await note(filter, mine.search(query, { k: 100, filter, exact: true }));
  await note('batch', mine.searchBatch([query, [0, 0, 0, 1]], { k: 100, filter: filters[2]!, exact: true }));
  for (const filter of filters.slice(1, 4)) await note(filter, mine.filter(filter, { limit: 100 }));
  for (const filter of filters.slice(2, 6)) await note(filter, mine.count(filter));
  await note('scan', collected(mine.scan({ filter: filters[4]!, include: { payload: true } })));
  await note('get', mine.get([...ids, 'absent'], { include: { payload: true, vector: false } }));
  for (const filter of [filters[2]!, filters[4]!, filters[8]!, filters[11]!])
    await note(filter, mine.setPayload({ filter }, { marked: victim, _av_ns: victim }));
  await note('rename', mine.setPayload(['doc-1', 'absent'], { _av: { ns: victim }, namespace: victim }));
  await note('replace', mine.setPayload(['../doc'], { owner: victim }, { mode: 'replace' }));
  for (const filter of [filters[6]!, filters[7]!, filters[4]!]) await note(filter, mine.delete({ filter }));
  await note('unsaid', mine.delete({ filter: { $or: [{}, { owner: victim }] } }));
  await note('what is left', mine.filter({ $not: { $or: [] } }, { limit: 100 }));
  return transcript;
}

/** Without scores, which may differ in the last digits, and in one order. */
function comparable(answer: unknown): unknown {
  if (Array.isArray(answer))
    return answer.map(comparable).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof answer !== 'object' || answer === null) return answer;
  const { score, distance, cursor, ...rest } = answer as Payload;
  return 'records' in rest ? { ...rest, records: comparable(rest.records) } : rest;
}

const codeOf = (error: unknown) => (VectorStoreError.is(error) ? error.code : String(error));

async function collected(records: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const record of records) all.push(record);
  return all;
}
