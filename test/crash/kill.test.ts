import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printSeed, seed as runSeed } from '../support/seed.ts';
import { Failures, shownError } from './failures.ts';
import { KillCycle, type KillPlan } from './kill-cycle.ts';
import { killPoints } from './kill-points.ts';
import { Random } from './random.ts';
import { transpiled } from './transpile.ts';

const deep = process.env.ANYVEC_DEEP === '1';
const kills = deep ? 3_000 : 64;
/** Under the project, so that its packages are found. */
const code = fileURLToPath(new URL(`../../.cache/test/kill-${process.pid}`, import.meta.url));
const directories: string[] = [];
let writer: string;

printSeed('kills');

beforeAll(() => {
  mkdirSync(code, { recursive: true });
  writer = transpiled(fileURLToPath(new URL('kill-writer.ts', import.meta.url)), code);
}, 60_000);
afterAll(() => {
  for (const directory of [code, ...directories]) rmSync(directory, { recursive: true, force: true });
});

describe('a process that is killed at any moment', () => {
  it('loses nothing acknowledged, in no mode; each operation is there whole or not at all', {
    timeout: 5_400_000,
  }, async () => {
    const failures = new Failures();
    // Two at a time, each with its own directory, which is never wiped.
    const cycles = await Promise.all([0, 1].map((lane) => killAgainAndAgain(lane, kills / 2, failures)));
    const sum = (of: (cycle: KillCycle) => number) => cycles.reduce((total, cycle) => total + of(cycle), 0);
    console.log(
      `kills: ${sum((c) => c.kills)} SIGKILLs (${sum((c) => c.byKillPoint)} at kill points, ${sum((c) => c.duringRecovery)} during recovery), ` +
        `${sum((c) => c.acknowledged)} acknowledged operations, ${failures.count} failures`,
    );
    expect(failures.count, String(failures)).toBe(0);
    expect(sum((c) => c.acknowledged)).toBeGreaterThan(kills);
  });

  it('is found out if it keeps its last write in its own memory', { timeout: 60_000 }, async () => {
    const cycle = new KillCycle(writer, newDirectory());
    const lives = async () => {
      for (let seed = 1; seed < 9; seed++)
        await cycle.run({ durability: 'memory', seed, from: 'opened', afterMs: 150, planted: true });
    };
    await expect(lives()).rejects.toThrow('is in none of');
  });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'anyvec-kill-'));
  directories.push(directory);
  return directory;
}

async function killAgainAndAgain(lane: number, count: number, failures: Failures): Promise<KillCycle> {
  const cycle = new KillCycle(writer, newDirectory());
  const random = new Random(runSeed + lane);
  for (let i = 0; i < count; i++) {
    const plan: KillPlan = {
      durability: random.pick(['always', 'always', 'interval', 'memory']),
      seed: random.seed(),
      ...(random.chance(1 / 6)
        ? { from: 'opening', afterMs: random.between(1, 60) }
        : { from: 'opened', afterMs: random.between(50, 800) }),
      ...(random.chance(0.5) && { killPoint: somePoint(random) }),
    };
    try {
      await cycle.run(plan);
    } catch (error) {
      failures.add(`ANYVEC_SEED=${runSeed}, lane ${lane}, life ${i}: ${JSON.stringify(plan)}`, shownError(error));
      break;
    }
  }
  return cycle;
}

/** Writes and their fsyncs are many, the others few. */
function somePoint(random: Random): string {
  const point = random.pick(killPoints);
  const many = point === 'write' || point === 'sync' || point === 'afterSync';
  return `${point}:${1 + Math.floor((many ? 40 : 6) ** random.float())}`;
}
