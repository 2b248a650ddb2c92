/* Which reader a path needs. */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { VectorStoreError } from 'anyvec';
import type { Document } from '../documents.ts';
import { readCsv } from './csv.ts';
import { readJsonl } from './jsonl.ts';
import { readMarkdown } from './markdown.ts';
import { readParquet } from './parquet.ts';
import type { Columns } from './rows.ts';

/**
 * The documents of a file (`.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.parquet`) or of a folder of Markdown.
 *
 * @throws `NotFound`, `InvalidArgument` for anything else.
 */
export async function readSource(path: string, columns: Columns = {}): Promise<AsyncGenerator<Document>> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new VectorStoreError('NotFound', `there is no file or folder ${path}`);
  if (found.isDirectory()) return readMarkdown(path);
  const extension = extname(path).toLowerCase();
  if (extension === '.csv' || extension === '.tsv') return readCsv(path, columns);
  if (extension === '.jsonl' || extension === '.ndjson') return readJsonl(path, columns);
  if (extension === '.parquet') return readParquet(path, columns);
  const known = '.csv, .tsv, .jsonl, .ndjson, .parquet, or a folder of Markdown';
  throw new VectorStoreError('InvalidArgument', `${path}: cannot read ${extension || 'this'}; known are ${known}`);
}
