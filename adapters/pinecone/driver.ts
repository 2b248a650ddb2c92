import type { Pinecone } from '@pinecone-database/pinecone';
import type { Capabilities } from '../../src/capabilities.ts';
import type {
  CallContext,
  Classification,
  CollectionDriver,
  Driver,
  DriverOpenOptions,
  DriverSpec,
} from '../../src/driver.ts';
import { invalid, unsupported, VectorStoreError } from '../../src/errors.ts';
import { HttpFault } from '../../src/remote/http-fault.ts';
import { sleep } from '../../src/remote/sleep.ts';
import type { CollectionInfo, FieldType, Health, IndexSpec, Metric } from '../../src/types.ts';
import { capabilitiesWith } from './capabilities.ts';
import type { PineconeClient } from './client.ts';
import { PineconeCollection } from './collection.ts';
import type { PineconeConfig } from './config.ts';
import { classify, isStatus } from './errors.ts';
import { Freshness } from './freshness.ts';
import { fromTags, managedIndex, toTags } from './manifest.ts';
import { Requests } from './requests.ts';

type IndexModel = Awaited<ReturnType<Pinecone['describeIndex']>>;

/** What this library needs to know of an index. */
interface IndexFacts {
  readonly name: string;
  readonly host: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly tags: { readonly [key: string]: string } | null | undefined;
  readonly ready: boolean;
}

const metrics: { readonly [metric: string]: Metric } = { cosine: 'cosine', dotproduct: 'dot', euclidean: 'euclidean' };
const wireMetrics = { cosine: 'cosine', dot: 'dotproduct', euclidean: 'euclidean' } as const;

/** Pinecone's serverless dense indexes, by the official client. */
export class PineconeDriver implements Driver {
  readonly provider = 'pinecone';
  readonly capabilities: Capabilities;
  readonly defaultTimeoutMs: number;
  readonly #client: PineconeClient;
  readonly #config: PineconeConfig;
  /** By host, which is a new one each time an index is created: handles of one index share what was written. */
  readonly #requests = new Map<string, Requests>();

  constructor(client: PineconeClient, config: PineconeConfig) {
    this.#client = client;
    this.#config = config;
    this.capabilities = capabilitiesWith(config.scanBudget);
    this.defaultTimeoutMs = config.timeoutMs;
  }

  async createCollection(name: string, spec: DriverSpec, context: CallContext): Promise<CollectionDriver> {
    if (!isIndexName(name))
      throw invalid(
        'name',
        "names of this backend are 1 to 45 lower-case letters, digits and '-', the last not at an end",
      );
    const { dimension, metric, fields, strict } = spec;
    const ignoredHints = ignoredHintsOf(spec.index);
    if (strict && ignoredHints.length > 0)
      throw unsupported(ignoredHints.join(', '), 'the service builds and tunes its index by itself');
    const tags = toTags({ fields, ignoredHints });
    const { cloud, region } = this.#config;
    await this.#control(context, (client) =>
      // Both ends of the supported range take this form; the newer one translates it.
      client.createIndex({
        name,
        dimension,
        metric: wireMetrics[metric],
        spec: { serverless: { cloud: cloud as 'aws', region } },
        tags,
      }),
    ).catch((error: unknown) => {
      if (!isStatus(error, 409)) throw error;
      throw new VectorStoreError(
        'AlreadyExists',
        `collection ${name} exists; say ifExists: 'open' or 'recreate', or choose another name`,
      );
    });
    return this.#open(await this.#whenReady(name, context), {});
  }

  async openCollection(name: string, options: DriverOpenOptions, context: CallContext): Promise<CollectionDriver> {
    return this.#open(await this.#whenReady(name, context), options);
  }

  async #whenReady(name: string, context: CallContext): Promise<IndexFacts> {
    for (let pause = 20; ; pause = Math.min(2 * pause, 2_000)) {
      const facts = await this.#describe(name, context);
      if (facts.ready) return facts;
      await sleep(pause, context.signal);
    }
  }

  async #describe(name: string, context: CallContext): Promise<IndexFacts> {
    if (!isIndexName(name)) throw notFound(name);
    try {
      const index = await this.#control(context, (client) => client.describeIndex(name));
      checkDescription(name, index);
      const facts = factsOf(index);
      if (facts === undefined)
        throw unsupported(`The index ${JSON.stringify(name)}`, 'it is not one of dense vectors for the vectors API');
      return facts;
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      throw notFound(name);
    }
  }

  #open(facts: IndexFacts, { fields }: DriverOpenOptions): CollectionDriver {
    const info = infoOf(facts, fields);
    const known = this.#requests.get(facts.host);
    const requests = known ?? new Requests(this.#client, facts, new Freshness(this.#config.freshnessTimeoutMs));
    this.#requests.set(facts.host, requests);
    return new PineconeCollection(info, this.capabilities, requests, fromTags(facts.tags)?.ignoredHints ?? []);
  }

  async listCollections(context: CallContext): Promise<CollectionInfo[]> {
    const { indexes = [] } = await this.#control(context, (client) => client.listIndexes());
    return indexes.flatMap((index) => {
      const facts = factsOf(index);
      return facts === undefined ? [] : [infoOf(facts)];
    });
  }

  async hasCollection(name: string, context: CallContext): Promise<boolean> {
    if (!isIndexName(name)) return false;
    try {
      checkDescription(name, await this.#control(context, (client) => client.describeIndex(name)));
      return true;
    } catch (error) {
      if (isStatus(error, 404)) return false;
      throw error;
    }
  }

  async dropCollection(name: string, context: CallContext): Promise<boolean> {
    if (!isIndexName(name)) return false;
    try {
      const index = await this.#control(context, (client) => client.describeIndex(name));
      checkDescription(name, index);
      const host = index.privateHost ?? index.host;
      await this.#control(context, (client) => client.deleteIndex(name));
      this.#requests.get(host)?.drop();
      this.#requests.delete(host);
    } catch (error) {
      if (isStatus(error, 404)) return false;
      throw error;
    }
    // On the service it takes a while, and meanwhile its name is taken.
    for (let pause = 20; await this.hasCollection(name, context); pause = Math.min(2 * pause, 2_000))
      await sleep(pause, context.signal);
    return true;
  }

  async health(context: CallContext): Promise<Health> {
    const began = performance.now();
    await this.#control(context, (client) => client.listIndexes());
    return { ok: true, latencyMs: performance.now() - began };
  }

  unwrap(): unknown {
    return this.#client.sdk;
  }

  /** What was acknowledged is visible to the next connection, unless that takes longer than reads would wait. */
  async close(): Promise<void> {
    const signal = AbortSignal.timeout(this.#config.freshnessTimeoutMs);
    await Promise.allSettled([...this.#requests.values()].map((requests) => requests.allFresh({ signal })));
    this.#client.close();
  }

  classify(error: unknown): Classification | undefined {
    return classify(error);
  }

  #control<T>({ signal }: CallContext, call: (client: Pinecone) => Promise<T>): Promise<T> {
    return this.#client.control(signal, call);
  }
}

/** Whether the service can hold an index of that name. Any other is not asked for: it would become part of an address (`..` is another one). */
function isIndexName(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,43}[a-z0-9])?$/.test(name);
}

function notFound(name: string): VectorStoreError {
  return new VectorStoreError('NotFound', `there is no collection ${JSON.stringify(name)}; create it first`);
}

/** @throws `HttpFault` for an answer of something else than the service. */
function checkDescription(name: string, index: IndexModel | undefined): void {
  if (index?.name !== name || typeof index.host !== 'string' || typeof index.status?.ready !== 'boolean') {
    throw new HttpFault(
      'unexpected',
      'the answer to describing an index is no description of it; is that the address of Pinecone?',
    );
  }
}

/** Undefined for an index of another kind than ours: sparse, or of the documents API. */
function factsOf(index: IndexModel | undefined): IndexFacts | undefined {
  if (index === undefined) return undefined;
  try {
    const { name, host, privateHost, dimension, tags, status } = index;
    const metric = metrics[index.metric ?? ''];
    if (typeof dimension !== 'number' || metric === undefined || index.vectorType !== 'dense') return undefined;
    return { name, host: privateHost ?? host, dimension, metric, tags, ready: status.ready };
  } catch (error) {
    // The newer client's getters throw for indexes that have no such property.
    if (error instanceof Error && error.name === 'PineconeIndexPropertyError') return undefined;
    throw error;
  }
}

function infoOf(
  { name, dimension, metric, tags }: IndexFacts,
  fields: { readonly [field: string]: FieldType } = {},
): CollectionInfo {
  const manifest = fromTags(tags);
  return {
    name,
    dimension,
    metric,
    fields: manifest?.fields ?? fields,
    idMode: 'native',
    index: managedIndex,
    managed: manifest !== undefined,
  };
}

function ignoredHintsOf(index: IndexSpec): string[] {
  return Object.keys(index)
    .filter((name) => name !== 'type')
    .map((name) => `index.${name}`);
}
