import { describe, expect, it } from 'vitest';
import { printSeed, seed as runSeed } from '../support/seed.ts';
import { openDatabase, Session } from './database.ts';
import { Failures, shownError } from './failures.ts';
import type { FaultPlan } from './faulty-fs.ts';
import { runWithFault } from './io-faults.ts';
import { MemFs, systemError } from './mem-fs.ts';
import { observe } from './observe.ts';
import { Random } from './random.ts';
import { alteredFiles } from './sabotage.ts';

const trials = process.env.ANYVEC_DEEP === '1' ? 5_000 : 500;
const groups = 16;

printSeed('I/O faults');

describe('a call to the file system that fails', () => {
  it('gives a typed error, loses nothing acknowledged, and the directory opens again', {
    timeout: 900_000,
  }, async () => {
    const random = new Random(runSeed);
    const failures = new Failures();
    let [done, hit] = [0, 0];
    while (done < trials) {
      const seed = random.seed();
      const { calls } = await runWithFault(seed, groups, undefined);
      // Every n-th call of this run, from a random one on.
      const stride = Math.max(1, Math.ceil(calls / 30));
      for (let call = 1 + random.below(stride); call <= calls && done < trials; call += stride) {
        const plan: FaultPlan = { call, code: random.pick(['ENOSPC', 'EIO']), sticky: random.chance(0.5) };
        done += 1;
        try {
          if ((await runWithFault(seed, groups, plan)).failed !== undefined) hit += 1;
        } catch (error) {
          failures.add(`runWithFault(${seed}, ${groups}, ${JSON.stringify(plan)})`, shownError(error));
        }
      }
    }
    console.log(`I/O faults: ${done} runs, ${hit} with a failed call, ${failures.count} failures`);
    expect(failures.count, String(failures)).toBe(0);
    expect(hit).toBeGreaterThan(trials / 2);
  });

  it('stops all writes if it was an fsync, until the directory is opened again; reads go on', async () => {
    const disk = new MemFs();
    let broken = false;
    const fs = alteredFiles(disk, (file, path) => ({
      sync: async () => {
        if (!broken) return file.sync();
        disk.loseUnsynced(path);
        throw systemError('EIO', path);
      },
    }));
    const db = await openDatabase(fs, 'always');
    const session = new Session(db);
    await session.perform({ kind: 'create', collection: 'c', spec: { dimension: 3, metric: 'dot', index: 'flat' } });
    const store = await session.store('c');
    await store.upsert({ id: 'kept', vector: [1, 2, 3] });
    broken = true;
    await expect(store.upsert({ id: 'unsure', vector: [1, 2, 3] })).rejects.toMatchObject({
      result: { unknown: ['unsure'] },
    });
    broken = false;
    for (const attempt of [
      () => store.upsert({ id: 'late', vector: [1, 2, 3] }),
      () => store.delete('kept'),
      () => store.flush(),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'Durability' });
    expect((await store.get('kept'))?.vector).toEqual(Float32Array.of(1, 2, 3));
    await db.close().catch(() => undefined);
    const again = await openDatabase(disk.crash('none', new Random(1)), 'always');
    const reopened = await again.collection('c');
    expect((await reopened.get(['kept', 'unsure', 'late'])).map((record) => record?.id)).toEqual([
      'kept',
      undefined,
      undefined,
    ]);
    await reopened.upsert({ id: 'new', vector: [1, 2, 3] });
    expect((await observe(again)).components.size).toBe(2);
    await again.close();
  });
});
