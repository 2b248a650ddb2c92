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

/** Under the project, so that its packages are found. */
const code = fileURLToPath(new URL(`../../.cache/test/migrate-${process.pid}`, import.meta.url));
let script: string;

printSeed('kills of a migration');

/** What is killed how often. */
export interface KillPlan {
  readonly pairs: readonly (readonly [Kind, Kind])[];
  /** For each pair. */
  readonly kills: number;
  /** Of a running Milvus, for pairs with it. */
  readonly milvusPort?: number;
  readonly pace?: Pace;
}

/** How much is copied, and how fast: so that kills meet every step of it. */
export interface Pace {
  readonly records: number;
  readonly namespaces?: readonly string[];
  /** Records a second. */
  readonly rate: number;
  readonly checkpointEveryMs: number;
  readonly batchSize: number;
  /** Migrations at once. */
  readonly width: number;
}

const brisk: Pace = { records: 240, rate: 3_000, checkpointEveryMs: 10, batchSize: 7, width: 2 };

/** Registers a test for each pair. */
export function describeKills({ pairs, kills, milvusPort, pace = brisk }: KillPlan): void {
  beforeAll(() => {
    mkdirSync(code, { recursive: true });
    script = transpiled(fileURLToPath(new URL('kill-migrator.ts', import.meta.url)), code);
  }, 60_000);
  afterAll(() => rmSync(code, { recursive: true, force: true }));

  describe('a migration that is killed at any moment and resumed', () => {
    for (const [i, [source, target]] of pairs.entries()) {
      it(`from ${source} to ${target}: after ${kills} kills everything has arrived as it was`, {
        timeout: 120_000 + kills * 10_000,
      }, async () => {
        const random = new Random(seed + i);
        const killedIn: string[] = [];
        let migrations = 0;
        const again = async () => {
          while (killedIn.length < kills) {
            // A server is shared by tests: names of this one's own.
            const name = `kill-${process.pid}-${i}-${migrations++}`;
            await using ends = new Ends(milvusPort);
            await migrateAndKill(ends, { source, target, name, kills, pace }, random, killedIn);
          }
        };
        await Promise.all(Array.from({ length: pace.width }, again));
        const during = (phase: string) => killedIn.filter((said) => said === phase).length;
        const shown = ['opened', 'survey', 'copy', 'verify']
          .map((phase) => `${during(phase)} after "${phase}"`)
          .join(', ');
        console.log(`${source} → ${target}: ${killedIn.length} kills in ${migrations} migrations: ${shown}`);
        expect(during('copy')).toBeGreaterThan(0);
      });
    }
  });
}

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

/** A migration of the collection `c`, to be killed. */
interface Job {
  readonly source: Kind;
  readonly target: Kind;
  /** Of the collection at the target. */
  readonly name: string;
  readonly kills: number;
  readonly pace: Pace;
}

/** One migration to its end, killed up to ten times; `killedIn` gets what each killed process had said last. */
async function migrateAndKill(ends: Ends, job: Job, random: Random, killedIn: string[]): Promise<void> {
  const { source, target, name, pace } = job;
  const [from, into] = [await ends.place(source), await ends.place(target)];
  const content = await filled(ends, from, into, pace, random.seed());
  const stateDirectory = ends.directory();
  const scope = { collections: { c: name }, seed: 1 };
  for (let life = 0; ; life++) {
    const resume = existsSync(join(stateDirectory, 'checkpoint.json'));
    const { rate, batchSize, checkpointEveryMs } = pace;
    const options = { ...scope, stateDirectory, resume, rate, batchSize, checkpointEveryMs, queries: 3 };
    const said = await lived(
      { source: from, target: into, options },
      life < 10 && killedIn.length < job.kills ? anyMoment(random) : undefined,
    );
    const last = said.at(-1) ?? '';
    if (last.startsWith('done ')) {
      expect(JSON.parse(last.slice(5)), last).toMatchObject({ ok: true, copy: { read: pace.records } });
      break;
    }
    killedIn.push(last);
  }
  const [before, after] = [await ends.open(from), await ends.open(into)];
  const verification = await verify(before, after, scope);
  expect(verification, JSON.stringify(verification)).toMatchObject({ ok: true, state: 'validated' });
  const rounds = source === 'qdrant' || target === 'qdrant';
  expect(await problemsOf(after, name, content, rounds ? nearlySameNumbers : sameNumbers)).toEqual([]);
  await after.dropCollection(name);
}

async function filled(ends: Ends, from: Config, into: Config, { records, namespaces }: Pace, contentSeed: number) {
  const database = await ends.open(from);
  const target = await ends.open(into);
  const content = hostileContent(contentSeed, records, [database.capabilities, target.capabilities], namespaces);
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
