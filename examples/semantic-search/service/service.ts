/* The parts of the service, put together. */
import { fileURLToPath } from 'node:url';
import { isSupported, type VectorStore } from 'anyvec';
import type { Embedder } from '../embedder.ts';
import { createApp, ranksText } from './app.ts';
import { type Authenticate, authentication } from './auth.ts';
import { type Catalogue, openCatalogue } from './catalogue.ts';
import { configSchema, type Environment, type ServiceConfig, type ServiceConfigInput } from './config.ts';
import { Documents } from './documents.ts';
import { Latencies } from './latency.ts';
import { keyedLock } from './locks.ts';
import { type ServiceMetrics, serviceMetrics } from './metrics.ts';
import { readPage } from './page.ts';
import { requestQuotas, type TakeRequest } from './quotas.ts';
import { Reencoder } from './reencode.ts';
import { Search } from './search.ts';

/** What the routes work with. */
export interface Parts {
  readonly config: ServiceConfig;
  readonly catalogue: Catalogue;
  readonly documents: Documents;
  readonly search: Search;
  readonly reencoder: Reencoder;
  readonly metrics: ServiceMetrics;
  readonly latencies: Latencies;
  readonly authenticate: Authenticate;
  readonly takeRequest: TakeRequest;
  readonly log: (text: string) => void;
  /** By `performance.now()`. */
  readonly startedAt: number;
}

export interface ServiceOptions {
  /** By the names that the configuration uses; `none` needs none. */
  readonly embedders?: { readonly [name: string]: Embedder };
  /** Default: that of this process. */
  readonly env?: Environment;
  /** Folder of the page's files. Default: `web` beside this folder; false: no page. */
  readonly page?: string | false;
  /** Told of what nobody else is told. Default: standard error. */
  readonly log?: (text: string) => void;
}

/** An open service, not listening yet. */
export interface Service extends Parts {
  readonly app: ReturnType<typeof createApp>;
  /** Ends background work, then closes the backends. Requests must be over. Embedders stay open. */
  close(): Promise<void>;
}

const pageFolder = fileURLToPath(new URL('../web/', import.meta.url));

/**
 * Opens backends and collections, and looks in the background for records of other models.
 *
 * @throws for a configuration that is wrong, an embedder that it names and nobody gave, or a missing key.
 */
export async function openService(input: ServiceConfigInput, options: ServiceOptions = {}): Promise<Service> {
  const { embedders = {}, env = process.env, log = (text) => console.error(text), page = pageFolder } = options;
  const config = configSchema.parse(input);
  const authenticate = authentication(config, env);
  checkEmbedders(config, embedders);
  let reencoder: Reencoder | undefined;
  const metrics = await serviceMetrics(config.search.recallShare, () => reencoder?.stale ?? 0);
  try {
    const middleware = [metrics.library.middleware];
    const catalogue = await openCatalogue(config, new Map(Object.entries(embedders)), { env, middleware });
    const lock = keyedLock();
    const tenants = async () => [
      ...new Set([...config.keys.map(({ tenant }) => tenant), ...config.sources.map(({ tenant }) => tenant), '']),
    ];
    const mending = new Reencoder({ shelves: catalogue.shelves, tenants, lock, log });
    reencoder = mending;
    const parts: Parts = {
      ...{ config, catalogue, metrics, authenticate, log },
      documents: new Documents(
        catalogue,
        lock,
        (shelf, tenant) => void mending.noticed(shelf, tenant).catch((error: unknown) => log(`re-encoding: ${error}`)),
      ),
      search: new Search(catalogue, config.search, mending),
      reencoder: mending,
      latencies: new Latencies(),
      takeRequest: requestQuotas(),
      startedAt: performance.now(),
    };
    if (!ranksText(parts)) log('a backend ranks no text: bm25 and hybrid are answered with 501 there');
    const app = createApp(parts, page === false ? new Map() : await readPage(page));
    for (const shelf of catalogue.shelves) {
      for (const tenant of await tenants()) await warm(shelf.of(tenant));
      if (shelf.embedder === undefined) continue;
      for (const tenant of await tenants()) await mending.noticed(shelf, tenant);
    }
    return {
      ...parts,
      app,
      async close() {
        await mending.stop();
        metrics.library.stop();
        metrics.registry.clear();
        await catalogue.close();
      },
    };
  } catch (error) {
    metrics.library.stop();
    throw error;
  }
}

/** The first search by words makes the index of terms, which takes seconds at 100,000 documents: not while somebody waits. */
async function warm(store: VectorStore): Promise<void> {
  if (isSupported(store.capabilities.operations.searchHybrid)) await store.searchHybrid({ text: 'warm' }, { k: 1 });
}

function checkEmbedders({ embedder, variants }: ServiceConfig, given: { readonly [name: string]: Embedder }): void {
  for (const name of [embedder, ...variants.map((variant) => variant.embedder ?? embedder)]) {
    if (name !== 'none' && !Object.hasOwn(given, name))
      throw new Error(`the configuration names the embedder ${name}, which nobody gave`);
  }
}
