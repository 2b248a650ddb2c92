import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config.ts';
import { verify } from '../../src/migrate/index.ts';
import { Random } from '../crash/random.ts';
import { transpiled } from '../crash/transpile.ts';
import { printSeed, seed } from '../support/seed.ts';
import { Ends, type Kind } from './ends.ts';
import type { Settings } from './kill-migrator.ts';
import { fill, hostileContent, nearlySameNumbers, problemsOf, sameNumbers } from './records.ts';

const deep = process.env.ANYVEC_DEEP === '1';
const kills = deep ? 300 : 20;
const records = 240;
/** Under the project, so that its packages are found. */
const code = fileURLToPath(new URL(`../../.cache/test/migrate-${process.pid}`, import.meta.url));
let script: string;

printSeed('kills of a migration');

beforeAll(() => {
  mkdirSync(code, { recursive: true });
  script = transpiled(fileURLToPath(new URL('kill-migrator.ts', import.meta.url)), code);
}, 60_000);
afterAll(() => rmSync(code, { recursive: true, force: true }));

const pairs: readonly (readonly [Kind, Kind])[] = [
  ['native', 'jsonl'],
  ['jsonl', 'parquet'],
  ['parquet', 'qdrant'],
  ['qdrant', 'native'],
  ...(deep ? ([['hnswlib', 'pinecone']] as const) : []),
];

describe('a migration that is killed at any moment and resumed', () => {
  for (const [i, [source, target]] of pairs.entries()) {
    it(`from ${source} to ${target}: after ${kills} kills everything has arrived as it was`, {
      timeout: 60_000 + kills * 5_000,
    }, async () => {
      const random = new Random(seed + i);
      const killedIn: string[] = [];
      let migrations = 0;
      const again = async () => {
        for (; killedIn.length < kills; migrations++) {
          await using ends = new Ends();
          await migrateAndKill(ends, source, target, random, killedIn);
        }
      };
      await Promise.all([again(), again()]);
      const during = (phase: string) => killedIn.filter((said) => said === phase).length;
      const shown = ['opened', 'survey', 'copy', 'verify']
        .map((phase) => `${during(phase)} after "${phase}"`)
        .join(', ');
      console.log(`${source} → ${target}: ${killedIn.length} kills in ${migrations} migrations: ${shown}`);
      expect(during('copy')).toBeGreaterThan(0);
    });
  }
});

/** When a process is killed: so many milliseconds after it has said a word so many times. */
interface Moment {
  readonly word: string;
  readonly times: number;
  readonly afterMs: number;
}

function anyMoment(random: Random): Moment {
  const afterMs = random.between(0, 20);
  const die = random.float();
  if (die < 0.15) return { word: 'opened', times: 1, afterMs: random.between(0, 200) };
  if (die < 0.85) return { word: 'copy', times: random.between(1, 12), afterMs };
  return { word: 'verify', times: random.between(1, 4), afterMs };
}

/** One migration to its end, killed up to ten times; `killedIn` gets what each killed process had said last. */
async function migrateAndKill(
  ends: Ends,
  source: Kind,
  target: Kind,
  random: Random,
  killedIn: string[],
): Promise<void> {
  const [from, into] = [await ends.place(source), await ends.place(target)];
  const content = await filled(ends, from, into, random.seed());
  const stateDirectory = ends.directory();
  for (let life = 0; ; life++) {
    const resume = existsSync(join(stateDirectory, 'checkpoint.json'));
    const options = { stateDirectory, resume, rate: 3_000, batchSize: 7, checkpointEveryMs: 10, queries: 3, seed: 1 };
    const said = await lived(
      { source: from, target: into, options },
      life < 10 && killedIn.length < kills ? anyMoment(random) : undefined,
    );
    const last = said.at(-1) ?? '';
    if (last.startsWith('done ')) {
      expect(JSON.parse(last.slice(5)), last).toMatchObject({ ok: true, copy: { read: records } });
      break;
    }
    killedIn.push(last);
  }
  const [before, after] = [await ends.open(from), await ends.open(into)];
  const verification = await verify(before, after, { seed: 1 });
  expect(verification, JSON.stringify(verification)).toMatchObject({ ok: true, state: 'validated' });
  const rounds = source === 'qdrant' || target === 'qdrant';
  expect(await problemsOf(after, 'c', content, rounds ? nearlySameNumbers : sameNumbers)).toEqual([]);
}

async function filled(ends: Ends, from: Config, into: Config, contentSeed: number) {
  const database = await ends.open(from);
  const target = await ends.open(into);
  const content = hostileContent(contentSeed, records, [database.capabilities, target.capabilities]);
  await fill(database, 'c', content, 'cosine');
  // One process at a time may write to them.
  await database.close();
  await target.close();
  return content;
}

/** What a process says until it ends or is killed. */
async function lived(settings: Settings, moment: Moment | undefined): Promise<string[]> {
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, errors] = ['', ''];
  let timer: NodeJS.Timeout | undefined;
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
    const said = moment === undefined ? 0 : out.split('\n').filter((line) => line === moment.word).length;
    if (moment !== undefined && said >= moment.times) timer ??= setTimeout(() => child.kill('SIGKILL'), moment.afterMs);
  });
  const [exit, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...ended) => resolve(ended));
  });
  clearTimeout(timer);
  if (signal !== 'SIGKILL' && exit !== 0)
    throw new Error(`the migration ended by itself with ${exit}: ${errors.slice(0, 3_000)}`);
  // A last line without its end was not said.
  return out.split('\n').slice(0, -1);
}
