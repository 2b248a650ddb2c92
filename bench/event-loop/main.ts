/**
 * How long each operation of the embedded engine keeps the event loop: `npm run bench -- event-loop`; `-- --profile` says besides what ran in the
 * longest turn, `-- --most 10` ends with exit code 1 where one was longer, `-- --large 20000 --bulk 10000` takes fewer records, `-- --only text` shows
 * only the steps with that text in their names (the others are run, too).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { steps } from './operations.ts';
import { lengthOf, watch } from './probe.ts';
import { record } from './profile.ts';

const { values } = parseArgs({
  options: {
    large: { type: 'string', default: '100000' },
    bulk: { type: 'string', default: '50000' },
    only: { type: 'string', default: '' },
    profile: { type: 'boolean', default: false },
    most: { type: 'string' },
  },
});

/** No call keeps the event loop longer, in milliseconds. */
const allowed = 10;

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'anyvec-bench-event-loop-'));
  const worst: [name: string, ran: number][] = [];
  console.log(`load ${loadavg()[0]!.toFixed(1)} as it begins; milliseconds`);
  console.log(
    '| operation | took | longest turn | of it running | of it collecting | turns that ran over 10 |\n|---|---|---|---|---|---|',
  );
  try {
    for await (const { name, run } of steps(directory, { large: Number(values.large), bulk: Number(values.bulk) })) {
      const profiler = values.profile ? await record() : undefined;
      const { took, longest, long } = await watch(run);
      const busiest = await profiler?.stop();
      if (!name.includes(values.only)) continue;
      const over = long.filter((turn) => lengthOf(turn) > allowed).length;
      const ran = lengthOf(longest);
      const cells = [name, took, longest.to - longest.from, longest.ran, longest.garbage, over];
      console.log(
        `| ${cells.map((cell) => (typeof cell === 'number' && cell !== over ? cell.toFixed(1) : cell)).join(' | ')} |`,
      );
      if (ran > allowed) for (const line of busiest?.(longest.from, longest.to) ?? []) console.log(`    ${line}`);
      worst.push([name, ran]);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  const [name, ran] = worst.reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0]);
  const over = worst.filter((each) => each[1] > allowed).length;
  console.log(
    `\n${over} of ${worst.length} operations had a turn in which this thread ran for more than ${allowed} ms; the longest, ${ran.toFixed(1)} ms: ${name}`,
  );
  console.log(`headline event-loop/longest-turn-ms ${ran.toFixed(1)}`);
  if (values.most !== undefined && ran > Number(values.most)) process.exitCode = 1;
}

await main();
