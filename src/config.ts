import { z } from 'zod';
import type { FaissFileConfig } from '../adapters/faiss-file/index.ts';
import type { HnswlibFileConfig } from '../adapters/hnswlib-file/index.ts';
import type { JsonlConfig } from '../adapters/jsonl/index.ts';
import type { MilvusSettings } from '../adapters/milvus/config.ts';
import type { NpyConfig } from '../adapters/npy/index.ts';
import type { ParquetConfig } from '../adapters/parquet/index.ts';
import type { PineconeSettings } from '../adapters/pinecone/config.ts';
import type { QdrantConfig } from '../adapters/qdrant/config.ts';
import type { Adapter } from './adapter.ts';
import type { EmbeddedConfig } from './engine/embedded.ts';
import { invalid } from './errors.ts';
import { parseOnce } from './validate/parse-once.ts';
import { shown } from './validate/text.ts';

/** Configuration by provider name. Adapters are loaded when they are asked for, their SDKs with them. */
export interface ProviderConfigs {
  /** The embedded engine of this package. */
  native: EmbeddedConfig & { readonly provider: 'native' };
  /** The embedded engine with HNSW indexes by hnswlib-node. */
  hnswlib: EmbeddedConfig & { readonly provider: 'hnswlib' };
  /** The embedded engine with indexes by faiss-node. */
  faiss: EmbeddedConfig & { readonly provider: 'faiss' };
  /** A Qdrant server. */
  qdrant: QdrantConfig;
  /** Milvus or milvus-lite. */
  milvus: MilvusSettings;
  /** Pinecone's service, or a server that speaks its protocol. */
  pinecone: PineconeSettings;
  /** Files of JSON lines. */
  jsonl: JsonlConfig;
  /** Parquet files. */
  parquet: ParquetConfig;
  /** A numpy matrix, only read. */
  npy: NpyConfig;
  /** An index file of faiss, only read. */
  'faiss-file': FaissFileConfig;
  /** An index file of hnswlib, only read. */
  'hnswlib-file': HnswlibFileConfig;
}

/** The name of a backend, as in a URL's scheme. */
export type Provider = keyof ProviderConfigs;

/** A config object: `provider` and that provider's settings. */
export type Config = ProviderConfigs[Provider];

/** What a URL or object stands for before the adapter has checked it. */
export interface RawConfig {
  readonly provider: string;
  /** Settings given as an object; undefined where only a URL was given. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly url?: string;
}

/**
 * Which provider a configuration means.
 *
 * @throws `InvalidArgument`. The URL itself never stands in the message: it may hold a key.
 */
export function readConfig(config: unknown): RawConfig {
  const given = config ?? environmentUrl();
  if (typeof given === 'string' || given instanceof URL) return readUrl(String(given));
  if (typeof given !== 'object' || given === null) throw invalid('config', `a URL or an object, not ${shown(given)}`);
  const { provider } = given as { provider?: unknown };
  if (typeof provider !== 'string') {
    throw invalid(
      'config.provider',
      'missing: name the backend, as in { provider: "native", path: "./data" }, or give a URL such as "native:./data"',
    );
  }
  return { provider, settings: given as Record<string, unknown> };
}

function readUrl(url: string): RawConfig {
  const scheme = /^([a-z][a-z0-9+-]*):/i.exec(url)?.[1];
  if (scheme === undefined)
    throw invalid('url', 'it begins with no provider, as in native:./data or qdrant://localhost:6333');
  return { provider: scheme.toLowerCase(), url };
}

function environmentUrl(): string {
  const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
  const url = environment?.ANYVEC_URL;
  if (url === undefined || url === '') {
    throw invalid(
      'config',
      'nothing given and $ANYVEC_URL is not set; give a URL such as "native:./data", or "native:" for memory',
    );
  }
  return url;
}

/** The configuration as the adapter's schema puts it out. */
export function checkConfig<C extends { readonly provider: string }>(
  adapter: Adapter<C>,
  { settings, url }: RawConfig,
): C {
  const parsed = adapter.config.safeParse(url === undefined ? settings : adapter.fromUrl(url), parseOnce);
  // zod's messages name keys and expectations, never the values.
  if (!parsed.success)
    throw invalid('config', `not a valid ${adapter.provider} configuration\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
