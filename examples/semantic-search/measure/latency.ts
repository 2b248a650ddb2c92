/*
 * How fast the service answers over all glosses of WordNet, by its own account and by that of its caller: `npm run search -- wordnet`.
 * Options: `--questions 1000` (of each mode), `--serve` (goes on with the page), `--port 8137`.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { listen } from '../service/listen.ts';
import { type Mode, modes } from '../service/search.ts';
import { percentile, table } from './figures.ts';
import type { Question } from './questions.ts';
import { openWordnet } from './wordnet-service.ts';

const answer = z.object({ timings: z.object({ embedMs: z.number(), searchMs: z.number() }) });
const warmUp = 100;

const { values } = parseArgs({
  options: {
    questions: { type: 'string', default: '1000' },
    serve: { type: 'boolean', default: false },
    port: { type: 'string', default: '8137' },
  },
});
const count = Number(values.questions);
const wordnet = await openWordnet({
  isHeldOut: false,
  questions: count + warmUp,
  port: values.serve ? Number(values.port) : 0,
});
const listening = await listen(wordnet.service);
const rows = [['mode', 'p50', 'p95', 'p99', 'caller p50', 'caller p99', 'cpu']];
for (const mode of modes) rows.push(await measure(mode, wordnet.questions));
console.log(`\n${table(rows)}`);
const records = await wordnet.service.catalogue.shelves[0]!.root.count();
console.log(
  `milliseconds without the embedding of the question, ${count} questions each, k 10, one at a time, ${records} documents,`,
);
console.log(
  `load average ${loadavg()[0]!.toFixed(1)}; "caller" is with HTTP, measured by a client in the same process;`,
);
console.log('"cpu" is processor time of both, with JSON and the sampling of recall');
if (values.serve) {
  console.log(`\nThe page is at ${listening.url} (Ctrl-C ends it)`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
}
await listening.close();
await wordnet.close();

async function measure(mode: Mode, questions: readonly Question[]): Promise<string[]> {
  const inside: number[] = [];
  const outside: number[] = [];
  let before = process.cpuUsage();
  for (const [i, { text }] of questions.entries()) {
    const began = performance.now();
    const response = await fetch(`${listening.url}/search?${new URLSearchParams({ q: text, mode })}`);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const { timings } = answer.parse(await response.json());
    if (i < warmUp) {
      before = process.cpuUsage();
      continue;
    }
    inside.push(timings.searchMs);
    outside.push(performance.now() - began - timings.embedMs);
  }
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1_000 / inside.length;
  const figures = [0.5, 0.95, 0.99].map((share) => percentile(inside, share));
  return [mode, ...[...figures, percentile(outside, 0.5), percentile(outside, 0.99), cpu].map((ms) => ms.toFixed(2))];
}
