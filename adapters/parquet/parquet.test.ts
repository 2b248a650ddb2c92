import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';

const root = mkdtempSync(join(tmpdir(), 'anyvec-parquet-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const spec = { dimension: 3, metric: 'euclidean' } as const;
const record = (n: number) => ({ id: `r${n}`, vector: [n, 0.5, -n], payload: { n } });
const records = (count: number) => Array.from({ length: count }, (_, n) => record(n));
let directories = 0;
const fresh = () => join(root, `d${directories++}`);
const partsIn = (path: string) => readdirSync(join(path, 'c')).filter((file) => file.endsWith('.parquet'));

test('a flush makes a part; a second one without writes makes none', async () => {
  const path = fresh();
  const db = await connect(`parquet:${path}`);
  const store = await db.createCollection('c', spec);
  await store.upsert(records(10));
  expect(partsIn(path)).toEqual([]);
  await store.flush();
  await store.flush();
  await store.upsert(record(11));
  await store.flush();
  expect(partsIn(path)).toEqual(['part-00000001.parquet', 'part-00000002.parquet']);
  await db.close();
});

test('a deleted record is in no file after flush, a replaced one once after close', async () => {
  const path = fresh();
  const db = await connect(`parquet:${path}`);
  const store = await db.createCollection('c', spec);
  for (let round = 0; round < 3; round++) {
    await store.upsert(records(4));
    await store.flush();
  }
  await store.delete('r1');
  await store.flush();
  await db.close();
  expect(partsIn(path)).toEqual(['part-00000003.parquet']);
  const again = await connect(`parquet:${path}`);
  expect((await (await again.collection('c')).get(['r0', 'r1', 'r2'])).map((found) => found?.payload)).toEqual([
    { n: 0 },
    undefined,
    { n: 2 },
  ]);
  await again.close();
});

test('more than fits into memory becomes parts on the way, and is one file at the end where it is to be one', async () => {
  for (const url of [`parquet:${fresh()}`, `parquet:${join(root, 'c.parquet')}`]) {
    const db = await connect(url);
    const store = await db.createCollection('c', { dimension: 2_000, metric: 'dot' });
    const vectors = Array.from({ length: 5_000 }, (_, n) => new Float32Array(2_000).fill(n));
    await store.upsert(vectors.map((vector, n) => ({ id: `r${n}`, vector })));
    expect(await store.count()).toBe(5_000);
    expect((await store.search(new Float32Array(2_000).fill(1), { k: 2 })).map(({ id }) => id)).toEqual([
      'r4999',
      'r4998',
    ]);
    expect((await store.get('r17'))?.vector).toEqual(vectors[17]);
    await db.close();
    const again = await connect(url);
    expect((await (await again.collection('c')).get('r4999'))?.vector).toEqual(vectors[4_999]);
    await again.close();
  }
  expect(readdirSync(root).filter((file) => file.startsWith('c.'))).toEqual(['c.parquet']);
}, 60_000);

test('one file says what it is, and goes on being written', async () => {
  const path = join(root, 'single.parquet');
  const db = await connect(`parquet:${path}`);
  await (await db.createCollection('single', { ...spec, fields: { n: 'number' } })).upsert(records(3));
  await db.close();
  const again = await connect(`parquet:${path}`);
  const [info] = await again.listCollections();
  expect(info).toMatchObject({ name: 'single', metric: 'euclidean', fields: { n: 'number' }, managed: true });
  await (await again.collection('single')).upsert(record(7));
  await again.close();
  const last = await connect(`parquet:${path}`);
  expect(await (await last.collection('single')).count({ n: { $gte: 2 } })).toBe(2);
  expect(await last.dropCollection('single')).toBe(true);
  await last.close();
  expect(readdirSync(root).filter((file) => file.includes('single'))).toEqual([]);
});

test('what an interrupted write left behind is named and not read', async () => {
  const path = fresh();
  const db = await connect(`parquet:${path}`);
  await (await db.createCollection('c', spec)).upsert(records(3));
  await db.close();
  writeFileSync(join(path, 'c', 'part-00000002.parquet.tmp'), 'PAR1 and no more');
  const again = await connect(`parquet:${path}`);
  const store = await again.collection('c');
  const { count, recovery } = await store.stats();
  expect([count, recovery.length]).toEqual([3, 1]);
  await again.close();
});

test('one connection writes at a time; one that read before another wrote must read again', async () => {
  const path = fresh();
  const [one, two] = [await connect(`parquet:${path}`), await connect(`parquet:${path}`)];
  const first = await one.createCollection('c', spec);
  const second = await two.collection('c');
  await first.upsert(records(2));
  await expect(second.upsert(record(9))).rejects.toMatchObject({ code: 'Conflict' });
  await one.close();
  await expect(second.upsert(record(9))).rejects.toMatchObject({ code: 'Conflict', message: /changed/ });
  await two.close();
});

test('a file that was cut off anywhere is Corruption', async () => {
  const path = join(root, 'whole.parquet');
  const db = await connect(`parquet:${path}`);
  await (await db.createCollection('whole', spec)).upsert(records(40));
  await db.close();
  const bytes = readFileSync(path);
  const damaged = join(root, 'damaged.parquet');
  for (let length = 0; length < bytes.length; length += 7) {
    writeFileSync(damaged, bytes.subarray(0, length));
    const again = await connect(`parquet:${damaged}`);
    await expect(again.collection('damaged')).rejects.toMatchObject({ code: 'Corruption' });
    await again.close();
  }
});
