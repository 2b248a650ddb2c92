/*
 * A process of its own that writes records to a store of files until it is killed: `file-writer.ts URL COLLECTION`. It says on stdout, a line
 * each, how many records are acknowledged (`a 120`) and how many are flushed (`f 100`).
 */
import { connect } from '../../src/connect.ts';

const [, , url, name] = process.argv;
const db = await connect(url);
const store = await db.createCollection(name!, { dimension: 8, metric: 'dot' }, { ifExists: 'open' });
const say = (line: string) => process.stdout.write(`${line}\n`);
let next = await store.count();
say(`a ${next}`);
for (;;) {
  const batch = Array.from({ length: 1 + (next % 7) }, (_, i) => next + i);
  await store.upsert(
    batch.map((n) => ({ id: `r${n}`, vector: new Float32Array(8).fill(n), payload: { n, text: 'x'.repeat(n % 300) } })),
  );
  next += batch.length;
  say(`a ${next}`);
  if (next % 5 !== 0) continue;
  // An older record anew, and one that goes.
  await store.upsert({ id: 'again', vector: new Float32Array(8).fill(next), payload: { n: next } });
  if (next % 2 === 0) await store.delete('again');
  await store.flush();
  say(`f ${next}`);
}
