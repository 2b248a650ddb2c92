/**
 * A process that migrates until it is done or killed: `node kill-migrator.js <settings as JSON>`, see {@link Settings}. On its standard output, one a
 * line: `opened`, `survey`, `copy` or `verify` for each progress that is reported, and `done` with the report.
 */
import { writeSync } from 'node:fs';
import type { Config } from '../../src/config.ts';
import { connect } from '../../src/connect.ts';
import { type MigrateOptions, migrate } from '../../src/migrate/index.ts';

/** What it is told. */
export interface Settings {
  readonly source: Config;
  readonly target: Config;
  readonly options: MigrateOptions;
}

const say = (line: string) => writeSync(1, `${line}\n`);

async function main({ source, target, options }: Settings): Promise<void> {
  await using from = await connect(source);
  await using into = await connect(target);
  say('opened');
  const report = await migrate(from, into, { ...options, onProgress: ({ phase }) => say(phase) });
  say(`done ${JSON.stringify({ ok: report.ok, copy: report.copy })}`);
}

await main(JSON.parse(process.argv[2]!));
