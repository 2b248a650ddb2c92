import type { Adapter } from '../../src/adapter.ts';
import { retry } from '../../src/middleware/retry.ts';
import { configSchema, fromUrl, type QdrantConfig } from './config.ts';
import { QdrantDriver } from './driver.ts';

/**
 * A Qdrant server, 1.16 or later: `qdrant://localhost:6333`, or `{ provider: 'qdrant', url: 'https://…', apiKey }`.
 *
 * Needs the package `@qdrant/js-client-rest` (1.18 or later). Ids of any form are kept as hashes beside the id itself; collections that something else
 * created open with Qdrant's own ids.
 */
export const adapter: Adapter<QdrantConfig> = {
  provider: 'qdrant',
  config: configSchema,
  fromUrl,
  open: async (config) =>
    retry({ ...(config.attempts !== undefined && { attempts: config.attempts }), ...config.retry })(
      await QdrantDriver.open(config),
    ),
};
