/**
 * What each index of the embedded engine costs and gives, on one data set: `npm run bench -- indexes`, or `-- indexes --set wordnet --count 116791 --only flat,hnsw`.
 * Through the public API, in a directory, written by one process and opened by another, so that memory is that of an opened collection;
 * the questions are not among the records. Times are processor time: what else the machine does costs nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { autotune, connect, type Filter, type IndexSpec, type SearchParams, type VectorStore } from 'anyvec';
import { preparedSet, type SetPlan } from '../data/prepared.ts';
import { describeSet, readFloats, readSet, rowOf, setDirectory } from '../data/vector-set.ts';

/** `part` is the row's number modulo 1,000: a filter on it says nothing of where a vector lies. */
type Numbered = { readonly part: number };

const specs: { readonly [name: string]: IndexSpec } = {
  flat: { type: 'flat' },
  'flat, vectors in memory': { type: 'flat' },
  hnsw: { type: 'hnsw' },
  'hnsw, 8-bit codes': { type: 'hnsw', options: { quantization: 'sq8' } },
  'hnsw, no codes': { type: 'hnsw', options: { quantization: 'none' } },
  'ivf-flat': { type: 'ivf-flat' },
  'ivf-sq8': { type: 'ivf-sq8' },
  'ivf-pq': { type: 'ivf-pq' },
  'ivf-pq, 4 bits': { type: 'ivf-pq', options: { pqBits: 4 } },
  'ivf-hnsw': { type: 'ivf-hnsw' },
};

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'wordnet' },
    count: { type: 'string', default: '16000' },
    only: { type: 'string', default: Object.keys(specs).join(';') },
    questions: { type: 'string', default: '300' },
    recall: { type: 'string', default: '0.95' },
    part: { type: 'string' },
    directory: { type: 'string' },
  },
});

const plan: SetPlan = { name: values.set as SetPlan['name'], count: Number(values.count), queries: 1_000, shares: [] };
const perCall = 1_000;

/** Milliseconds of processor time since then, of all threads: what else the machine does costs nothing. */
const cpu = (from: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1_000;
};

async function main(): Promise<void> {
  const set = await preparedSet(plan);
  console.log(
    `${set.name}, ${set.count.toLocaleString('en')} × ${set.dimension}, ${set.metric}; k = 10, recall ${values.recall}\n`,
  );
  console.log(
    'index | write s | index B/vector | disk B/vector | resident B/vector | params | recall | ms | 10 %, ms | 1 %, ms | open ms',
  );
  for (const name of values.only.split(';')) {
    const directory = await mkdtemp(join(tmpdir(), 'anyvec-bench-indexes-'));
    try {
      const written = await inProcess('write', name, directory);
      console.log([name, written, await inProcess('ask', name, directory)].join(' | '));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

async function inProcess(part: 'write' | 'ask', name: string, directory: string): Promise<string> {
  const { set, count, questions, recall } = values;
  const given = Object.entries({ set, count, questions, recall, part, directory, only: name });
  const args = [...process.execArgv, process.argv[1]!, ...given.flatMap(([option, value]) => [`--${option}`, value])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${part} ${name} ended with ${code}`);
  return text.trim();
}

function configOf(name: string) {
  const index = specs[name];
  if (index === undefined) throw new RangeError(`--only knows ${Object.keys(specs).join('; ')}`);
  const originals = name.includes('memory') ? 'memory' : 'disk';
  return { index, config: { provider: 'native', path: values.directory!, originals } as const };
}

async function write(name: string, directory: string): Promise<string> {
  const { base, dimension, metric, count } = readSet(directory);
  const { index, config } = configOf(name);
  const db = await connect(config);
  const store = await db.createCollection<Numbered>('bench', { dimension, metric, index, fields: { part: 'number' } });
  const began = process.cpuUsage();
  for (let at = 0; at < count; at += perCall)
    await store.upsert(
      Array.from({ length: Math.min(perCall, count - at) }, (_, i) => ({
        id: String(at + i),
        vector: rowOf(base, dimension, at + i),
        payload: { part: (at + i) % 1_000 },
      })),
    );
  await store.flush();
  await store.search(rowOf(base, dimension, 0));
  const written = cpu(began) / 1_000;
  await db.close();
  return written.toFixed(1);
}

async function ask(name: string, directory: string): Promise<string> {
  const { dimension, count, queries } = describeSet(directory);
  const asked = readFloats(join(directory, 'queries.f32'));
  const questions = Array.from({ length: Math.min(Number(values.questions), queries) }, (_, i) =>
    rowOf(asked, dimension, i),
  );
  const { index, config } = configOf(name);
  // What connecting and the first search load belongs to the process, not to the vectors.
  const small = await connect('native:');
  await (await small.createCollection('one', { dimension: 2, metric: 'dot', index })).search([1, 1]);
  await small.close();
  collectGarbage();
  const before = process.memoryUsage.rss();

  const opening = process.cpuUsage();
  const db = await connect(config);
  const store = await db.collection<Numbered>('bench');
  await store.search(questions[0]!);
  const open = cpu(opening);
  for (const question of questions) await store.search(question);
  collectGarbage();
  const resident = process.memoryUsage.rss() - before;
  const { params, recall } =
    index.type === 'flat'
      ? { params: {}, recall: 1 }
      : await autotune(store, { recall: Number(values.recall), k: 10, queries: questions });
  const times = [
    await costOf(store, questions, params),
    await costOf(store, questions, params, { part: { $lt: 100 } }),
    await costOf(store, questions, params, { part: { $lt: 10 } }),
  ];
  const { indexBytes = 0, diskBytes = 0 } = await store.stats();
  await db.close();
  return [
    ...[indexBytes, diskBytes, resident].map((bytes) => (bytes / count).toFixed(0)),
    Object.entries(params).join(' ').replace(',', ' '),
    recall.toFixed(3),
    ...times.map((time) => time.toFixed(3)),
    open.toFixed(0),
  ].join(' | ');
}

const collectGarbage = () => (globalThis as { gc?: () => void }).gc?.();

/** The mean of one question after another; each was asked once before. */
async function costOf(
  store: VectorStore<Numbered>,
  questions: readonly Float32Array[],
  params: SearchParams,
  filter?: Filter<Numbered>,
): Promise<number> {
  const options = { k: 10, params, include: { payload: false }, ...(filter && { filter }) } as const;
  for (const question of questions) await store.search(question, options);
  const from = process.cpuUsage();
  for (const question of questions) await store.search(question, options);
  return cpu(from) / questions.length;
}

if (values.part === undefined) await main();
else {
  const directory = setDirectory(plan.name, plan.count)!;
  console.log(values.part === 'write' ? await write(values.only, directory) : await ask(values.only, directory));
}
