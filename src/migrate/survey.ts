/** Node only. Looks for records that the target cannot hold, before anything is written. */
import type { VectorDatabase } from '../database.ts';
import { mayBeUnholdable, type UnholdableCode, unholdable } from './holdable.ts';
import { PhaseProgress } from './progress.ts';
import { inNamespace, mapped } from './scope.ts';
import type { CollectionPlan, Finding, PlanOptions } from './types.ts';

/** Ids listed per finding. */
const listedIds = 10;

/** Findings about records, if the target holds less than the source may have. */
export async function surveyed(
  source: VectorDatabase,
  target: VectorDatabase,
  collections: readonly CollectionPlan[],
  options: PlanOptions,
): Promise<Finding[]> {
  if (!mayBeUnholdable(source.capabilities, target.capabilities)) return [];
  const reason =
    options.map !== undefined ? 'what the map makes of records is only known while copying' : 'as asked for';
  if (options.survey === 'none' || options.map !== undefined)
    return [
      {
        severity: 'lossless',
        code: 'not-surveyed',
        what: 'source',
        detail: `no record was looked at (${reason}): one that the target cannot hold will stop the copy`,
      },
    ];
  const total = collections.reduce((sum, { records }) => sum + records, 0);
  const progress = new PhaseProgress('survey', total, options);
  const findings: Finding[] = [];
  for (const collection of collections)
    findings.push(...(await surveyOf(source, target, collection, options, progress)));
  return findings;
}

async function surveyOf(
  source: VectorDatabase,
  target: VectorDatabase,
  collection: CollectionPlan,
  options: PlanOptions,
  progress: PhaseProgress,
): Promise<Finding[]> {
  const found = new Map<UnholdableCode, { count: number; ids: string[]; detail: string }>();
  const call = { ...(options.signal && { signal: options.signal }), ...(options.where && { filter: options.where }) };
  const store = await source.collection(collection.source, { ...(options.signal && { signal: options.signal }) });
  try {
    for (const { source: namespace } of collection.namespaces) {
      let [seen, reported] = [0, 0];
      for await (const record of inNamespace(store, namespace).scan(call)) {
        seen += 1;
        if (seen - reported === 1_000) {
          progress.add(1_000);
          reported = seen;
        }
        for (const expected of await mapped(record, { collection: collection.source, namespace }, options)) {
          const why = unholdable(expected, target.capabilities);
          if (why === undefined) continue;
          const entry = found.get(why.code) ?? { count: 0, ids: [], detail: why.detail };
          entry.count += 1;
          if (entry.ids.length < listedIds) entry.ids.push(expected.id);
          found.set(why.code, entry);
        }
      }
      progress.add(seen - reported);
    }
  } finally {
    await store.close();
  }
  return [...found].map(([code, { count, ids, detail }]) => ({
    ...{ severity: 'lossy', code, what: collection.source, count, ids },
    detail: `${count} record${count === 1 ? '' : 's'} that the target cannot hold and that would be left out; of the first: ${detail}`,
  }));
}
