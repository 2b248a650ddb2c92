import { z } from 'zod';
import type { Adapter } from '../../src/adapter.ts';
import { invalid } from '../../src/errors.ts';
import { fileUrl } from '../../src/files/url.ts';
import type { Metric } from '../../src/types.ts';

/** Configuration of the `hnswlib-file` backend. */
export interface HnswlibFileConfig {
  readonly provider: 'hnswlib-file';
  /** An index file that hnswlib wrote. */
  readonly path: string;
  /** The file does not say: `cosine`, `dot` for the space `ip`, `euclidean` for `l2`. */
  readonly metric: Metric;
  /** What it must be. Default: what the sizes in the file say. */
  readonly dimension?: number | undefined;
  /** JSON lines with the payloads: `{"id":"7","payload":{…}}`. */
  readonly payloads?: string | undefined;
}

/**
 * An index file of hnswlib as a collection that is only read: `hnswlib-file:./graph.bin?metric=cosine`. Ids are the labels in decimal; elements
 * marked as deleted are left out. An index of the space `cosine` holds normalised vectors: only their direction comes back. Needs no package:
 * the file is parsed with every bound checked. In memory is only where each record stands.
 */
export const adapter: Adapter<HnswlibFileConfig> = {
  provider: 'hnswlib-file',
  config: z.strictObject({
    provider: z.literal('hnswlib-file'),
    path: z.string().min(1, 'an index file'),
    metric: z.enum(['cosine', 'dot', 'euclidean'], 'which? The file does not say'),
    dimension: z.int().min(1).max(65_536).optional(),
    payloads: z.string().min(1).optional(),
  }),
  fromUrl(url) {
    const { dimension, ...settings } = fileUrl(url, 'hnswlib-file', ['metric', 'dimension', 'payloads']);
    if (dimension === undefined) return settings;
    if (typeof dimension !== 'string' || !/^\d+$/.test(dimension)) throw invalid('url', 'the dimension is no number');
    return { ...settings, dimension: Number(dimension) };
  },
  async open({ path, metric, dimension, payloads }) {
    const [{ TableShelf }, { FileDriver }, { hnswlibLayout }] = await Promise.all([
      import('../../src/files/table-shelf.ts'),
      import('../../src/files/file-driver.ts'),
      import('./layout.ts'),
    ]);
    const layout = (reader: Parameters<typeof hnswlibLayout>[0]) => hnswlibLayout(reader, dimension);
    return new FileDriver({
      provider: 'hnswlib-file',
      shelf: new TableShelf({ path, metric, payloads, order: 'by id', layout }),
      readOnly: 'an index file of hnswlib is only read here',
      differences: { vectorReadback: metric === 'cosine' ? 'direction' : 'bits' },
    });
  },
};
