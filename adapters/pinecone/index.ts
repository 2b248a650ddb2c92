/**
 * Pinecone's serverless dense indexes, through the official client (`@pinecone-database/pinecone`, 8 or 9).
 *
 * ```ts
 * const db = await connect('pinecone:');                          // the key in $PINECONE_API_KEY
 * const db = await connect('pinecone://localhost:5080');          // a server that speaks its protocol, such as `anyvec serve`
 * const db = await connect({ provider: 'pinecone', apiKey, cloud: 'gcp', region: 'us-central1' });
 * ```
 *
 * - **Payloads** that metadata can hold are stored as they are, readable by other programs. For others the JSON text is kept under `_av`, with
 *   values for filters beside it (`_av.path`, `_av#path`, `_av?`, `_av@path`). All of it together: 40,000 bytes per record.
 * - **Read-your-writes**: a read waits until the service has indexed what the connection wrote, at most `freshnessTimeoutMs` (30 s). So
 *   do `flush()` and closing the database: the next connection then sees everything.
 * - **Filters**: equality and membership run on the service; of other operators it selects a superset, which is then filtered here.
 * - **Counting, `exact: true`, `setPayload` and deleting by filter** read records, 100 per request; at most `scanBudget`.
 * - **Vectors** that the service refuses (no component of 1e-8 or larger): zeros are stored as something smaller than any score can tell, tiny
 *   ones under `cosine` scaled by a power of two, both read back as written; other tiny ones are refused.
 * - **Ids and namespaces** of other than printable ASCII characters, which the service refuses, go by their base64url after `_av~`; ids that are
 *   too long for that by a hash, with the id itself in the metadata.
 * - **Declared fields** are kept in the index's tags, up to 2,160 characters.
 *
 * Not verified against the live service, and written to be right either way: whether `euclidean` scores are squared (learnt from the first
 * search), whether `$ne` and `$nin` match missing fields and how they read lists, whether a list of one comes back as a list, how long writes
 * take to be visible. Not verified, and relied on: ids and namespaces of any printable ASCII characters, bit-exact vectors, numbers in every write's and
 * query's headers (`x-pinecone-request-lsn`, `x-pinecone-max-indexed-lsn`; without them writes are taken to be visible at once), that fetch and
 * list see what a query has seen, `$exists` in filters.
 */
import type { Adapter } from '../../src/adapter.ts';
import { retry } from '../../src/middleware/retry.ts';
import { loadSdk, PineconeClient } from './client.ts';
import { config, fromUrl, type PineconeConfig } from './config.ts';
import { PineconeDriver } from './driver.ts';

export type { PineconeSettings } from './config.ts';

/** The backend `pinecone`, as `connect` sees it: settings and limits at the top of this module. */
export const adapter: Adapter<PineconeConfig> = {
  provider: 'pinecone',
  config,
  fromUrl,
  async open(settings) {
    const client = new PineconeClient(await loadSdk(settings), settings);
    return retry(settings.retry)(new PineconeDriver(client, settings));
  },
};
