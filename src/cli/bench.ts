/** Node only. `anyvec bench`: how fast a collection is searched, and how much of the exact answer is found. */
import { refusal } from '../capabilities.ts';
import type { Filter } from '../filter/types.ts';
import type { VectorStore } from '../store.ts';
import { paletteFor, printable, widthOf, wrap } from '../terminal/layout.ts';
import { progressOn } from '../terminal/progress.ts';
import type { CollectionStats, Payload, SearchParams } from '../types.ts';
import { drawQuestions, type Questions, questionsOfFile } from './bench-questions.ts';
import { type BenchRow, renderRows, rowOf } from './bench-report.ts';
import { runBench } from './bench-run.ts';
import type { Command, Given } from './commands.ts';
import { type Connection, connectionNotes, readConnection } from './connection.ts';
import {
  asText,
  configArgument,
  jsonObject,
  readTarget,
  targetArguments,
  wholeNumber,
  wholeNumbers,
} from './options.ts';
import { type Reached, withDatabase } from './reach.ts';

/** Printed below the options by `anyvec bench --help`. */
export const notes = `Asks questions of your own collection, by its default settings and by others, after a warm-up. It only reads.
Recall is the share of the exact answer (that of anyvec search --exact) that was found; ties count as found.
Exact searches come first, in at most 40 % of the time; all others take turns.
Without --from the questions are stored vectors, which are easier than real ones where those differ from what is stored.
PER SECOND is with --concurrency searches under way; n is how many were measured: P95 needs 20 of them, P99 100.

${connectionNotes}
JSON     one object on one line: {"database","collection","questions","k","rows":[{"search","recall","p50",…}]}
Exit     0; 1 if it failed; 2 for wrong usage; 130 after Ctrl-C
Examples anyvec bench native:./data articles
         anyvec bench qdrant://localhost:6333 articles --from questions.jsonl --ef 16,32,64,128 --seconds 60
         anyvec bench @prod articles --config connections.json --concurrency 8 --filter '{"lang":"en"}' --json`;

/** `anyvec bench URL COLLECTION [--queries N | --from FILE] [-k N] [--ef LIST] [--nprobe LIST] [--seconds N] …` */
export const command: Command = {
  meta: { name: 'bench', description: 'Measure latency, throughput and recall of searches in your own collection' },
  args: {
    ...targetArguments,
    queries: { type: 'string', valueHint: 'N', description: 'How many different questions (default: 100)' },
    from: { type: 'string', valueHint: 'FILE', description: 'Real questions: a JSON array on each line' },
    k: { type: 'string', valueHint: 'N', description: 'Matches per question (default: 10)' },
    ef: { type: 'string', valueHint: 'LIST', description: 'HNSW: candidates to try (default: 16,32,64,128,256,512)' },
    nprobe: { type: 'string', valueHint: 'LIST', description: 'IVF: lists visited to try (default: 1,2,4,8,16,32,64)' },
    filter: { type: 'string', valueHint: 'JSON', description: 'Only records that match, for example {"lang":"en"}' },
    namespace: { type: 'string', valueHint: 'NAME', description: 'In this namespace (default: the default one)' },
    concurrency: { type: 'string', valueHint: 'N', description: 'Searches under way at once (default: 1)' },
    seconds: { type: 'string', valueHint: 'N', description: 'For all of it (default: 30)' },
    seed: { type: 'string', valueHint: 'N', description: 'Draws other stored vectors (default: 1)' },
    ...configArgument,
    json: { type: 'boolean', description: 'Print one JSON object instead of text' },
  },
  run: ({ args }) => runCommand(args),
};

interface BenchOptions {
  readonly connection: Connection;
  readonly collection: string;
  readonly queries: number;
  readonly from?: string;
  readonly k: number;
  readonly ef?: readonly number[];
  readonly nprobe?: readonly number[];
  readonly filter?: Filter<Payload>;
  readonly namespace?: string;
  readonly concurrency: number;
  readonly seconds: number;
  readonly seed: number;
  readonly json: boolean;
}

async function readOptions({ _: words, ...given }: Given): Promise<BenchOptions> {
  const [url, collection] = readTarget(words, 'bench');
  const ef = wholeNumbers(given.ef, '--ef', 1, 65_536);
  const nprobe = wholeNumbers(given.nprobe, '--nprobe', 1, 65_536);
  const filter = jsonObject<Filter<Payload>>(given.filter, '--filter', '{"lang":"en"}');
  const queries = wholeNumber(given.queries, '--queries', 1, 10_000) ?? 100;
  return {
    connection: await readConnection(url, asText(given.config)),
    collection,
    queries,
    ...(typeof given.from === 'string' && { from: given.from }),
    // One below the bound, since a stored vector is asked for one match more.
    k: wholeNumber(given.k, '-k', 1, 9_999) ?? 10,
    ...(ef && { ef }),
    ...(nprobe && { nprobe }),
    ...(filter && { filter }),
    ...(typeof given.namespace === 'string' && { namespace: given.namespace }),
    concurrency: wholeNumber(given.concurrency, '--concurrency', 1, 256) ?? 1,
    seconds: wholeNumber(given.seconds, '--seconds', 1, 86_400) ?? 30,
    seed: wholeNumber(given.seed, '--seed', 0, 2 ** 32 - 1) ?? 1,
    json: given.json === true,
  };
}

async function runCommand(given: Given): Promise<void> {
  const options = await readOptions(given);
  await withDatabase(options.connection, async (reached) => {
    const root = await reached.database.collection(options.collection, { signal: reached.signal });
    try {
      const store = options.namespace === undefined ? root : root.namespace(options.namespace);
      const report = await measure(store, options, reached);
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : render(report));
    } finally {
      await root.close();
    }
  });
}

interface Report {
  readonly database: string;
  readonly collection: string;
  readonly namespace?: string;
  readonly records: number;
  readonly dimension: number;
  readonly metric: string;
  readonly index: CollectionStats['index'];
  readonly questions: string;
  readonly k: number;
  readonly concurrency: number;
  readonly seconds: number;
  readonly rows: readonly BenchRow[];
  /** What a reader must know. */
  readonly remarks: readonly string[];
}

async function measure(store: VectorStore, options: BenchOptions, { name, signal }: Reached): Promise<Report> {
  const { k, concurrency, filter, namespace, seconds, collection } = options;
  const began = performance.now();
  const budgetMs = seconds * 1_000;
  const { index } = await store.stats({ signal });
  const { questions, origin } = await findQuestions(store, options, began + budgetMs * 0.1, signal);
  const { ladder, remarks } = ladderOf(store, options);
  const noExact = refusal(store.capabilities.options.exact);
  const task = progressOn(process.stderr).begin(`${collection}, seconds of searching`, budgetMs, seconds);
  try {
    const measured = await runBench({
      store,
      questions,
      k,
      ...(filter && { filter }),
      ladder,
      exact: noExact === undefined,
      concurrency,
      budgetMs: budgetMs - (performance.now() - began),
      signal,
      onProgress: (elapsed) => task.update(Math.min(elapsed, budgetMs), Math.min(seconds, Math.round(elapsed / 1_000))),
    });
    task.update(budgetMs, seconds);
    const rows = measured.map(rowOf);
    if (noExact !== undefined) remarks.push(`no recall: ${noExact}`);
    const [least] = rows
      .filter(({ search }) => search !== 'exact')
      .map(({ recallOf }) => recallOf)
      .sort((a, b) => a - b);
    if (noExact === undefined && least! < questions.length) {
      remarks.push(
        `the time was enough for the recall of ${least} of ${questions.length} questions: give more --seconds`,
      );
    }
    return {
      database: name,
      collection,
      ...(namespace !== undefined && { namespace }),
      records: await store.count(filter, { signal }),
      dimension: store.dimension,
      metric: store.metric,
      index,
      questions: origin,
      k,
      concurrency,
      seconds: Math.round(performance.now() - began) / 1_000,
      rows,
      remarks,
    };
  } finally {
    task.end();
  }
}

function findQuestions(
  store: VectorStore,
  { queries, from, filter, seed }: BenchOptions,
  deadline: number,
  signal: AbortSignal,
): Promise<Questions> {
  if (from !== undefined) return questionsOfFile(from, queries);
  return drawQuestions(store, { most: queries, ...(filter && { filter }), seed, deadline }, { signal });
}

const usualEf = [16, 32, 64, 128, 256, 512];
const usualNprobe = [1, 2, 4, 8, 16, 32, 64];

/** What was asked for, or the usual steps of what the index has a use for. */
function ladderOf(
  { capabilities }: VectorStore,
  { ef, nprobe }: BenchOptions,
): { ladder: SearchParams[]; remarks: string[] } {
  const has = (name: 'ef' | 'nprobe') => capabilities.searchParams.includes(name);
  const wanted = ef !== undefined || nprobe !== undefined;
  const ladder = [
    ...(has('ef') ? (ef ?? (wanted ? [] : usualEf)) : []).map((value) => ({ ef: value })),
    ...(has('nprobe') ? (nprobe ?? (wanted ? [] : usualNprobe)) : []).map((value) => ({ nprobe: value })),
  ];
  const remarks = [
    ...(ef !== undefined && !has('ef') ? ['this index has no use for ef'] : []),
    ...(nprobe !== undefined && !has('nprobe') ? ['this index has no use for nprobe'] : []),
    ...(!wanted && ladder.length === 0 ? ['this index has no setting of the search to try'] : []),
  ];
  return { ladder, remarks };
}

function render(report: Report): string {
  const page = { width: widthOf(process.stdout), palette: paletteFor(process.stdout) };
  const { database, collection, namespace, records, dimension, metric, index, questions, k, concurrency } = report;
  const place = namespace === undefined ? '' : `, namespace ${JSON.stringify(namespace)}`;
  const counted = records.toLocaleString('en-US');
  const about = [
    `${database}${place}: ${counted} records, ${dimension} dimensions, ${metric}, ${index.type}`,
    `questions: ${questions}; ${concurrency === 1 ? 'one at a time' : `${concurrency} at a time`}`,
  ];
  const remarks = report.remarks.map((remark) => `note: ${remark}`);
  const lines = (texts: readonly string[]) => texts.flatMap((text) => wrap(printable(text), page.width, 5));
  return [
    page.palette.bold(printable(collection)),
    ...lines(about).map(page.palette.dim),
    '',
    renderRows(report.rows, k, page),
    ...(remarks.length === 0 ? [] : ['', ...lines(remarks)]),
    '',
  ].join('\n');
}
