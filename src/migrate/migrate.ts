/** Node only. Plan, copy, verify, report. */
import type { VectorDatabase } from '../database.ts';
import { Checkpoint } from './checkpoint.ts';
import { copy } from './copy.ts';
import { checkIdentity } from './identity.ts';
import { checkPlan, planned } from './plan.ts';
import type { MigrateOptions, MigrationReport } from './types.ts';
import { verify } from './verify.ts';

/**
 * Copies collections from one database to another, of any two backends, and proves it: plans (nothing is written if something would be lost that
 * was not allowed), copies in bounded memory, and verifies by reading both sides again. Neither database is closed.
 *
 * With a `stateDirectory` it may be killed at any moment and resumed. The source should not be written to meanwhile: what is, the
 * verification lists.
 *
 * @throws `Unsupported` with the list of what would be lost; `Conflict` for a checkpoint of another migration, or an unfinished one that is not
 *   resumed; `Aborted`; `InvalidArgument` for a record that the target cannot hold. Differences are no error: see `ok` of the report.
 * @example
 * const report = await migrate(await connect('native:./data'), await connect('qdrant://localhost:6333'), { stateDirectory: './migration' });
 * if (!report.ok) console.error(renderReport(report));
 */
export async function migrate(
  source: VectorDatabase,
  target: VectorDatabase,
  options: MigrateOptions = {},
): Promise<MigrationReport> {
  const checkpoint = await Checkpoint.open(source, target, options);
  try {
    const resumes = checkpoint.resumed || options.repair === true;
    const plan = await planned(source, target, options, { resumes });
    checkPlan(plan);
    if (checkpoint.resumed) await checkIdentity(source, target, plan, checkpoint, options);
    await checkpoint.begin(plan, source, target, options);
    const copied = await copy(source, target, plan, checkpoint, options);
    const report = { plan, copy: copied };
    if (options.verify === 'none') {
      await checkpoint.finish();
      return { ...report, ok: false };
    }
    const verification = await verify(source, target, {
      ...options,
      leftOut: copied.leftOut,
      allowExtra: options.ifExists === 'append',
    });
    await checkpoint.finish();
    return { ...report, verification, ok: verification.ok };
  } finally {
    await checkpoint.close();
  }
}
