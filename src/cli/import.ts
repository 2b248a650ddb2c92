/** Node only. `anyvec import`: files into a database. */
import type { Command, Given } from './commands.ts';
import { connectionNotes, readConnection } from './connection.ts';
import { UsageError } from './errors.ts';
import { migrationNotes, runMigration } from './migration.ts';
import { collectionOfFile, fileUrl } from './migration-files.ts';
import { commonArguments, readMigrationOptions, specArguments } from './migration-options.ts';
import { asText, noMore } from './options.ts';

/** Printed below the options by `anyvec import --help`. */
export const notes = `PATH     articles.jsonl or articles.parquet, of anyvec export or of others; jsonl:DIR or parquet:DIR; or any URL of a file
         (its query says how to read what others wrote, as parquet:./x.parquet?vector=embedding)

${connectionNotes}
${migrationNotes}
Example  anyvec import articles.parquet qdrant://localhost:6333 --collection articles-v2`;

/** `anyvec import PATH URL [--collection NAME] [options]` */
export const command: Command = {
  meta: { name: 'import', description: 'Read collections from files into a database, and compare them' },
  args: {
    path: { type: 'positional', required: false, description: 'A file, or jsonl:DIR, parquet:DIR' },
    url: { type: 'positional', required: false, description: 'The database, or @name' },
    collection: {
      type: 'string',
      valueHint: 'NAME',
      description: 'What a single collection shall be called, or A=B,C',
    },
    ...specArguments,
    append: { type: 'boolean', description: 'Write into collections that exist, beside what they hold' },
    ...commonArguments,
  },
  run: ({ args }) => run(args),
};

async function run(given: Given): Promise<number> {
  noMore(given._, 2, 'import');
  const [path, url] = given._;
  if (path === undefined || url === undefined)
    throw new UsageError('say what and where: anyvec import articles.jsonl native:./data; see anyvec import --help');
  const options = await readMigrationOptions({ ...given, collection: undefined });
  const source = fileUrl(path);
  const target = await readConnection(url, asText(given.config));
  const collections = await collectionOfFile(source, path, asText(given.collection), 'import');
  return runMigration(source, target, {
    ...options,
    migrate: { ...options.migrate, ...(collections && { collections }) },
  });
}
