import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { SetupError } from '../../scripts/lib/report.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { embeddingsFile, glossDimension, glossSeed } from './gloss-embeddings.ts';
import { readGlosses } from './glosses.ts';
import { type RawSet, readFloats } from './vector-set.ts';

/** The glosses of WordNet, embedded by the project's model, in an order with a fixed seed; the first are the queries. */
export async function wordnet(count: number, queries: number): Promise<RawSet> {
  const { length: synsets } = await readGlosses();
  const wanted = Math.min(count, synsets - queries);
  await embed(queries + wanted);
  const rows = readFloats(embeddingsFile);
  return {
    name: 'wordnet',
    metric: 'cosine',
    dimension: glossDimension,
    available: synsets - queries,
    base: rows.subarray(queries * glossDimension, (queries + wanted) * glossDimension),
    asked: rows.subarray(0, queries * glossDimension),
  };
}

/** In a process of its own, at the lowest priority; what was embedded before is kept. */
async function embed(wanted: number): Promise<void> {
  const done = existsSync(embeddingsFile) ? Math.floor(statSync(embeddingsFile).size / (4 * glossDimension)) : 0;
  if (done >= wanted) return;
  console.log(`bench  embedding ${wanted - done} glosses (seed ${glossSeed}) in the background`);
  const script = join(root, 'bench/data/embed-glosses.ts');
  const loader = join(root, 'test/support/typescript-loader.mjs');
  const args = ['--import', loader, script, String(wanted)];
  const { ok } = await run(process.execPath, args, { cwd: root, inherit: true, timeoutMs: 3_600_000 });
  if (!ok) throw new SetupError('bench  the glosses could not be embedded');
}
