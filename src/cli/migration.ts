/** Node only. Runs a migration for a person at a terminal. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import {
  type MigrationProgress,
  migrate,
  plan,
  renderPlan,
  renderReport,
  renderVerification,
  verify,
} from '../migrate/index.ts';
import { type ProgressTask, progressOn } from '../terminal/progress.ts';
import { interruptible } from '../terminal/prompt.ts';
import { type Connection, nameOf } from './connection.ts';
import type { MigrationCommandOptions } from './migration-options.ts';
import { pathOf } from './reach.ts';

/** The last lines of the three commands' `--help`. */
export const migrationNotes = `Safe     Ctrl-C and kills at any moment: the same command with --resume goes on from what the target had acknowledged
Exit     0 if both sides agree in everything that was compared; 1 if they differ, or the plan refuses; 130 after Ctrl-C`;

/** Resolves to the exit code. */
export async function runMigration(
  from: Connection,
  to: Connection,
  options: MigrationCommandOptions,
): Promise<number> {
  const path = pathOf(from);
  if (path !== undefined && !existsSync(path))
    throw new VectorStoreError('NotFound', `there is no ${path}; is that the right path for ${nameOf(from)}?`);
  const { signal, stop } = interruptible(['SIGINT', 'SIGTERM']);
  const opened: VectorDatabase[] = [];
  const progress = new PhaseBars();
  try {
    const source = await connect(from);
    opened.push(source);
    const target = await connect(to);
    opened.push(target);
    const given = { ...options.migrate, signal, sourceName: nameOf(from), targetName: nameOf(to) };
    const outcome = await perform(source, target, { ...options, migrate: { ...given, onProgress: progress.update } });
    progress.end();
    const json = `${JSON.stringify(outcome.report, null, 2)}\n`;
    if (options.report !== undefined) await writeFile(options.report, json);
    process.stdout.write(options.json ? json : `${outcome.text}\n`);
    return outcome.ok ? 0 : 1;
  } catch (error) {
    progress.end();
    if (signal.aborted) process.stderr.write(`stopped; ${advice(options)}\n`);
    throw error;
  } finally {
    stop();
    for (const database of opened) await database.close();
  }
}

function advice({ dryRun, verifyOnly, migrate: { stateDirectory } }: MigrationCommandOptions): string {
  if (dryRun || verifyOnly) return 'nothing was written';
  return `the same command with --resume goes on from the checkpoint in ${stateDirectory}`;
}

async function perform(
  source: VectorDatabase,
  target: VectorDatabase,
  { dryRun, verifyOnly, migrate: options }: MigrationCommandOptions,
): Promise<{ readonly ok: boolean; readonly report: object; readonly text: string }> {
  if (dryRun) {
    const planned = await plan(source, target, options);
    return { ok: planned.refused.length === 0, report: planned, text: renderPlan(planned) };
  }
  if (verifyOnly) {
    const report = await verify(source, target, { ...options, allowExtra: options.ifExists === 'append' });
    return { ok: report.ok, report, text: renderVerification(report) };
  }
  const report = await migrate(source, target, options);
  return { ok: report.ok || options.verify === 'none', report, text: renderReport(report) };
}

const labels: Readonly<Record<MigrationProgress['phase'], string>> = {
  survey: 'looking at all records',
  copy: 'copying',
  verify: 'verifying',
};

/** One bar for each phase. */
class PhaseBars {
  readonly #progress = progressOn(process.stderr);
  #task: { readonly phase: MigrationProgress['phase']; readonly bar: ProgressTask } | undefined;

  readonly update = ({ phase, done, total }: MigrationProgress): void => {
    if (this.#task?.phase !== phase) {
      this.end();
      this.#task = { phase, bar: this.#progress.begin(labels[phase], total, total, 'records') };
    }
    this.#task.bar.update(done, done);
  };

  end(): void {
    this.#task?.bar.end();
    this.#task = undefined;
  }
}
