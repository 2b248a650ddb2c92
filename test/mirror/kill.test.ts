import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../src/connect.ts';
import { openMirror } from '../../src/middleware/mirror/index.ts';
import { verify } from '../../src/migrate/verify.ts';
import { Random } from '../crash/random.ts';
import { transpiled } from '../crash/transpile.ts';
import { printSeed, seed } from '../support/seed.ts';
import { newDirectory, removeDirectories, StoppableServer } from './ends.ts';

const lives = process.env.ANYVEC_DEEP === '1' ? 200 : 12;
/** Under the project, so that its packages are found. */
const code = fileURLToPath(new URL(`../../.cache/test/mirror-${process.pid}`, import.meta.url));
let script: string;

printSeed('kills of a mirrored writer');

beforeAll(() => {
  mkdirSync(code, { recursive: true });
  script = transpiled(fileURLToPath(new URL('kill-writer.ts', import.meta.url)), code);
}, 60_000);
afterAll(() => {
  rmSync(code, { recursive: true, force: true });
  removeDirectories();
});

it(`a mirrored writer that is killed ${lives} times, whatever it is doing, leaves nothing different and nothing lost`, {
  timeout: 120_000 + lives * 5_000,
}, async () => {
  const random = new Random(seed);
  const server = await StoppableServer.start();
  const [data, directory] = [`native:${newDirectory()}`, newDirectory()];
  const markers: string[] = [];
  let [changes, away] = [0, 0];
  for (let life = 0; life < lives; life++) {
    // Where the secondary is the active side it has to be there.
    const isAway = activeSide(directory) === 0 && life > 0 && random.chance(0.4);
    if (isAway) await server.stop();
    const said = await killed([data, server.url, directory, String(seed + life)], 100 + random.below(1_200));
    if (isAway) await server.startAgain();
    away += isAway ? 1 : 0;
    changes += said.filter((line) => line === 'changed').length;
    markers.push(...said.filter((line) => line.startsWith('marker-')));
  }
  const mirror = await openMirror(data, server.url, { directory });
  const waiting = (await mirror.status()).waiting;
  await mirror.backfill();
  const verification = await mirror.verify();
  expect(verification, JSON.stringify(verification)).toMatchObject({ ok: true });
  await mirror.close();
  {
    await using primary = await connect(data);
    await using secondary = await connect(server.url);
    const whole = await verify(primary, secondary);
    expect(whole, JSON.stringify(whole)).toMatchObject({ ok: true, state: 'validated' });
    for (const database of [primary, secondary]) {
      const found = await (await database.collection('c')).get(markers);
      expect(markers.filter((_, i) => found[i] === undefined)).toEqual([]);
    }
  }
  await server.close();
  console.log(
    `${lives} lives, ${markers.length} acknowledged markers, ${changes} changes of sides, ${away} lives without the secondary, ${waiting} changes waiting at the end`,
  );
  expect(markers.length).toBeGreaterThan(lives);
  expect(changes).toBeGreaterThan(0);
});

function activeSide(directory: string): number {
  try {
    return JSON.parse(readFileSync(`${directory}/mirror.json`, 'utf8')).active;
  } catch {
    return 0;
  }
}

/** What a writer says until it is killed, so many milliseconds after it has opened its database. */
async function killed(args: readonly string[], afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, errors] = ['', ''];
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  child.stdout.on('data', (data: Buffer) => {
    if (out === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
    out += data.toString();
  });
  const [exit, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...ended) => resolve(ended));
  });
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself with ${exit}: ${errors.slice(0, 3_000)}`);
  // A last line without its end was not said.
  return out.split('\n').slice(0, -1);
}
