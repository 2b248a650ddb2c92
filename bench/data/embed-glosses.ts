/**
 * Embeds the first COUNT glosses of a fixed random order and keeps them, in a process of its own: `embed-glosses.ts COUNT`.
 * Ended at any time, it goes on next time from where it was.
 */
import { appendFileSync, existsSync, statSync, truncateSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { withLock } from '../../scripts/lib/lock.mjs';
import { seconds } from '../../scripts/lib/report.mjs';
import { shuffled } from '../lib/random.ts';
import { embeddingsFile, glossDimension, glossSeed } from './gloss-embeddings.ts';
import { readGlosses } from './glosses.ts';
import { SentenceEncoder } from './sentence-encoder.ts';

const rowBytes = 4 * glossDimension;
const chunk = 500;

async function embedUpTo(wanted: number): Promise<void> {
  const glosses = await readGlosses();
  const order = shuffled(glosses.length, glossSeed);
  const total = Math.min(wanted, glosses.length);
  // Half a row is what a killed process left.
  let done = existsSync(embeddingsFile) ? Math.floor(statSync(embeddingsFile).size / rowBytes) : 0;
  if (done > 0) truncateSync(embeddingsFile, done * rowBytes);
  if (done >= total) return;
  const encoder = await SentenceEncoder.open();
  const started = performance.now();
  const before = done;
  for (let announced = done; done < total; ) {
    const slice = order.subarray(done, Math.min(done + chunk, total));
    const rows = await encoder.encode(Array.from(slice, (index) => glosses[index]!.text));
    appendFileSync(embeddingsFile, new Uint8Array(rows.buffer));
    done += slice.length;
    if (done - announced < 10_000 && done < total) continue;
    announced = done;
    const each = (performance.now() - started) / (done - before);
    console.log(`bench  ${done} of ${total} glosses embedded, ${seconds(each * (total - done))} to go`);
  }
  console.log(`bench  ${done - before} glosses embedded in ${seconds(performance.now() - started)}, one thread`);
}

setPriority(constants.priority.PRIORITY_LOW);
await withLock(`${embeddingsFile}.lock`, () => embedUpTo(Number(process.argv[2] ?? Number.POSITIVE_INFINITY)));
