import { z } from 'zod';
import type { Adapter } from '../../src/adapter.ts';
import { fileUrl } from '../../src/files/url.ts';
import type { Metric } from '../../src/types.ts';

/** Configuration of the `npy` backend. */
export interface NpyConfig {
  readonly provider: 'npy';
  /** A matrix that numpy saved, a row for each vector. */
  readonly path: string;
  /** Default: `cosine`. */
  readonly metric?: Metric | undefined;
  /** JSON lines with ids and payloads, one for each row. Default: the file of the same name with the ending `.jsonl`, where there is one. */
  readonly payloads?: string | undefined;
}

/**
 * A matrix in a `.npy` file as a collection that is only read: `npy:./vectors.npy`, with ids and payloads in `vectors.jsonl` beside it, the first
 * line for the first row and so on; without it the ids are the numbers of the rows from 0 on. 32-bit and 16-bit floats are read exactly, 64-bit
 * ones only where they are 32-bit numbers, and are refused otherwise. In memory is only where each record stands.
 */
export const adapter: Adapter<NpyConfig> = {
  provider: 'npy',
  config: z.strictObject({
    provider: z.literal('npy'),
    path: z.string().min(1, 'a .npy file'),
    metric: z.enum(['cosine', 'dot', 'euclidean']).optional(),
    payloads: z.string().min(1).optional(),
  }),
  fromUrl: (url) => fileUrl(url, 'npy', ['metric', 'payloads']),
  async open({ path, metric, payloads }) {
    const [{ TableShelf }, { FileDriver }, { isFile }, { npyLayout }] = await Promise.all([
      import('../../src/files/table-shelf.ts'),
      import('../../src/files/file-driver.ts'),
      import('../../src/files/read-handle.ts'),
      import('./layout.ts'),
    ]);
    const beside = path.replace(/\.npy$/i, '.jsonl');
    const found = payloads ?? (beside !== path && (await isFile(beside)) ? beside : undefined);
    const shelf = new TableShelf({ path, metric, payloads: found, order: 'by row', layout: npyLayout });
    return new FileDriver({ provider: 'npy', shelf, readOnly: 'a .npy file is only read here' });
  },
};
