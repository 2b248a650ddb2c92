/**
 * What migrating costs: native directory → native directory, beside reading the source alone and writing the target alone, and how much memory it takes.
 * `npm run bench -- migration`, or `-- migration --records 20000`. Each part is a process of its own, so that its peak of memory is its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, type VectorDatabase } from 'anyvec';
import { migrate } from 'anyvec/migrate';
import { type ArticlePayload, articles, dimension } from '../overhead/workload.ts';

const parts = ['fill', 'read', 'write', 'migrate'] as const;
type Part = (typeof parts)[number];

const { values } = parseArgs({
  options: { records: { type: 'string', default: '100000' }, part: { type: 'string' }, directory: { type: 'string' } },
});
const records = Number(values.records);
const spec = { dimension, metric: 'cosine', fields: { lang: 'keyword', year: 'number' } } as const;
const seconds = (from: number) => (performance.now() - from) / 1_000;

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'anyvec-bench-migration-'));
  try {
    const measured = new Map<Part, { readonly [name: string]: number }>();
    for (const part of parts) measured.set(part, await inProcess(part, directory));
    const { read, write, copy, verify } = Object.assign({}, ...measured.values());
    const growth = measured.get('migrate')!.growth!;
    const rate = (time: number) => `${Math.round(records / time).toLocaleString('en')}/s`;
    console.log(`${records} records of ${dimension} dimensions, native directory to native directory`);
    console.log(`  read alone    ${read.toFixed(1)} s, ${rate(read)}`);
    console.log(`  write alone   ${write.toFixed(1)} s, ${rate(write)} (records in memory, flush included)`);
    console.log(
      `  copy          ${copy.toFixed(1)} s, ${rate(copy)}: ${percent(Math.max(read, write) / copy)} of the slower, ${percent((read + write) / copy)} of one after the other`,
    );
    console.log(`  verify        ${verify.toFixed(1)} s, ${rate(verify)} (both sides, and 200 exact searches of each)`);
    console.log(`  memory        ${growth.toFixed(0)} MB at the peak of copy and verify above both sides opened`);
    console.log(`headline migration/copy-of-slower ${(Math.max(read, write) / copy).toFixed(3)}`);
    console.log(`headline migration/rss-growth-mb ${growth.toFixed(0)}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

async function inProcess(part: Part, directory: string): Promise<{ readonly [name: string]: number }> {
  const [, file] = process.argv;
  const given = ['--part', part, '--directory', directory, '--records', String(records)];
  const child = spawn(process.execPath, [...process.execArgv, file!, ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${part} ended with ${code}`);
  return JSON.parse(text);
}

async function measure(part: Part, directory: string): Promise<{ readonly [name: string]: number }> {
  const open = (name: string) => connect({ provider: 'native', path: join(directory, name) });
  if (part === 'fill') {
    await using db = await open('source');
    await (await db.createCollection<ArticlePayload>('articles', spec)).upsert(articles(records, 1));
    return {};
  }
  await using source = await open('source');
  if (part === 'read') return { read: (await readAll(source)).time };
  await using target = await open(part);
  if (part === 'write') {
    const { all } = await readAll(source);
    const started = performance.now();
    const store = await target.createCollection('articles', spec);
    await store.upsert(all);
    await store.flush();
    return { write: seconds(started) };
  }
  await (await source.collection('articles')).count();
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const report = await migrate(source, target, { stateDirectory: join(directory, 'state') });
  const whole = seconds(started);
  if (!report.ok) throw new Error('the two sides differ');
  const verify = report.verification!.elapsedMs / 1_000;
  const growth = (process.resourceUsage().maxRSS * 1024 - before) / 2 ** 20;
  return { copy: whole - verify, verify, growth };
}

async function readAll(source: VectorDatabase) {
  const store = await source.collection('articles');
  const all = [];
  const started = performance.now();
  for await (const record of store.scan({ include: { vector: true } })) all.push(record);
  return { all, time: seconds(started) };
}

if (values.part === undefined) await main();
else console.log(JSON.stringify(await measure(values.part as Part, values.directory!)));
