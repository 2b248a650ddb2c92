/*
 * Searches, writes and deletes at once, for minutes, against the service over 117,791 glosses × 384 in a process of its own:
 * `npm run search -- load`; options: `--minutes 5`, `--clients 4`, `--count 117791`. Ends with 1 where a request failed or memory grew.
 */
import { spawn } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { uniforms } from '../service/sample.ts';
import { modes } from '../service/search.ts';
import { percentile, table } from './figures.ts';
import { questionsFrom } from './questions.ts';
import { readSynsets } from './wordnet.ts';
import { toDocument } from './wordnet-service.ts';

/** Of the requests. */
const [searches, upserts] = [0.8, 0.1];
const sampleMs = 5_000;
/** Caches, the heap and the index's buffers reach their size meanwhile. */
const settling = 0.3;
const mostGrowth = 0.05;
/** Bytes of a vector: the engine keeps those that were written in memory until its next snapshot, which comes when the log is as long as the last one. */
const vectorBytes = 4 * 384;
const MiB = 2 ** 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    clients: { type: 'string', default: '4' },
    count: { type: 'string' },
  },
});
const aliveSchema = z.object({ heap: z.number(), external: z.number(), rss: z.number() });
/** What was alive when it was asked, and how many documents had been written by then. */
const alive: (z.infer<typeof aliveSchema> & { written: number })[] = [];
let written = 0;

const synsets = await readSynsets();
const [minutes, clients] = [Number(values.minutes), Number(values.clients)];
const count = Math.min(synsets.length, Number(values.count ?? synsets.length));
const questions = questionsFrom(synsets, 2_000).map(({ text }) => text);
const child = spawn(
  process.execPath,
  ['--expose-gc', ...process.execArgv, fileURLToPath(new URL('./load-service.ts', import.meta.url)), String(count)],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
try {
  process.exitCode = await run(await addressOf());
} finally {
  child.kill('SIGTERM');
}
const code = await ended;
console.log(`the service ended with ${code} after SIGTERM`);
if (code !== 0) process.exitCode = 1;

/** The lines that the service prints: its address, and what is alive when it is asked. */
async function addressOf(): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the service ended')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /^listening at (\S+)$/.exec(line)?.[1];
      const counted = /^alive (.*)$/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
      else if (counted !== undefined) alive.push({ ...aliveSchema.parse(JSON.parse(counted)), written });
      else console.log(line);
    });
  });
}

async function run(url: string): Promise<number> {
  const durations = new Map<string, number[]>();
  const problems: string[] = [];
  const memory: { rss: number }[] = [];
  const until = performance.now() + minutes * 60_000;
  const workers = Array.from({ length: clients }, (_, i) => client(i));
  const watching = watch();
  await Promise.all(workers);
  await watching;
  await countAlive(2);
  return report();

  /** One request after the other. What it deletes and writes again is its own: glosses whose number leaves the client's when divided. */
  async function client(number: number): Promise<void> {
    const random = uniforms(number + 1);
    const deleted: number[] = [];
    while (performance.now() < until) {
      const choice = random();
      if (choice < searches) {
        const q = questions[Math.floor(random() * questions.length)]!;
        const mode = modes[Math.floor(random() * modes.length)]!;
        await request(`search ${mode}`, `/search?${new URLSearchParams({ q, mode })}`, {});
      } else if (choice < searches + upserts && deleted.length > 0) {
        const place = deleted.shift()!;
        const { text, payload, ...rest } = toDocument(synsets[place]!, false);
        const body = JSON.stringify({ ...rest, ...payload, text });
        await request('upsert', '/documents', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
      } else {
        const place = Math.floor(random() * Math.floor(count / clients)) * clients + number;
        if (deleted.includes(place) || place >= count) continue;
        deleted.push(place);
        await request('delete', `/documents/${synsets[place]!.id}`, { method: 'DELETE' });
      }
    }
    // As it was found, for the next time.
    for (const place of deleted) {
      const { text, payload, ...rest } = toDocument(synsets[place]!, false);
      const body = JSON.stringify({ ...rest, ...payload, text });
      await request('restore', '/documents', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    }
  }

  async function request(kind: string, path: string, init: RequestInit): Promise<void> {
    const began = performance.now();
    try {
      const response = await fetch(`${url}${path}`, init);
      const body = await response.text();
      if (!response.ok) problems.push(`${kind}: ${response.status} ${body.slice(0, 200)}`);
    } catch (error) {
      problems.push(`${kind}: ${error instanceof Error ? error.message : error}`);
    }
    const known = durations.get(kind) ?? [];
    durations.set(kind, known);
    known.push(performance.now() - began);
    if (init.method === 'POST') written += 1;
  }

  async function watch(): Promise<void> {
    const settled = performance.now() + settling * minutes * 60_000;
    while (performance.now() < until) {
      if (alive.length === 0 && performance.now() > settled) await countAlive(1);
      const text = await (await fetch(`${url}/metrics`)).text();
      const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
      memory.push({ rss: value('process_resident_memory_bytes') });
      await sleep(Math.min(sampleMs, Math.max(0, until - performance.now())));
    }
  }

  function report(): number {
    const rows = [['request', 'count', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms']];
    for (const [kind, times] of [...durations].sort()) {
      const shares = [0.5, 0.95, 0.99, 1].map((share) => percentile(times, share).toFixed(1));
      rows.push([kind, String(times.length), ...shares]);
    }
    const total = [...durations.values()].reduce((sum, { length }) => sum + length, 0);
    console.log(`\n${table(rows)}\n`);
    console.log(
      `${total} requests of ${clients} clients in ${minutes} min, ${Math.round(total / (minutes * 60))} a second; ${problems.length} errors`,
    );
    console.log(
      `${availableParallelism()} cores, load average ${loadavg()
        .map((load) => load.toFixed(1))
        .join(', ')}; clients on the same machine`,
    );
    for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
    const isFlat = memoryReport();
    return problems.length === 0 && isFlat ? 0 : 1;
  }

  /** Asks the service to collect, and to say what is left. */
  async function countAlive(times: number): Promise<void> {
    child.kill('SIGUSR2');
    while (alive.length < times) await sleep(50);
  }

  /** Flat: what is alive after a collection is at the end at most a twentieth more than after settling, but for the vectors written in between. */
  function memoryReport(): boolean {
    const [early, late] = [alive[0]!, alive[1]!];
    for (const kind of ['heap', 'external', 'rss'] as const) {
      const growth = (late[kind] / early[kind] - 1) * 100;
      const change = `${growth >= 0 ? '+' : ''}${growth.toFixed(1)} %`;
      console.log(
        `${kind.padEnd(8)} after collection ${(early[kind] / MiB).toFixed(0)} MiB, at the end ${(late[kind] / MiB).toFixed(0)} MiB (${change})`,
      );
    }
    const every = Math.max(1, Math.floor(memory.length / 12));
    const series = memory.filter((_, i) => i % every === 0).map(({ rss }) => (rss / MiB).toFixed(0));
    console.log(`rss over time, MiB: ${series.join(' ')}`);
    const [before, vectors] = [early.heap + early.external, (late.written - early.written) * vectorBytes];
    const growth = (late.heap + late.external - before - vectors) / before;
    console.log(
      `alive    grew by ${(100 * growth).toFixed(1)} % (at most ${100 * mostGrowth}), and by ${(vectors / MiB).toFixed(0)} MiB of vectors written since, which the next snapshot takes`,
    );
    return growth <= mostGrowth;
  }
}
