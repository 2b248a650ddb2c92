import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { SetupError } from '../../scripts/lib/report.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { describeSet, type SetPlace, setDirectory } from './vector-set.ts';

/** Which data, how much of it, and of which filters the truth is wanted. */
export interface SetPlan {
  readonly name: 'fashion-mnist' | 'wordnet' | 'word-vectors';
  readonly count: number;
  readonly queries: number;
  /** Selectivities, of all three correlations. */
  readonly shares: readonly number[];
}

/** Makes what is missing of a data set, in a process of its own. */
export async function preparedSet({ name, count, queries, shares }: SetPlan): Promise<SetPlace> {
  const loader = join(root, 'test/support/typescript-loader.mjs');
  const script = join(root, 'bench/data/prepare.ts');
  // JSON of 307 MB becomes objects of several GB.
  const flags = ['--max-old-space-size=12000', '--import', loader];
  const { ok } = await run(
    process.execPath,
    [...flags, script, name, String(count), String(queries), ...shares.map(String)],
    {
      cwd: root,
      inherit: true,
      timeoutMs: 3_600_000,
    },
  );
  const directory = setDirectory(name, count);
  if (!ok || directory === undefined) throw new SetupError(`bench  the data set ${name} could not be made`);
  return describeSet(directory);
}
