/* The collections that the service keeps: one per backend and variant that needs its own. */
import { connect, type Middleware, type VectorDatabase, type VectorStore, VectorStoreError } from 'anyvec';
import { type Embedder, modelOf } from '../embedder.ts';
import type { Environment, ServiceConfig } from './config.ts';
import { filledIn } from './config.ts';
import { ServiceError } from './errors.ts';

/** One collection on one backend. */
export interface Shelf {
  readonly backend: string;
  readonly collection: string;
  readonly provider: string;
  readonly embedder: Embedder | undefined;
  /** Of the embedder; '' without one. */
  readonly model: string;
  /** The records of a tenant; '' is the default namespace. */
  of(tenant: string): VectorStore;
  readonly root: VectorStore;
}

/** One of the things that are compared with each other. */
export interface Variant {
  readonly name: string;
  readonly collection: string;
  readonly params: ServiceConfig['variants'][number]['params'];
  /** Where its part of [0, 1) ends. */
  readonly until: number;
}

/** An open backend. */
export interface Backend {
  readonly name: string;
  /** Without credentials. */
  readonly url: string;
  readonly db: VectorDatabase;
}

export interface Catalogue {
  /** The first one is the default. */
  readonly backends: readonly Backend[];
  readonly variants: readonly Variant[];
  /** All of them: what is written goes to each. */
  readonly shelves: readonly Shelf[];
  /** @throws `InvalidArgument` for a backend that there is not. */
  shelf(backend: string | undefined, variant: Variant): Shelf;
  close(): Promise<void>;
}

/** Connects to the backends, and opens the collections or creates them. */
export async function openCatalogue(
  config: ServiceConfig,
  embedders: ReadonlyMap<string, Embedder>,
  { env, middleware }: { readonly env: Environment; readonly middleware: readonly Middleware[] },
): Promise<Catalogue> {
  const backends: Backend[] = [];
  try {
    for (const { name, url } of config.backends) {
      const target = typeof url === 'string' ? filledIn(url, env) : (url as { provider: 'native' });
      backends.push({ name, url: redacted(url), db: await connect(target, { middleware }) });
    }
    const shelves: Shelf[] = [];
    for (const backend of backends) {
      for (const [collection, settings] of collectionsOf(config)) {
        shelves.push(await openShelf(backend, collection, embedders.get(settings.embedder), settings, config.fields));
      }
    }
    return {
      backends,
      variants: variantsOf(config),
      shelves,
      shelf(backend = backends[0]!.name, { collection }) {
        const found = shelves.find((shelf) => shelf.backend === backend && shelf.collection === collection);
        if (found !== undefined) return found;
        const known = backends.map(({ name }) => name).join(', ');
        throw new ServiceError(400, 'InvalidArgument', `there is no backend of that name; known are ${known}`);
      },
      close: () => closeAll(backends),
    };
  } catch (error) {
    await closeAll(backends);
    throw error;
  }
}

async function closeAll(backends: readonly Backend[]): Promise<void> {
  for (const { db } of backends) await db.close();
}

type CollectionSettings = { readonly embedder: string; readonly index: ServiceConfig['variants'][number]['index'] };

/** @throws where two variants want different things of one collection. */
function collectionsOf({ variants, collection, embedder }: ServiceConfig): Map<string, CollectionSettings> {
  const collections = new Map<string, CollectionSettings>();
  for (const variant of variants) {
    const name = variant.collection ?? collection;
    const settings = { embedder: variant.embedder ?? embedder, index: variant.index };
    const other = collections.get(name);
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(settings)) {
      const problem = `variant ${variant.name} needs a collection of its own: another variant has another embedder or index in ${name}`;
      throw new VectorStoreError('InvalidArgument', problem);
    }
    collections.set(name, settings);
  }
  return collections;
}

function variantsOf({ variants, collection }: ServiceConfig): Variant[] {
  const total = variants.reduce((sum, { share }) => sum + share, 0);
  let until = 0;
  return variants.map(({ name, share, params, ...own }) => {
    until += share / total;
    return { name, collection: own.collection ?? collection, params, until };
  });
}

async function openShelf(
  backend: Backend,
  collection: string,
  embedder: Embedder | undefined,
  { index }: CollectionSettings,
  fields: ServiceConfig['fields'],
): Promise<Shelf> {
  const root = await backend.db.createCollection(
    collection,
    {
      // Without an embedder the records have no vectors.
      dimension: embedder?.dimension ?? 1,
      metric: 'cosine',
      ...(index && { index }),
      fields: {
        ...fields,
        ...{ title: 'text', text: 'text' },
        ...{ '_doc.id': 'keyword', '_doc.part': 'number', '_doc.model': 'keyword', '_doc.source': 'keyword' },
      },
    },
    { ifExists: 'open' },
  );
  const tenants = new Map<string, VectorStore>();
  return {
    backend: backend.name,
    collection,
    provider: backend.db.provider,
    embedder,
    model: embedder === undefined ? '' : modelOf(embedder),
    root,
    of(tenant) {
      if (tenant === '') return root;
      const store = tenants.get(tenant) ?? root.namespace(tenant);
      tenants.set(tenant, store);
      return store;
    },
  };
}

/** Scheme, host and path: what a person may see. */
export function redacted(url: ServiceConfig['backends'][number]['url']): string {
  if (typeof url !== 'string') return `${url.provider}:`;
  return url.replace(/\/\/[^/]*@/, '//').replace(/[?#].*$/s, '');
}
