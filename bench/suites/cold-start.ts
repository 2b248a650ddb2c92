import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'anyvec';
import { root } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { readSet, rowOf, type SetPlace } from '../data/vector-set.ts';
import type { EngineName } from '../engines/index.ts';
import { usearchDirectory } from '../engines/usearch.ts';
import { cachePlace } from '../lib/places.ts';
import type { ColdStart } from './results.ts';

const recordsPerCall = 2_000;

/** Fresh processes, in turn, each of which opens an index and answers one question. The files are in the system's cache. */
export async function coldStarts(
  set: SetPlace,
  places: ReadonlyMap<EngineName, string>,
  repetitions: number,
): Promise<ColdStart[]> {
  const starts = [...places.keys()].map((engine) => ({ engine, openMs: [] as number[], processMs: [] as number[] }));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { engine, openMs, processMs } of starts) {
      const { ok, stdout, output, ms } = await start(set, engine, places.get(engine)!);
      if (!ok) throw new Error(`${engine}, cold start: ${output}`);
      openMs.push(Number(stdout));
      processMs.push(ms);
    }
  }
  return starts;
}

async function start({ dimension, metric }: SetPlace, engine: EngineName, place: string) {
  const usearch = engine.startsWith('usearch') ? await usearchDirectory() : '';
  const args = [join(root, 'bench/suites/cold-child.mjs'), engine, place, String(dimension), metric, usearch];
  const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  return run(process.execPath, args, { cwd: root, env: oneThread });
}

/** A directory of the native backend with the set in it, built once. */
export async function nativeDirectory(set: SetPlace): Promise<string> {
  const { dimension, metric, count, name } = set;
  const path = join(cachePlace('stores'), `${name}-${count}`);
  if (existsSync(path)) return path;
  const { base } = readSet(set.directory);
  const part = `${path}.part`;
  rmSync(part, { recursive: true, force: true });
  const database = await connect({ provider: 'native', path: part });
  const store = await database.createCollection('bench', { dimension, metric, index: { type: 'hnsw' } });
  for (let at = 0; at < count; at += recordsPerCall) {
    const rows = Array.from({ length: Math.min(recordsPerCall, count - at) }, (_, i) => at + i);
    await store.upsert(rows.map((row) => ({ id: String(row), vector: rowOf(base, dimension, row) })));
  }
  await store.search(rowOf(base, dimension, 0), { k: 1 });
  await database.close();
  renameSync(part, path);
  return path;
}
