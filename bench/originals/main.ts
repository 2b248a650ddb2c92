/**
 * What it costs a search that the original vectors stay on disk: `npm run bench -- originals`, or `-- originals --count 16000 --rounds 40`.
 * Two copies of one collection, open in one process through the public API, one with its vectors in memory, asked in turn. The file is in the system's cache.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { autotune, connect, type SearchParams, type VectorDatabase, type VectorStore } from 'anyvec';
import { preparedSet, type SetPlan } from '../data/prepared.ts';
import { readFloats, rowOf } from '../data/vector-set.ts';
import { quantile } from '../lib/statistics.ts';
import { nativeDirectory } from '../suites/cold-start.ts';

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'wordnet' },
    count: { type: 'string', default: '116791' },
    rounds: { type: 'string', default: '40' },
    recalls: { type: 'string', default: '0.95,0.98' },
  },
});
const plan: SetPlan = { name: values.set as SetPlan['name'], count: Number(values.count), queries: 1_000, shares: [] };
const warmup = 4;

const set = await preparedSet(plan);
const asked = readFloats(join(set.directory, 'queries.f32'));
const questions = Array.from({ length: set.queries }, (_, i) => rowOf(asked, set.dimension, i));
const built = await nativeDirectory(set);
const copies = await mkdtemp(join(tmpdir(), 'anyvec-bench-originals-'));
const databases: VectorDatabase[] = [];
try {
  const [memory, disk] = await Promise.all([open('memory'), open('disk')]);
  console.log(`${set.name}, ${set.count.toLocaleString('en')} × ${set.dimension}, ${set.metric}; k = 10\n`);
  console.log('ef | recall | memory, us | disk, us | QPS on disk / in memory (10 % to 90 % of rounds)');
  for (const wanted of values.recalls.split(',').map(Number)) {
    const { params, recall } = await autotune(memory, { recall: wanted, k: 10, queries: questions });
    console.log([params.ef, recall.toFixed(3), ...(await compare(memory, disk, params))].join(' | '));
  }
} finally {
  await Promise.all(databases.map((database) => database.close()));
  await rm(copies, { recursive: true, force: true });
}

async function open(originals: 'memory' | 'disk'): Promise<VectorStore> {
  const path = join(copies, originals);
  await cp(built, path, { recursive: true });
  const database = await connect({ provider: 'native', path, originals });
  databases.push(database);
  return database.collection('bench');
}

async function compare(memory: VectorStore, disk: VectorStore, params: SearchParams): Promise<string[]> {
  const times = { memory: [] as number[], disk: [] as number[] };
  const sides = [['memory', memory] as const, ['disk', disk] as const];
  for (let round = -warmup; round < Number(values.rounds); round++) {
    for (const [side, store] of round % 2 === 0 ? sides : sides.toReversed()) {
      const us = await costOf(store, params);
      if (round >= 0) times[side].push(us);
    }
  }
  const ratios = times.disk.map((us, i) => times.memory[i]! / us);
  const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => quantile(ratios, share).toFixed(3));
  const us = [times.memory, times.disk].map((all) => quantile(all, 0.5).toFixed(1));
  return [...us, `${middle} (${low} to ${high})`];
}

/** Microseconds of a search, one after another. */
async function costOf(store: VectorStore, params: SearchParams): Promise<number> {
  const from = performance.now();
  for (const question of questions) await store.search(question, { k: 10, params, include: { payload: false } });
  return ((performance.now() - from) * 1_000) / questions.length;
}
