import type { Adapter } from '../../src/adapter.ts';
import type { Driver } from '../../src/driver.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { retry } from '../../src/middleware/retry.ts';
import { openConnection } from './client.ts';
import { config, fromUrl, type MilvusConfig } from './config.ts';
import { MilvusDriver } from './driver.ts';
import { classify } from './errors.ts';

export type { MilvusSettings, MilvusTls } from './config.ts';

/** Milvus and milvus-lite, by the official client: `milvus://localhost:19530`. */
export const adapter: Adapter<MilvusConfig> = { provider: 'milvus', config, fromUrl, open };

async function open(settings: MilvusConfig): Promise<Driver> {
  try {
    return retry()(new MilvusDriver(await openConnection(settings), settings.timeoutMs));
  } catch (error) {
    throw connectionError(error, settings);
  }
}

/** What a user can do about a connection that failed. */
function connectionError(error: unknown, { address, tls, connectTimeoutMs }: MilvusConfig): unknown {
  const known = classify(error);
  if (known === undefined || VectorStoreError.is(error)) return error;
  const { code, message } = known;
  const where = `Milvus at ${address}${tls ? ' (TLS)' : ''}`;
  const details = { provider: 'milvus', operation: 'connect', cause: error };
  switch (code) {
    case 'Unauthenticated':
    case 'PermissionDenied':
      return new VectorStoreError(
        code,
        `${where} refused the credentials; check token, or username and password`,
        details,
      );
    case 'Timeout':
      return new VectorStoreError(
        code,
        `${where} did not answer within ${connectTimeoutMs} ms; is it up, and does it speak TLS as configured?`,
        details,
      );
    default:
      return new VectorStoreError(
        code,
        `${where} cannot be used: ${message}; is it up, and is the address right?`,
        details,
      );
  }
}
