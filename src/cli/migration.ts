/** Node only. Runs a migration for a person at a terminal. */
import { existsSync } from 'node:fs';
import { readFile, rmdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import {
  type MigrationPlan,
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
Exit     0 if both sides agree in everything that was compared (with --verify none: if all was copied); 1 if they differ,
         the plan refuses, or it failed; 2 if the command line is wrong; 130 after Ctrl-C`;

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
  const ends = new Ends(from, to);
  const progress = new PhaseBars();
  try {
    const source = await ends.source(signal);
    const target = await ends.target(signal);
    const given = { ...options.migrate, signal, sourceName: nameOf(from), targetName: nameOf(to) };
    const outcome = await perform(source, target, { ...options, migrate: { ...given, onProgress: progress.update } });
    progress.end();
    if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(outcome.report, null, 2)}\n`);
    process.stdout.write(`${options.json ? JSON.stringify(outcome.report) : outcome.text}\n`);
    for (const note of outcome.notes) process.stderr.write(`${note}\n`);
    return outcome.ok ? 0 : 1;
  } catch (error) {
    progress.end();
    if (!signal.aborted || !comesOfAborting(error, signal)) throw inTermsOfTheCommand(error);
    process.stderr.write(`stopped; ${await advice(options)}\n`);
    return 130;
  } finally {
    stop();
    await ends.close(options.dryRun || options.verifyOnly);
  }
}

/** The two databases, which may be one. */
class Ends {
  readonly #from: Connection;
  readonly #to: Connection;
  readonly #isOne: boolean;
  readonly #isNew: boolean;
  readonly #opened: VectorDatabase[] = [];

  constructor(from: Connection, to: Connection) {
    const [a, b] = [pathOf(from), pathOf(to)];
    this.#from = from;
    this.#to = to;
    // A directory is opened once at a time.
    this.#isOne = a !== undefined && b !== undefined && resolve(a) === resolve(b);
    this.#isNew = b !== undefined && !existsSync(b);
  }

  source(signal: AbortSignal): Promise<VectorDatabase> {
    return this.#open('source', this.#from, signal);
  }

  async target(signal: AbortSignal): Promise<VectorDatabase> {
    return this.#isOne ? this.#opened[0]! : this.#open('target', this.#to, signal);
  }

  /** @param wroteNothing A directory that connecting made goes again. */
  async close(wroteNothing: boolean): Promise<void> {
    for (const database of this.#opened) await database.close();
    const path = pathOf(this.#to);
    if (wroteNothing && this.#isNew && path !== undefined) await rmdir(path).catch(() => undefined);
  }

  /** Asks at once for the collections, so that a server that is away is told by its name. */
  async #open(which: 'source' | 'target', connection: Connection, signal: AbortSignal): Promise<VectorDatabase> {
    try {
      const database = await connect(connection);
      this.#opened.push(database);
      await database.listCollections({ signal });
      return database;
    } catch (error) {
      if (!VectorStoreError.is(error) || error.code === 'Aborted' || error.code === 'InvalidArgument') throw error;
      throw new VectorStoreError(error.code, `the ${which} ${nameOf(connection)}: ${error.message}`, { cause: error });
    }
  }
}

function comesOfAborting(error: unknown, signal: AbortSignal): boolean {
  if (VectorStoreError.is(error, 'Aborted') || error === signal.reason) return true;
  return error instanceof Error && error.cause !== undefined && comesOfAborting(error.cause, signal);
}

/** The library's options are called otherwise on a command line. */
function inTermsOfTheCommand(error: unknown): unknown {
  if (!VectorStoreError.is(error)) return error;
  const message = error.message
    .replace(/allowLossy with these codes accepts it/g, '--allow with these codes accepts it')
    .replace(/allowLossy with "([\w-]+)" leaves such records out/g, '--allow $1 leaves such records out')
    .replace(
      /resume the migration that began it, or append to it/g,
      '--resume the migration that began it, or --append',
    )
    .replace(/resume it, or use another directory/g, 'give --resume, or another --state');
  return new VectorStoreError(error.code, message, { cause: error });
}

async function advice({ dryRun, verifyOnly, migrate: options }: MigrationCommandOptions): Promise<string> {
  const directory = options.stateDirectory!;
  if (dryRun || verifyOnly || !(await isUnfinished(directory))) return 'nothing was written';
  return `the same command with --resume goes on from the checkpoint in ${directory}`;
}

async function isUnfinished(directory: string): Promise<boolean> {
  try {
    return JSON.parse(await readFile(join(directory, 'checkpoint.json'), 'utf8')).finished === false;
  } catch {
    return false;
  }
}

interface Outcome {
  readonly ok: boolean;
  readonly report: object;
  readonly text: string;
  /** For the person, beside the report. */
  readonly notes: readonly string[];
}

async function perform(
  source: VectorDatabase,
  target: VectorDatabase,
  { dryRun, verifyOnly, migrate: options }: MigrationCommandOptions,
): Promise<Outcome> {
  if (dryRun) {
    const planned = await plan(source, target, options);
    const notes = notesOn(planned, options.namespaces);
    return { ok: planned.refused.length === 0, report: planned, text: renderPlan(planned), notes };
  }
  if (verifyOnly) {
    const report = await verify(source, target, { ...options, allowExtra: options.ifExists === 'append' });
    return { ok: report.ok, report, text: renderVerification(report), notes: [] };
  }
  const report = await migrate(source, target, options);
  const notes = notesOn(report.plan, options.namespaces);
  return { ok: report.ok || options.verify === 'none', report, text: renderReport(report), notes };
}

/** A misspelt namespace is an empty one. */
function notesOn({ collections }: MigrationPlan, asked: object | undefined): string[] {
  if (asked === undefined) return [];
  const named = new Map<string, number>();
  for (const { source, records } of collections.flatMap(({ namespaces }) => namespaces))
    named.set(source, (named.get(source) ?? 0) + records);
  return [...named]
    .filter(([, records]) => records === 0)
    .map(([name]) => `note: the source has no such record in the namespace ${JSON.stringify(name)}`);
}

const labels: Readonly<Record<MigrationProgress['phase'], string>> = {
  survey: 'looking at records',
  copy: 'copying records',
  verify: 'verifying records',
};

/** One bar for each phase. */
class PhaseBars {
  readonly #progress = progressOn(process.stderr);
  #task: { readonly phase: MigrationProgress['phase']; readonly bar: ProgressTask } | undefined;

  readonly update = ({ phase, done, total, rate }: MigrationProgress): void => {
    if (this.#task?.phase !== phase) {
      this.end();
      // What is done before anything was: by an earlier run.
      const before = rate === 0 ? done : 0;
      this.#task = { phase, bar: this.#progress.begin(labels[phase], total, total, 'records', before) };
    }
    this.#task.bar.update(done, done);
  };

  end(): void {
    this.#task?.bar.end();
    this.#task = undefined;
  }
}
