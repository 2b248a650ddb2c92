import { z } from 'zod';
import type { Adapter } from '../../src/adapter.ts';
import { columnSchema } from '../../src/files/column-settings.ts';
import type { ColumnOptions } from '../../src/files/columns.ts';
import { fileUrl } from '../../src/files/url.ts';

/** Configuration of the `parquet` backend. How columns are chosen concerns files that this library did not write. */
export interface ParquetConfig extends ColumnOptions {
  readonly provider: 'parquet';
  /** A directory with a sub-directory or a `.parquet` file for each collection; or one `.parquet` file, which is the only one. */
  readonly path: string;
}

/**
 * Collections as Parquet files: `parquet:./data` (a directory) or `parquet:./articles.parquet` (one file).
 *
 * Writes are in memory until `flush` or `close` makes a file of them, safe from a loss of power; a process that dies before loses them. A single
 * file is written anew by every `flush`. In memory is otherwise only where each record stands, about 150 bytes a record, and one part of a file
 * while it is read. Every search compares with every record. Needs the packages hyparquet, hyparquet-writer and hyparquet-compressors.
 */
export const adapter: Adapter<ParquetConfig> = {
  provider: 'parquet',
  config: z.strictObject({
    provider: z.literal('parquet'),
    path: z.string().min(1, 'a directory or a file'),
    ...columnSchema,
  }),
  fromUrl: (url) => fileUrl(url, 'parquet', Object.keys(columnSchema)),
  async open({ path, ...columns }) {
    const [{ loadPackages }, { ParquetShelf }, { FileDriver }] = await Promise.all([
      import('./packages.ts'),
      import('./shelf.ts'),
      import('../../src/files/file-driver.ts'),
    ]);
    return new FileDriver({ provider: 'parquet', shelf: new ParquetShelf(path, columns, await loadPackages()) });
  },
};
