/* Documents from Parquet: a row is one. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Document } from '../documents.ts';
import { type Columns, jsonValue, rowDocument } from './rows.ts';

const rowsAtOnce = 2_000;

/** Reads a file of any length, some rows at a time. Dates become RFC 3339. */
export async function* readParquet(path: string, columns: Columns = {}): AsyncGenerator<Document> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const total = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < total; rowStart += rowsAtOnce) {
    const rowEnd = Math.min(rowStart + rowsAtOnce, total);
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
    for (const [i, row] of rows.entries()) {
      const cells = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
      const json = Object.fromEntries(cells.map(([name, value]) => [name, jsonValue(value)]));
      yield rowDocument(json, columns, `${path}, row ${rowStart + i + 1}`);
    }
  }
}
