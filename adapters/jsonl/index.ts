import { z } from 'zod';
import type { Adapter } from '../../src/adapter.ts';
import { columnSchema } from '../../src/files/column-settings.ts';
import type { ColumnOptions } from '../../src/files/columns.ts';
import { fileUrl } from '../../src/files/url.ts';

/** Configuration of the `jsonl` backend. How columns are chosen concerns files that this library did not write. */
export interface JsonlConfig extends ColumnOptions {
  readonly provider: 'jsonl';
  /** A directory of `.jsonl` files, each a collection; or one file that ends in `.jsonl` or `.ndjson`, which is the only one. */
  readonly path: string;
}

/**
 * Collections as files of JSON lines, one record a line: `jsonl:./data` (a directory) or `jsonl:./articles.jsonl` (one file).
 *
 * Writes are visible to other processes as soon as they are acknowledged, and survive the death of the process; `flush` makes them safe from a
 * loss of power. In memory is only where each record stands, about 150 bytes a record. Every search compares with every record.
 */
export const adapter: Adapter<JsonlConfig> = {
  provider: 'jsonl',
  config: z.strictObject({
    provider: z.literal('jsonl'),
    path: z.string().min(1, 'a directory or a file'),
    ...columnSchema,
  }),
  fromUrl: (url) => fileUrl(url, 'jsonl', Object.keys(columnSchema)),
  async open({ path, ...columns }) {
    const { JsonlShelf } = await import('./shelf.ts');
    const { FileDriver } = await import('../../src/files/file-driver.ts');
    return new FileDriver({ provider: 'jsonl', shelf: new JsonlShelf(path, columns) });
  },
};
