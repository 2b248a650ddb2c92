import { expect, it } from 'vitest';
import { migrate } from '../../src/migrate/index.ts';
import type { Metric } from '../../src/types.ts';
import { printSeed, seed } from '../support/seed.ts';
import { Ends, type Kind, kinds } from './ends.ts';
import { countOf, fill, hostileContent, nearlySameNumbers, problemsOf, sameNumbers } from './records.ts';

const deep = process.env.ANYVEC_DEEP === '1';
const records = deep ? 10_000 : 1_000;

/** A ring, so that each backend is once a source and once a target. */
const ring: readonly Kind[] = ['native', 'hnswlib', 'faiss', 'qdrant', 'pinecone', 'jsonl', 'parquet', 'milvus'];

/**
 * Registers a test for each directed pair (those of the ring, or in the deep tier all) with Milvus or without.
 *
 * @param milvusPort Of a running Milvus: the pairs with it. Undefined: those without.
 */
export function describePairs(milvusPort: number | undefined): void {
  printSeed(`migrations of ${records} records`);
  for (const [source, target] of deep ? allPairs() : ringPairs()) {
    if ((source === 'milvus' || target === 'milvus') !== (milvusPort !== undefined)) continue;
    it(`${source} → ${target}: all ${records} records arrive as they were, and no other`, {
      timeout: deep ? 1_800_000 : 240_000,
    }, async () => {
      await using ends = new Ends(milvusPort);
      await checkPair(ends, source, target);
    });
  }
}

async function checkPair(ends: Ends, source: Kind, target: Kind): Promise<void> {
  const [from, into] = [await ends.fresh(source), await ends.fresh(target)];
  // Milvus is shared by tests, one of which may be over before its last calls are: names of this pair's own.
  const pair = `${source.slice(0, 3)}-${target.slice(0, 3)}`;
  const name = (metric: Metric) => `${pair}-${process.pid}-${seed.toString(36)}-${metric}`;
  const metrics = ['euclidean', 'cosine', 'dot'] as const;
  const both = [from.capabilities, into.capabilities];
  const contents = Array.from(metrics, (_, i) => {
    const count = i === 0 ? records - 2 * Math.floor(records / 4) : Math.floor(records / 4);
    return hostileContent(seed + i, count, both);
  });
  try {
    for (const [i, metric] of metrics.entries()) await fill(from, name(metric), contents[i]!, metric);
    const collections = Object.fromEntries(metrics.map((metric) => [name(metric), `${name(metric)}-to-${target}`]));
    const report = await migrate(from, into, { collections, seed, batchSize: 97 });
    const shown = JSON.stringify(report.verification, null, 1).slice(0, 5_000);
    expect(report, shown).toMatchObject({ ok: true, copy: { read: records, written: records, leftOut: [] } });
    expect(report.verification, shown).toMatchObject({ state: 'validated' });
    expect(contents.reduce((sum, content) => sum + countOf(content), 0)).toBe(records);
    for (const [i, metric] of metrics.entries()) {
      const rounds = metric === 'cosine' && [source, target].includes('qdrant');
      const isEqual = rounds ? nearlySameNumbers : sameNumbers;
      expect(await problemsOf(into, `${name(metric)}-to-${target}`, contents[i]!, isEqual)).toEqual([]);
      expect(report.verification?.collections.find((check) => check.source === name(metric))).toMatchObject({
        validated: countOf(contents[i]!),
        vectors: rounds && target === 'qdrant' ? 'rounded' : 'bits',
        ...{ missing: 0, extra: 0, mismatched: 0, unverifiable: 0 },
      });
    }
  } finally {
    // A server that is shared shall be as it was.
    for (const database of [from, into])
      for (const { name } of database.provider === 'milvus' ? await database.listCollections() : [])
        if (name.startsWith(`pair-${process.pid}-`)) await database.dropCollection(name);
  }
}

function ringPairs(): [Kind, Kind][] {
  return ring.map((kind, i) => [kind, ring[(i + 1) % ring.length]!]);
}

function allPairs(): [Kind, Kind][] {
  return kinds.flatMap((source) =>
    kinds.filter((kind) => kind !== source).map((target): [Kind, Kind] => [source, target]),
  );
}
