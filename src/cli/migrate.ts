/** Node only. `anyvec migrate`: collections from one database to another, with proof. */
import type { Command, Given } from './commands.ts';
import { connectionNotes, readConnections } from './connection.ts';
import { UsageError } from './errors.ts';
import { migrationNotes, runMigration } from './migration.ts';
import { commonArguments, readMigrationOptions, specArguments } from './migration-options.ts';
import { asText, noMore } from './options.ts';

/** Printed below the options by `anyvec migrate --help`. */
export const notes = `Plans, copies, verifies, reports. The plan lists what the target cannot hold as it is; if something would be lost, nothing is
written unless it is allowed. The verification reads both sides again and compares every record, and the answers of exact searches.

${connectionNotes}
${migrationNotes}
Example  anyvec migrate --from native:./data --to qdrant://localhost:6333 --collection articles=articles-v2 --dry-run`;

/** `anyvec migrate --from URL --to URL [options]` */
export const command: Command = {
  meta: { name: 'migrate', description: 'Copy collections to another database, and prove that nothing was lost' },
  args: {
    from: { type: 'string', valueHint: 'URL', description: 'The source, or @name; only read' },
    to: { type: 'string', valueHint: 'URL', description: 'The target, or @name' },
    collection: {
      type: 'string',
      valueHint: 'A=B,C',
      description: 'Only these, renamed where = stands (default: all)',
    },
    map: {
      type: 'string',
      valueHint: 'MODULE',
      description: 'Its default export makes of each record another, several or none',
    },
    dimension: { type: 'string', valueHint: 'N', description: 'Of the vectors that --map gives, if it is another' },
    metric: { type: 'string', valueHint: 'NAME', description: 'cosine, dot or euclidean, if it shall be another' },
    ...specArguments,
    append: { type: 'boolean', description: 'Write into collections that exist, beside what they hold' },
    repair: { type: 'boolean', description: 'Write only what the target does not hold equally; removes nothing' },
    'verify-only': { type: 'boolean', description: 'Compare the two sides, write nothing' },
    queries: {
      type: 'string',
      valueHint: 'N',
      description: 'Exact searches to compare per collection (default: 200, or 10)',
    },
    ...commonArguments,
  },
  run: ({ args }) => run(args),
};

async function run(given: Given): Promise<number> {
  noMore(given._, 0, 'migrate');
  const [from, to] = [asText(given.from), asText(given.to)];
  if (from === undefined || to === undefined)
    throw new UsageError('say --from URL and --to URL; see anyvec migrate --help');
  const options = await readMigrationOptions(given);
  const [source, target] = await readConnections([from, to], asText(given.config));
  return runMigration(source!, target!, options);
}
