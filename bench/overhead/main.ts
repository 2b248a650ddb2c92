/**
 * What the adapters cost beside the raw official clients, on the same server, in one interleaved run: `npm run bench:overhead`,
 * or `-- qdrant pinecone` for some of them. Client processor time is this process's own; the server is another process.
 */
import { parseArgs } from 'node:util';
import type { VectorStore } from 'anyvec';
import type { Contest } from './contender.ts';
import { milvusContest } from './milvus.ts';
import { differenceOf, type Estimate, medianOf, type Paired, ratioOf, runInterleaved } from './paired.ts';
import { pineconeContest } from './pinecone.ts';
import { qdrantContest } from './qdrant.ts';
import { type ArticlePayload, articles, dimension, rawForm, unitVectors } from './workload.ts';

const contests = { qdrant: qdrantContest, milvus: milvusContest, pinecone: pineconeContest };

/** Few enough that the server's own work does not drown the client's; what the client does depends on k alone. */
const searchedRecords = 2_000;
const writtenRecords = 20_000;
const searchesPerBlock = 50;
const k = 10;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { pairs: { type: 'string', default: '40' }, rounds: { type: 'string', default: '5' } },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(contests);
  const headlines: string[] = [];
  for (const name of names) {
    const open = contests[name as keyof typeof contests];
    if (open === undefined) throw new TypeError(`no backend ${name}; known are ${Object.keys(contests).join(', ')}`);
    const contest = await open();
    console.log(`\n${contest.backend}: ${contest.server}; raw client: ${contest.raw.settings}`);
    try {
      headlines.push(...(await compareSearch(contest, Number(values.pairs))));
      headlines.push(...(await compareUpsert(contest, Number(values.rounds))));
    } finally {
      await contest.ours.close();
      await contest.raw.close();
      await contest.stop();
    }
  }
  console.log(`\n${headlines.join('\n')}`);
}

/** Single searches, payloads included, of the same records on both sides. */
async function compareSearch({ backend, ours, raw, batches }: Contest, pairs: number): Promise<string[]> {
  const data = articles(searchedRecords, 1);
  const queries = unitVectors(searchesPerBlock, 2);
  const numbers = queries.map((query) => Array.from(query));
  const store = await ours.createCollection<ArticlePayload>('overhead-search-ours', { dimension, metric: 'cosine' });
  await raw.createCollection(rawName(backend, 'search'));
  try {
    await store.upsert(data);
    await raw.upsert(rawName(backend, 'search'), rawForm(data), batches[0]!);
    await assertSameAnswers(store, raw, rawName(backend, 'search'), queries);
    const paired = await runInterleaved(
      {
        ours: async () => {
          for (const query of queries) await store.search(query, { k });
        },
        raw: async () => {
          for (const query of numbers) await raw.search(rawName(backend, 'search'), query, k);
        },
      },
      { pairs, warmup: Math.ceil(pairs / 4) },
    );
    report(`search, k ${k}, ${pairs} pairs of ${searchesPerBlock}`, paired, searchesPerBlock);
    return [
      headline(backend, 'search', ratioOf(paired, 'cpuMs')),
      headline(backend, 'search-latency', ratioOf(paired, 'wallMs')),
    ];
  } finally {
    await ours.dropCollection('overhead-search-ours');
    await raw.dropCollection(rawName(backend, 'search'));
  }
}

async function assertSameAnswers(
  store: VectorStore<ArticlePayload>,
  raw: Contest['raw'],
  name: string,
  queries: readonly Float32Array[],
): Promise<void> {
  for (const query of queries.slice(0, 10)) {
    const found = (await store.search(query, { k, exact: true })).map(({ id }) => id);
    const expected = await raw.search(name, Array.from(query), k);
    if (found.join() !== expected.join())
      throw new Error(`the two sides do not find the same: ${found.join()} and ${expected.join()}`);
  }
}

/** Whole collections written anew, each time into an empty one. The raw client takes the batch size that suits it best here. */
async function compareUpsert({ backend, ours, raw, batches }: Contest, rounds: number): Promise<string[]> {
  const data = articles(writtenRecords, 3);
  const rawData = rawForm(data);
  const name = rawName(backend, 'upsert');
  const spec = { dimension, metric: 'cosine' } as const;
  let store = await ours.createCollection<ArticlePayload>('overhead-upsert-ours', spec);
  await raw.createCollection(name);
  try {
    const fresh = async () => {
      await ours.dropCollection('overhead-upsert-ours');
      store = await ours.createCollection<ArticlePayload>('overhead-upsert-ours', spec);
      await raw.dropCollection(name);
      await raw.createCollection(name);
    };
    const batch = await bestBatch((size) => raw.upsert(name, rawData, size), batches, fresh);
    const paired = await runInterleaved(
      { ours: async () => void (await store.upsert(data)), raw: () => raw.upsert(name, rawData, batch) },
      { pairs: rounds, warmup: 1, between: fresh },
    );
    report(
      `upsert of ${writtenRecords} x ${dimension}, ${rounds} pairs, raw client in batches of ${batch}`,
      paired,
      writtenRecords,
    );
    const { median, low, high } = ratioOf(paired, 'wallMs');
    return [
      headline(backend, 'upsert', { median: 1 / median, low: 1 / high, high: 1 / low }),
      headline(backend, 'upsert-cpu', ratioOf(paired, 'cpuMs')),
    ];
  } finally {
    await ours.dropCollection('overhead-upsert-ours');
    await raw.dropCollection(name);
  }
}

async function bestBatch(
  write: (size: number) => Promise<void>,
  sizes: readonly number[],
  fresh: () => Promise<void>,
): Promise<number> {
  const times = new Map<number, number>();
  for (let round = 0; round < 2; round++) {
    for (const size of sizes) {
      await fresh();
      const started = performance.now();
      await write(size);
      times.set(size, Math.min(times.get(size) ?? Number.POSITIVE_INFINITY, performance.now() - started));
    }
  }
  return [...times].reduce((best, next) => (next[1] < best[1] ? next : best))[0];
}

/** Names that the backend takes as they are. */
const rawName = (backend: string, operation: string) =>
  backend === 'milvus' ? `overhead_${operation}_raw` : `overhead-${operation}-raw`;

function report(title: string, paired: Paired, units: number): void {
  console.log(`  ${title}`);
  for (const side of ['ours', 'raw'] as const) {
    const [wall, cpu] = [medianOf(paired[side], 'wallMs'), medianOf(paired[side], 'cpuMs')];
    const perUnit = (ms: number) => `${((ms / units) * 1_000).toFixed(0)} us each`;
    console.log(
      `    ${side.padEnd(5)} wall ${wall.toFixed(0)} ms (${perUnit(wall)}), client CPU ${cpu.toFixed(0)} ms (${perUnit(cpu)}), ${((units / wall) * 1_000).toFixed(0)}/s`,
    );
  }
  const { median, low, high } = differenceOf(paired, 'wallMs', units);
  const us = (ms: number) => (ms * 1_000).toFixed(0);
  console.log(`    paired difference of latency ${us(median)} us, 95 % interval ${us(low)} to ${us(high)} us`);
}

function headline(backend: string, operation: string, { median, low, high }: Estimate): string {
  console.log(
    `    ${operation}: ours / raw ${median.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`,
  );
  return `headline overhead/${backend}/${operation} ${median.toFixed(3)}`;
}

// Nothing else may keep the process alive while a server that was started answers or ends.
const alive = setInterval(() => undefined, 60_000);
await main().finally(() => clearInterval(alive));
