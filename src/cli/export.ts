/** Node only. `anyvec export`: a database or collection as files. */
import type { Command, Given } from './commands.ts';
import { connectionNotes, readConnection } from './connection.ts';
import { UsageError } from './errors.ts';
import { exportMatrix, isMatrixPath } from './export-matrix.ts';
import { migrationNotes, runMigration } from './migration.ts';
import { collectionOfFile, fileUrl } from './migration-files.ts';
import { commonArguments, readMigrationOptions } from './migration-options.ts';
import { asText, noMore } from './options.ts';

/** Printed below the options by `anyvec export --help`. */
export const notes = `PATH     articles.jsonl or articles.parquet: one collection, named by --collection if there are several
         jsonl:DIR or parquet:DIR: a directory with a file for each collection
         vectors.npy: a matrix for numpy, with ids and payloads in vectors.jsonl; one namespace of one collection, written anew
Reads    the file again, and compares it with the database as anyvec migrate does

${connectionNotes}
${migrationNotes}
Example  anyvec export native:./data articles.parquet --collection articles`;

/** `anyvec export URL PATH [--collection NAME] [options]` */
export const command: Command = {
  meta: { name: 'export', description: 'Write collections to JSONL, Parquet or npy files, and compare them' },
  args: {
    url: { type: 'positional', required: false, description: 'The database, or @name' },
    path: { type: 'positional', required: false, description: 'A file, or jsonl:DIR, parquet:DIR' },
    collection: { type: 'string', valueHint: 'A,B', description: 'Which collections (default: all)' },
    ...commonArguments,
  },
  run: ({ args }) => run(args),
};

async function run(given: Given): Promise<number> {
  noMore(given._, 2, 'export');
  const [url, path] = given._;
  if (url === undefined || path === undefined)
    throw new UsageError('say what and where: anyvec export native:./data articles.jsonl; see anyvec export --help');
  const options = await readMigrationOptions({ ...given, collection: undefined });
  const source = await readConnection(url, asText(given.config));
  const collections = await collectionOfFile(source, path, asText(given.collection), 'export');
  if (isMatrixPath(path)) {
    const [name] = Object.keys(collections ?? {});
    return exportMatrix(source, name!, path, options);
  }
  return runMigration(source, fileUrl(path), {
    ...options,
    migrate: { ...options.migrate, ...(collections && { collections }) },
  });
}
