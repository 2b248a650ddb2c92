/** Node only. `anyvec inspect`: what is in a database, without changing it. */
import { capabilityMatrix } from '../../conformance/report.ts';
import { isSupported } from '../capabilities.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import { shortest } from '../server/dialects/qdrant/float32.ts';
import type { VectorStore } from '../store.ts';
import { paletteFor, widthOf } from '../terminal/layout.ts';
import type { CallOptions, CollectionInfo } from '../types.ts';
import type { Command, Given } from './commands.ts';
import { renderSupport } from './conformance-report.ts';
import { type Connection, connectionNotes, readConnection } from './connection.ts';
import {
  type Inspected,
  type InspectedCollection,
  renderCollection,
  renderCollections,
  renderHealth,
  type Sample,
} from './inspect-report.ts';
import { asText, configArgument, noMore, targetArguments, wholeNumber } from './options.ts';
import { withDatabase } from './reach.ts';

/** Printed below the options by `anyvec inspect --help`. */
export const notes = `Without a collection: every collection with its figures. With one: its fields, namespaces, sizes, what opening it had
to mend, settings that the backend ignored, and some records. It writes nothing; a path that does not exist is an error.

${connectionNotes}
JSON     one object on one line; vectors in full
Exit     0; 1 if the database or a collection cannot be read; 2 for wrong usage; 130 after Ctrl-C
Examples anyvec inspect native:./data
         anyvec inspect qdrant://localhost:6333 articles --sample 10
         anyvec inspect @prod articles --config connections.json --json | jq .collection.stats
         anyvec inspect milvus://localhost:19530 --capabilities`;

/** `anyvec inspect [URL] [COLLECTION] [--sample N] [--namespace NAME] [--capabilities] [--config FILE] [--json]` */
export const command: Command = {
  meta: { name: 'inspect', description: 'Show the collections of a database, or all about one of them' },
  args: {
    url: targetArguments.url,
    collection: { type: 'positional', required: false, description: 'Only this collection, in full' },
    sample: { type: 'string', valueHint: 'N', description: 'How many records to show of a collection (default: 3)' },
    namespace: { type: 'string', valueHint: 'NAME', description: 'Show records of this namespace' },
    capabilities: { type: 'boolean', description: 'Also what the backend does natively, emulates or refuses' },
    ...configArgument,
    json: { type: 'boolean', description: 'Print one JSON object instead of text' },
  },
  run: ({ args }) => runInspect(args),
};

interface InspectOptions {
  readonly connection: Connection;
  readonly collection?: string;
  readonly sample: number;
  readonly namespace?: string;
  readonly capabilities: boolean;
  readonly json: boolean;
}

async function readOptions({
  _: words,
  sample,
  namespace,
  capabilities,
  config,
  json,
}: Given): Promise<InspectOptions> {
  noMore(words, 2, 'inspect');
  const [url, collection] = words;
  return {
    connection: await readConnection(url, asText(config)),
    ...(collection !== undefined && { collection }),
    sample: wholeNumber(sample, '--sample', 0, 10_000) ?? 3,
    ...(typeof namespace === 'string' && { namespace }),
    capabilities: capabilities === true,
    json: json === true,
  };
}

async function runInspect(given: Given): Promise<number> {
  const options = await readOptions(given);
  return withDatabase(options.connection, async ({ database, name, signal }) => {
    const page = { width: widthOf(process.stdout), palette: paletteFor(process.stdout) };
    const health = await database.health({ signal });
    const all = await database.listCollections({ signal });
    const found =
      options.collection === undefined
        ? { collections: await inspectAll(database, all, { signal }) }
        : { collection: await inspectOne(database, infoOf(all, options.collection), options, { signal }) };
    const { capabilities } = database;
    const parts = found.collections
      ? [renderHealth(name, health, page), renderCollections(found.collections, page)]
      : [renderCollection(found.collection, page)];
    if (options.capabilities)
      parts.push(renderSupport(capabilityMatrix([{ name: database.provider, capabilities }]), page.width).trimEnd());
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ provider: database.provider, database: name, health, ...found, ...(options.capabilities && { capabilities }) })}\n`
        : `${parts.join('\n\n')}\n`,
    );
    const problems = found.collections?.filter(({ problem }) => problem !== undefined) ?? [];
    return problems.length > 0 || !health.ok ? 1 : 0;
  });
}

function infoOf(all: readonly CollectionInfo[], name: string): CollectionInfo {
  const info = all.find((each) => each.name === name);
  if (info !== undefined) return info;
  const names = all.map((each) => each.name);
  const known = names.length === 0 ? 'none' : `${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`;
  throw new VectorStoreError('NotFound', `there is no collection ${JSON.stringify(name)}; there are: ${known}`);
}

/** One after another: a database of many collections is not to be opened all at once. */
async function inspectAll(
  database: VectorDatabase,
  all: readonly CollectionInfo[],
  call: CallOptions,
): Promise<Inspected[]> {
  const collections: Inspected[] = [];
  for (const info of all) {
    collections.push(
      await withCollection(database, info, call, async (store) => ({ ...info, stats: await store.stats(call) })).catch(
        (error: unknown) => problemOf(info, error),
      ),
    );
  }
  return collections;
}

/** One collection that cannot be read does not hide the others. */
function problemOf(info: CollectionInfo, error: unknown): Inspected {
  if (!VectorStoreError.is(error) || error.code === 'Aborted') throw error;
  return { ...info, problem: `${error.message} [${error.code}]` };
}

function inspectOne(
  database: VectorDatabase,
  info: CollectionInfo,
  { sample, namespace }: InspectOptions,
  call: CallOptions,
): Promise<InspectedCollection> {
  return withCollection(database, info, call, async (store) => ({
    ...info,
    stats: await store.stats(call),
    namespaceCounts: await countNamespaces(store, call),
    samples: await samplesOf(namespace === undefined ? store : store.namespace(namespace), sample, call),
  }));
}

async function withCollection<T>(
  database: VectorDatabase,
  { name }: CollectionInfo,
  call: CallOptions,
  body: (store: VectorStore) => Promise<T>,
): Promise<T> {
  const store = await database.collection(name, call);
  try {
    return await body(store);
  } finally {
    await store.close();
  }
}

const mostNamespaces = 100;

async function countNamespaces(store: VectorStore, call: CallOptions): Promise<InspectedCollection['namespaceCounts']> {
  const counts = [{ name: '', count: await store.count(undefined, call) }];
  if (!isSupported(store.capabilities.operations.listNamespaces)) return counts;
  const names = await store.listNamespaces(call);
  for (const name of names.slice(0, mostNamespaces))
    counts.push({ name, count: await store.namespace(name).count(undefined, call) });
  return counts;
}

async function samplesOf(store: VectorStore, sample: number, call: CallOptions): Promise<Sample[]> {
  const samples: Sample[] = [];
  if (sample === 0) return samples;
  for await (const { id, vector, payload } of store.scan({ batchSize: Math.min(sample, 1_000), ...call })) {
    samples.push({ id, vector: vector && Array.from(vector, shortest), payload });
    if (samples.length === sample) break;
  }
  return samples;
}
