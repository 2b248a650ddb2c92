/** Node only. What `anyvec doctor` looks at. Each check ends with a finding and never throws. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import { type Connection, nameOf } from './connection.ts';
import { pathOf } from './reach.ts';
import { satisfies } from './version-range.ts';

/** `missing` is no fault: not everything is needed. `failed` is. */
export type State = 'ok' | 'missing' | 'warning' | 'failed';

/** How one check ended. Holds no secrets. */
export interface Finding {
  readonly section: 'runtime' | 'packages' | 'environment' | 'connections';
  readonly name: string;
  readonly state: State;
  readonly detail: string;
  /** What to do, where something is to be done: a command if there is one. */
  readonly fix?: string;
}

const manifestSchema = z.object({
  version: z.string(),
  engines: z.object({ node: z.string() }),
  peerDependencies: z.record(z.string(), z.string()),
});
const requireHere = createRequire(import.meta.url);

/** What this package says of itself. */
export const manifest = () => manifestSchema.parse(requireHere('anyvec/package.json'));

/** Node, what the engine needs of it, and a search by the engine. */
export async function checkRuntime(): Promise<Finding[]> {
  const section = 'runtime';
  const node = process.versions.node;
  const needed = manifest().engines.node;
  return [
    satisfies(node, needed)
      ? { section, name: 'Node', state: 'ok', detail: `${node} (${needed})` }
      : {
          section,
          name: 'Node',
          state: 'failed',
          detail: `${node}, needs ${needed}`,
          fix: 'install a newer Node: https://nodejs.org',
        },
    hasSimd()
      ? { section, name: 'WebAssembly SIMD', state: 'ok', detail: 'vectors are compared several numbers at a time' }
      : {
          section,
          name: 'WebAssembly SIMD',
          state: 'failed',
          detail: 'the engine needs it; is --no-wasm-simd or --jitless given?',
        },
    sharesMemory()
      ? { section, name: 'threads', state: 'ok', detail: `shared memory, ${availableParallelism()} at once` }
      : { section, name: 'threads', state: 'warning', detail: 'no shared memory: indexes are built by one thread' },
    await checkSearch('native engine', 'native:', section),
  ];
}

/** The smallest module with an instruction on 128 bits: () => i32.const 0, i8x16.splat, i8x16.popcnt, drop. */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 11, 1, 9, 0, 65, 0, 253, 15, 253, 98, 26, 11],
);

const hasSimd = () => typeof WebAssembly === 'object' && WebAssembly.validate(simdModule);

function sharesMemory(): boolean {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
}

/** Three vectors in memory and a question whose answer is known. */
async function checkSearch(name: string, url: string, section: Finding['section']): Promise<Finding> {
  try {
    const db = await connect(url);
    try {
      const store = await db.createCollection('doctor', { dimension: 2, metric: 'cosine' });
      await store.upsert([
        { id: 'a', vector: [1, 0] },
        { id: 'b', vector: [0, 1] },
        { id: 'c', vector: [-1, 0] },
      ]);
      const hits = await store.search([0.9, 0.1], { k: 3, exact: true });
      const isRight = hits.map(({ id }) => id).join('') === 'abc';
      return isRight
        ? { section, name, state: 'ok', detail: 'a search in memory gives the right answer' }
        : { section, name, state: 'failed', detail: 'a search in memory gives a wrong answer', fix: 'report it' };
    } finally {
      await db.close();
    }
  } catch (error) {
    return { section, name, state: 'failed', detail: problemOf(error) };
  }
}

/** What needs which package. */
const purposes: { readonly [name: string]: string } = {
  'hnswlib-node': 'hnswlib: databases',
  'faiss-node': 'faiss: databases',
  '@qdrant/js-client-rest': 'qdrant:',
  '@zilliz/milvus2-sdk-node': 'milvus:',
  '@pinecone-database/pinecone': 'pinecone:',
  'onnxruntime-web': 'anyvec docs, search --embed',
  '@huggingface/tokenizers': 'anyvec docs, search --embed',
  marked: 'anyvec docs',
  'fast-check': 'anyvec conformance',
  hyparquet: 'parquet: reading',
  'hyparquet-writer': 'parquet: writing',
  '@opentelemetry/api': 'anyvec/otel',
  'prom-client': 'anyvec/prometheus',
  'hyparquet-compressors': 'parquet: compressed columns',
};

/** The packages that show only in a search whether they work. */
const engines: { readonly [name: string]: string } = { 'hnswlib-node': 'hnswlib:', 'faiss-node': 'faiss:' };

/**
 * Every optional package: which version there is, whether it fits, whether it loads.
 *
 * @param folders Where to look. Default: where Node looks for what this package imports.
 */
export async function checkPackages(folders = requireHere.resolve.paths('anyvec') ?? []): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, range] of Object.entries(manifest().peerDependencies))
    findings.push(await checkPackage(name, range, folders));
  return findings;
}

async function checkPackage(name: string, range: string, folders: readonly string[]): Promise<Finding> {
  const section = 'packages';
  const purpose = purposes[name] === undefined ? '' : ` for ${purposes[name]}`;
  const install = `npm install '${name}@${range}'`;
  const version = installedVersion(name, folders);
  if (version === undefined)
    return { section, name, state: 'missing', detail: `not installed${purpose}`, fix: install };
  if (!satisfies(version, range)) {
    return { section, name, state: 'warning', detail: `${version} is not supported, ${range} is`, fix: install };
  }
  const engine = engines[name];
  const loaded = engine === undefined ? await checkLoads(name) : await checkSearch(name, engine, section);
  if (loaded?.state === 'failed') {
    return {
      section,
      name,
      state: 'warning',
      detail: `${version}, ${loaded.detail}`,
      ...(!loaded.detail.includes('npm ') && { fix: install }),
    };
  }
  return { section, name, state: 'ok', detail: `${version} (${range})${purpose}` };
}

/** From the package's own manifest: what a package exports need not include it. */
function installedVersion(name: string, folders: readonly string[]): string | undefined {
  const file = folders.map((folder) => join(folder, name, 'package.json')).find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const parsed = z.object({ version: z.string() }).safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return parsed.success ? parsed.data.version : 'unknown';
}

async function checkLoads(name: string): Promise<{ state: State; detail: string } | undefined> {
  try {
    await import(name);
    return undefined;
  } catch (error) {
    return { state: 'failed', detail: `but does not load: ${problemOf(error)}` };
  }
}

const variables: { readonly [name: string]: string } = {
  ANYVEC_URL: 'the database of commands that name none',
  ANYVEC_CONFIG: 'the file of named connections',
  QDRANT_API_KEY: 'the key of qdrant:',
  PINECONE_API_KEY: 'the key of pinecone:',
  MILVUS_TOKEN: 'the key, or user:password, of milvus:',
  ANYVEC_SERVER_API_KEY: 'the key that anyvec serve asks for',
  ANYVEC_CACHE: 'where models and indexes of anyvec docs are kept',
  ANYVEC_MODEL_DIR: 'a model that is there already',
};

/** Which variables are set; their values are nobody's business. */
export function checkEnvironment(env = process.env): Finding[] {
  return Object.entries(variables).map(([name, meaning]) => ({
    section: 'environment',
    name: `$${name}`,
    state: env[name] ? 'ok' : 'missing',
    detail: env[name] ? `set: ${meaning}` : `not set: ${meaning}`,
  }));
}

/** Reaches a database, and asks for its collections, which needs the key. */
export async function checkConnection(connection: Connection, timeoutMs: number): Promise<Finding> {
  const place = { section: 'connections', name: nameOf(connection) } as const;
  const path = pathOf(connection);
  if (path !== undefined && !existsSync(path)) {
    return {
      ...place,
      state: 'failed',
      detail: `there is no ${path}`,
      fix: 'check the path; connect() makes it on first use',
    };
  }
  try {
    const { latencyMs, version, collections } = await withinTime(timeoutMs, (signal) =>
      reach(connection, timeoutMs, signal),
    );
    const counted = `${collections} ${collections === 1 ? 'collection' : 'collections'}`;
    const said = version === undefined ? '' : `version ${version}, `;
    return { ...place, state: 'ok', detail: `${said}${counted}, answers in ${latencyMs.toFixed(1)} ms` };
  } catch (error) {
    const fix = fixOf(error, place.name);
    return { ...place, state: 'failed', detail: problemOf(error), ...(fix !== undefined && { fix }) };
  }
}

async function reach(connection: Connection, timeoutMs: number, signal: AbortSignal) {
  const db = await connect(connection);
  const call = { timeoutMs, signal };
  try {
    // Twice: the first call also opens the connection.
    const first = await db.health(call);
    if (!first.ok) throw new VectorStoreError('Unavailable', first.problem ?? 'it does not answer');
    const collections = (await db.listCollections(call)).length;
    const { latencyMs, version } = await db.health(call);
    return { latencyMs, version, collections };
  } finally {
    await closeQuietly(db);
  }
}

const closeQuietly = (db: VectorDatabase) => db.close().catch(() => {});

/** Connecting itself takes no signal. */
async function withinTime<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () =>
      reject(new VectorStoreError('Timeout', `no answer within ${timeoutMs / 1000} s`)),
    );
  });
  const working = work(signal);
  working.catch(() => {});
  return Promise.race([working, late]);
}

function fixOf(error: unknown, name: string): string | undefined {
  if (!VectorStoreError.is(error)) return undefined;
  const provider = /^[a-z0-9+-]+/i.exec(name)?.[0] ?? '';
  const variable = { qdrant: 'QDRANT_API_KEY', pinecone: 'PINECONE_API_KEY', milvus: 'MILVUS_TOKEN' }[provider];
  switch (error.code) {
    case 'Unauthenticated':
    case 'PermissionDenied':
      return `check the key in $${variable ?? 'the configuration'}, or in the file of --config`;
    case 'Unavailable':
    case 'Timeout':
      if (error.message.includes('npm install')) return undefined;
      return 'check that the server runs there, and host, port and tls in the URL';
    case 'Conflict':
      return 'close it in the other process first';
    default:
      return undefined;
  }
}

function problemOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return VectorStoreError.is(error) ? `${message} [${error.code}]` : message;
}
