import type { Capabilities } from '../../capabilities.ts';
import type { CallContext, CollectionDriver, StoredRecord } from '../../driver.ts';
import { matchAll } from '../../filter/normal-form.ts';
import { differingParts } from '../../migrate/compare.ts';
import { chunks } from '../../portable/chunks.ts';
import type { Id } from '../../types.ts';
import { idPages, namespacesOf, type Roles, strongest } from './copier.ts';

/** A record that is not the same on both sides. */
export interface MirrorDifference {
  readonly collection: string;
  readonly namespace: string;
  readonly id: Id;
  /** `missing` and `extra` as seen from the passive side. */
  readonly kind: 'missing' | 'extra' | 'vector' | 'payload';
}

/** What a verification found. */
export interface MirrorVerification {
  readonly ok: boolean;
  readonly collections: number;
  /** Records of the active side that were read. */
  readonly records: number;
  /** How many records differ, and the first 1,000 of them. */
  readonly differing: number;
  readonly differences: readonly MirrorDifference[];
  /** Collections that only one side has, or that are set up differently. */
  readonly problems: readonly string[];
}

/** Where a difference is suspected. */
export interface Suspect {
  readonly collection: string;
  readonly namespace: string;
  readonly id: Id;
}

const pageRecords = 500;

/** Compares both sides while writes go on: what differs may only be late. Reads records in pages, so that memory stays bounded but for suspects. */
export async function findSuspects(
  { active, passive }: Roles,
  names: readonly string[],
  context: CallContext,
): Promise<{ suspects: Suspect[]; records: number; problems: string[] }> {
  const suspects: Suspect[] = [];
  const problems: string[] = [];
  let records = 0;
  for (const name of names) {
    const [from, into] = await Promise.all([openOrNone(active, name, context), openOrNone(passive, name, context)]);
    if (from === undefined || into === undefined) {
      if (from !== undefined || into !== undefined)
        problems.push(`collection ${name} is on the ${from === undefined ? 'passive' : 'active'} side alone`);
      continue;
    }
    const [a, b] = [from.info, into.info];
    if (a.dimension !== b.dimension || a.metric !== b.metric)
      problems.push(`collection ${name}: ${a.dimension} ${a.metric} and ${b.dimension} ${b.metric}`);
    const namespaces = new Set(['', ...(await namespacesOf(from, context)), ...(await namespacesOf(into, context))]);
    for (const namespace of namespaces) {
      const place = { collection: name, namespace };
      for await (const page of wholePages(from, namespace, context)) {
        records += page.length;
        for (const { id } of await differing(page, commonReadback(from, into), into, namespace, context))
          suspects.push({ ...place, id });
      }
      for await (const ids of idPages(into, namespace, context)) {
        const there = new Set((await read(from, namespace, ids, false, context)).map(({ id }) => id));
        for (const id of ids) if (!there.has(id)) suspects.push({ ...place, id });
      }
    }
  }
  return { suspects, records, problems };
}

/** Looks at suspects again, when nothing is under way any more. */
export async function judge(
  { active, passive }: Roles,
  suspects: readonly Suspect[],
  context: CallContext,
): Promise<MirrorDifference[]> {
  const places = new Map<string, Suspect[]>();
  for (const suspect of suspects) {
    const key = JSON.stringify([suspect.collection, suspect.namespace]);
    const group = places.get(key);
    if (group === undefined) places.set(key, [suspect]);
    else group.push(suspect);
  }
  const differences: MirrorDifference[] = [];
  for (const group of places.values()) {
    const { collection, namespace } = group[0]!;
    const [from, into] = await Promise.all([
      openOrNone(active, collection, context),
      openOrNone(passive, collection, context),
    ]);
    if (from === undefined || into === undefined) continue;
    for (const some of chunks([...new Set(group.map(({ id }) => id))], pageRecords)) {
      const wanted = await read(from, namespace, some, true, context);
      const found = new Set((await read(into, namespace, some, false, context)).map(({ id }) => id));
      const there = new Set(wanted.map(({ id }) => id));
      const extra = some.filter((id) => found.has(id) && !there.has(id)).map((id) => ({ id, kind: 'extra' }) as const);
      for (const { id, kind } of [
        ...(await differing(wanted, commonReadback(from, into), into, namespace, context)),
        ...extra,
      ])
        differences.push({ collection, namespace, id, kind });
    }
  }
  return differences;
}

async function differing(
  wanted: readonly StoredRecord[],
  readback: Capabilities['vectorReadback'],
  into: CollectionDriver,
  namespace: string,
  context: CallContext,
): Promise<{ id: Id; kind: MirrorDifference['kind'] }[]> {
  const ids = wanted.map(({ id }) => id);
  const found = new Map((await read(into, namespace, ids, true, context)).map((record) => [record.id, record]));
  return wanted.flatMap((record): { id: Id; kind: MirrorDifference['kind'] }[] => {
    const twin = found.get(record.id);
    if (twin === undefined) return [{ id: record.id, kind: 'missing' }];
    const parts = differingParts(whole(record), whole(twin), readback);
    return parts.slice(0, 1).map((kind) => ({ id: record.id, kind }));
  });
}

/** How alike the vectors of two sides can be. */
function commonReadback(...sides: readonly CollectionDriver[]): Capabilities['vectorReadback'] {
  const kinds = sides.map(({ capabilities }) => capabilities.vectorReadback);
  return (['direction', 'rounded'] as const).find((kind) => kinds.includes(kind)) ?? 'bits';
}

function whole({ payload = {}, vector = null }: StoredRecord) {
  return { payload, vector };
}

async function read(
  collection: CollectionDriver,
  namespace: string,
  ids: readonly Id[],
  isWhole: boolean,
  context: CallContext,
): Promise<StoredRecord[]> {
  const options = { include: { payload: isWhole, vector: isWhole }, consistency: strongest(collection) };
  const found: StoredRecord[] = [];
  for (const some of chunks(ids, collection.capabilities.limits.batchIds))
    found.push(...(await collection.get(namespace, some, options, context)));
  return found;
}

async function* wholePages(
  collection: CollectionDriver,
  namespace: string,
  context: CallContext,
): AsyncGenerator<readonly StoredRecord[], void, undefined> {
  const include = { payload: true, vector: true };
  let cursor: string | undefined;
  do {
    const options = { include, consistency: strongest(collection), limit: pageRecords, ...(cursor && { cursor }) };
    const page = await collection.filter(namespace, matchAll, options, context);
    if (page.records.length > 0) yield page.records;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

async function openOrNone(
  side: Roles['active'],
  name: string,
  context: CallContext,
): Promise<CollectionDriver | undefined> {
  try {
    return await side.collection(name, context);
  } catch (error) {
    if (side.typed(error).code === 'NotFound') return undefined;
    throw error;
  }
}
