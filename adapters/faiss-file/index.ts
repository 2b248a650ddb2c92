import { z } from 'zod';
import type { Adapter } from '../../src/adapter.ts';
import { fileUrl } from '../../src/files/url.ts';
import type { Metric } from '../../src/types.ts';

/** Configuration of the `faiss-file` backend. */
export interface FaissFileConfig {
  readonly provider: 'faiss-file';
  /** An index file that faiss wrote. */
  readonly path: string;
  /** Default: what the index has, `dot` for inner product and `euclidean` for L2. */
  readonly metric?: Metric | undefined;
  /** JSON lines with the payloads: `{"id":"7","payload":{…}}`. */
  readonly payloads?: string | undefined;
}

/**
 * An index file of faiss as a collection that is only read: `faiss-file:./index.faiss`. Flat, HNSW with Flat and IVF with Flat, each perhaps
 * under IDMap or IDMap2; other kinds hold codes, from which no vector comes back. Ids are the labels in decimal; where two rows have the same,
 * the later counts. Needs no package: the file is parsed with every bound checked. In memory is only where each record stands.
 */
export const adapter: Adapter<FaissFileConfig> = {
  provider: 'faiss-file',
  config: z.strictObject({
    provider: z.literal('faiss-file'),
    path: z.string().min(1, 'an index file'),
    metric: z.enum(['cosine', 'dot', 'euclidean']).optional(),
    payloads: z.string().min(1).optional(),
  }),
  fromUrl: (url) => fileUrl(url, 'faiss-file', ['metric', 'payloads']),
  async open({ path, metric, payloads }) {
    const [{ TableShelf }, { FileDriver }, { faissLayout }] = await Promise.all([
      import('../../src/files/table-shelf.ts'),
      import('../../src/files/file-driver.ts'),
      import('./layout.ts'),
    ]);
    const shelf = new TableShelf({ path, metric, payloads, order: 'by id', layout: faissLayout });
    return new FileDriver({ provider: 'faiss-file', shelf, readOnly: 'an index file of faiss is only read here' });
  },
};
