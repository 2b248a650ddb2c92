/** Node only. `anyvec search`: what is nearest, by vector, by a stored record, or by text. */
import { VectorStoreError } from '../errors.ts';
import type { Filter } from '../filter/types.ts';
import { shortest } from '../server/dialects/qdrant/float32.ts';
import type { VectorStore } from '../store.ts';
import { paletteFor, widthOf } from '../terminal/layout.ts';
import type { CallOptions, Include, Payload, SearchParams, SearchPlan } from '../types.ts';
import type { Command, Given } from './commands.ts';
import { type Connection, connectionNotes, readConnection } from './connection.ts';
import { UsageError } from './errors.ts';
import { asText, configArgument, jsonObject, readTarget, targetArguments, wholeNumber } from './options.ts';
import { type Query, readQuery, vectorOf } from './query-vector.ts';
import { type Reached, withDatabase } from './reach.ts';
import { type Hit, renderHits, renderPlan } from './search-report.ts';

/** Printed below the options by `anyvec search --help`. */
export const notes = `Name one of
  --vector   a JSON array, a file that holds one, or - for standard input
  --id       a stored record: what is like it, without itself
  --text     the declared text fields, by BM25, on backends that have it; with --vector or --id the two rankings are fused;
             with --embed the nearest to its embedding by all-MiniLM-L6-v2 (384 dimensions, on this machine)
Without --exact the index answers, which may miss some; --ef and --nprobe say how hard it tries; --explain how it answered.

${connectionNotes}
JSON     one line for each match, best first: {"id","score","distance","payload"}; with --explain one object
Exit     0, also without a match; 1 if it failed; 2 for wrong usage; 130 after Ctrl-C
Examples anyvec search native:./data articles --id a17 -k 5
         anyvec search native:./data articles --text "retry failed request" --filter '{"lang":"en"}'
         embed "how to bake" | anyvec search qdrant://localhost:6333 recipes --vector - --json | jq -r .id
         anyvec search @prod articles --config connections.json --vector query.json --exact`;

/** `anyvec search URL COLLECTION (--vector V | --id ID | --text TEXT [--embed]) [-k N] [--filter JSON] …` */
export const command: Command = {
  meta: { name: 'search', description: 'Find the nearest records by vector, by a stored record, or by text' },
  args: {
    ...targetArguments,
    vector: { type: 'string', valueHint: 'JSON|FILE|-', description: 'The nearest to this vector' },
    id: { type: 'string', valueHint: 'ID', description: 'The nearest to the vector of this record' },
    text: { type: 'string', valueHint: 'TEXT', description: 'The records that hold these words' },
    embed: { type: 'boolean', description: 'The nearest to the embedding of --text' },
    k: { type: 'string', valueHint: 'N', description: 'How many matches (default: 10)' },
    filter: { type: 'string', valueHint: 'JSON', description: 'Only records that match, for example {"lang":"en"}' },
    namespace: { type: 'string', valueHint: 'NAME', description: 'In this namespace (default: the default one)' },
    include: {
      type: 'string',
      valueHint: 'PARTS',
      description: 'payload, vector, payload,vector or none (default: payload)',
    },
    exact: { type: 'boolean', description: 'Compare with every record' },
    explain: { type: 'boolean', description: 'Instead of the matches, how the search was answered' },
    ef: { type: 'string', valueHint: 'N', description: 'HNSW: candidates while searching' },
    nprobe: { type: 'string', valueHint: 'N', description: 'IVF: lists visited' },
    ...configArgument,
    json: { type: 'boolean', description: 'Print one JSON object per match instead of a table' },
  },
  run: ({ args }) => runSearch(args),
};

interface SearchCommandOptions {
  readonly connection: Connection;
  readonly collection: string;
  readonly query: Query;
  readonly k: number;
  readonly filter?: Filter<Payload>;
  readonly namespace?: string;
  readonly include: Required<Include>;
  readonly exact: boolean;
  readonly explain: boolean;
  readonly params?: SearchParams;
  readonly json: boolean;
}

async function readOptions(given: Given): Promise<SearchCommandOptions> {
  const { _: words, k, filter, namespace, include, exact, explain, ef, nprobe, config, json } = given;
  const [url, collection] = readTarget(words, 'search');
  const query = readQuery(given);
  const params = { ef: wholeNumber(ef, '--ef', 1, 65_536), nprobe: wholeNumber(nprobe, '--nprobe', 1, 65_536) };
  const hints = Object.entries(params).filter(([, value]) => value !== undefined);
  const where = jsonObject<Filter<Payload>>(filter, '--filter', '{"lang":"en"}');
  return {
    connection: await readConnection(url, asText(config)),
    collection,
    query,
    k: wholeNumber(k, '-k', 1, 10_000) ?? 10,
    ...(where && { filter: where }),
    ...(typeof namespace === 'string' && { namespace }),
    include: readInclude(asText(include)),
    exact: exact === true,
    explain: explain === true,
    ...(hints.length > 0 && { params: Object.fromEntries(hints) }),
    json: json === true,
  };
}

function readInclude(text = 'payload'): Required<Include> {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length === 1 && parts[0] === 'none') return { payload: false, vector: false };
  if (parts.every((part) => part === 'payload' || part === 'vector')) {
    return { payload: parts.includes('payload'), vector: parts.includes('vector') };
  }
  throw new UsageError(`--include takes payload, vector, payload,vector or none, not ${JSON.stringify(text)}`);
}

async function runSearch(given: Given): Promise<void> {
  const options = await readOptions(given);
  await withDatabase(options.connection, (reached) =>
    withStore(reached, options, async (store) => {
      const call = { signal: reached.signal };
      if (options.explain) printPlan(await explain(store, options, call), options);
      else printHits(await findHits(store, options, call), options);
    }),
  );
}

const page = () => ({ width: widthOf(process.stdout), palette: paletteFor(process.stdout) });

function printHits(hits: readonly Hit[], { json }: SearchCommandOptions): void {
  if (json) {
    for (const hit of hits) process.stdout.write(`${asJson(hit)}\n`);
  } else if (hits.length === 0) {
    process.stderr.write('no record matches\n');
  } else {
    process.stdout.write(`${renderHits(hits, page())}\n`);
  }
}

function printPlan(plan: SearchPlan, { json }: SearchCommandOptions): void {
  process.stdout.write(`${json ? JSON.stringify(plan) : renderPlan(plan, page())}\n`);
}

async function withStore<T>(
  { database, signal }: Reached,
  { collection, namespace }: SearchCommandOptions,
  body: (store: VectorStore) => Promise<T>,
): Promise<T> {
  const store = await database.collection(collection, { signal });
  try {
    return await body(namespace === undefined ? store : store.namespace(namespace));
  } finally {
    await store.close();
  }
}

async function findHits(store: VectorStore, options: SearchCommandOptions, call: CallOptions): Promise<Hit[]> {
  const { query, k, include } = options;
  const vector = await vectorOf(query, store, call);
  const asked = { ...askedOf(store, options), include, ...call };
  const hits: Hit[] =
    query.text === undefined || query.embed
      ? await store.search(required(vector), asked)
      : await store.searchHybrid({ text: query.text, ...(vector && { vector }) }, asked);
  return hits.filter(({ id }) => !('id' in query) || id !== query.id).slice(0, k);
}

async function explain(store: VectorStore, options: SearchCommandOptions, call: CallOptions): Promise<SearchPlan> {
  const { query } = options;
  if (query.text !== undefined && !query.embed)
    throw new UsageError('--explain is about searches by vector, not by --text');
  return store.explain(required(await vectorOf(query, store, call)), { ...askedOf(store, options), ...call });
}

function askedOf({ capabilities }: VectorStore, { query, k, filter, exact, params }: SearchCommandOptions) {
  return {
    // One more, for the record itself.
    k: 'id' in query ? Math.min(k + 1, capabilities.limits.k) : k,
    ...(filter && { filter }),
    ...(exact && { exact }),
    // What was asked for in so many words must have an effect.
    ...(params && { params, strict: true }),
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new VectorStoreError('Internal', 'a search without a vector');
  return value;
}

function asJson({ vector, ...hit }: Hit): string {
  return JSON.stringify({ ...hit, ...(vector !== undefined && { vector: vector && Array.from(vector, shortest) }) });
}
