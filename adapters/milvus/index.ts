import type { Adapter } from '../../src/adapter.ts';
import { retry } from '../../src/middleware/retry.ts';
import { openConnection } from './client.ts';
import { config, fromUrl, type MilvusConfig } from './config.ts';
import { MilvusDriver } from './driver.ts';

export type { MilvusSettings, MilvusTls } from './config.ts';

/** Milvus and milvus-lite, by the official client: `milvus://localhost:19530`. */
export const adapter: Adapter<MilvusConfig> = {
  provider: 'milvus',
  config,
  fromUrl,
  open: async (settings) => retry()(new MilvusDriver(await openConnection(settings), settings.timeoutMs)),
};
