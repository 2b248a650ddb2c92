/**
 * A process that uses a mirrored database until it is killed: `node kill-writer.js <primary> <secondary> <directory> <seed>`. It writes at random,
 * fills in what was there before, and changes sides to and fro. On its standard output, one a line: `opened`, the ids of marker records that were
 * acknowledged, and `changed` after each change of sides.
 */
import { writeSync } from 'node:fs';
import { VectorStoreError } from '../../src/errors.ts';
import { openMirror } from '../../src/middleware/mirror/index.ts';
import { RandomWriter } from './random-writer.ts';

const [primary, secondary, directory, seed] = process.argv.slice(2) as [string, string, string, string];
const say = (line: string) => writeSync(1, `${line}\n`);

async function main(): Promise<void> {
  const mirror = await openMirror(primary, secondary, { directory, maxPauseMs: 100 });
  const fields = { n: 'number', word: 'keyword' } as const;
  const spec = { dimension: 4, metric: 'euclidean', fields } as const;
  const store = await mirror.database.createCollection('c', spec, { ifExists: 'open' });
  say('opened');
  const writer = new RandomWriter(store, Number(seed));
  const write = async () => {
    for (let i = 0; ; i++) {
      for (let j = 0; j < 3; j++) await writer.write();
      const id = `marker-${seed}-${i}`;
      await store.upsert({ id, vector: [i, 0, 0, 1] });
      say(id);
      // A service has pauses, too: copying must be able to keep up.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const change = async () => {
    for (;;) {
      try {
        await mirror.backfill({ signal: AbortSignal.timeout(300) });
        const { active } = await mirror.status();
        await (active === 'primary'
          ? mirror.cutover({ pauseTimeoutMs: 2_000 })
          : mirror.rollback({ pauseTimeoutMs: 2_000 }));
        say('changed');
      } catch (error) {
        // The secondary is away, or the pause was too short: all is as before.
        if (!VectorStoreError.is(error) || error.code === 'Internal') throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  await Promise.all([write(), change()]);
}

await main();
