/** One set-up at a time per checkout: two commands started together must not install into one node_modules. */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { cacheDir } from './paths.mjs';

const file = join(cacheDir, 'setup.lock');

/**
 * Runs `work` while no other process of this checkout does; a lock whose owner has died is taken over.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(work) {
  mkdirSync(cacheDir, { recursive: true });
  for (let announced = false; !tryTake(); announced = true) {
    if (!announced) console.log('setup  waiting for another set-up of this checkout');
    await sleep(250);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryTake() {
  // Linked into place with the id already inside, so that a lock is never seen empty.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch {
    if (!ownerIsAlive()) rmSync(file, { force: true });
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function ownerIsAlive() {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
