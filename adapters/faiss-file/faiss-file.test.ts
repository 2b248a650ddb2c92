import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import type { VectorStore } from '../../src/store.ts';
import { readDamaged } from '../../test/support/damaged-files.ts';
import { printSeed } from '../../test/support/seed.ts';
import { vectorMaker } from '../../test/support/vectors.ts';
import { type FaissModule, loadFaiss } from '../faiss/client.ts';

printSeed('index files of faiss');

const dimension = 6;
const count = 300;
const directory = mkdtempSync(join(tmpdir(), 'anyvec-faiss-file-'));
const make = vectorMaker(dimension);
const vectors = Array.from({ length: count }, () => Float32Array.from(make()));
const innerProduct = 0;
const l2 = 1;
let faiss: FaissModule;

beforeAll(async () => {
  faiss = await loadFaiss();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function written(factory: string, metric: number, some = vectors): string {
  const index = faiss.Index.fromFactory(dimension, factory, metric);
  const numbers = some.flatMap((vector) => Array.from(vector));
  if (!index.isTrained()) index.train(numbers);
  index.add(numbers);
  const path = join(directory, `${factory.replace(/\W/g, '-').toLowerCase()}-${metric}.faiss`);
  index.write(path);
  return path;
}

/** The same index under labels, as `index_factory("IDMap,…")` writes it. */
function underLabels(inner: string, labels: readonly bigint[], tag = 'IxMp'): string {
  const bytes = readFileSync(inner);
  const header = Buffer.from(bytes.subarray(0, 37));
  header.write(tag, 0, 'latin1');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(labels.length));
  const path = inner.replace('.faiss', `-${tag}.faiss`);
  writeFileSync(path, Buffer.concat([header, bytes, length, Buffer.from(BigInt64Array.from(labels).buffer)]));
  return path;
}

async function opened<T>(url: string, use: (store: VectorStore) => Promise<T>): Promise<T> {
  const db = await connect(url);
  try {
    const [info] = await db.listCollections();
    return await use(await db.collection(info!.name));
  } finally {
    await db.close();
  }
}

test.each([
  ['Flat', l2],
  ['Flat', innerProduct],
  ['HNSW8,Flat', l2],
  ['HNSW8,Flat', innerProduct],
  ['IVF7,Flat', l2],
  ['IVF200,Flat', innerProduct],
  ['IVF16_HNSW8,Flat', l2],
])(
  '%s with metric %i: every vector comes back with the same bits, and the nearest are those of faiss',
  async (factory, metric) => {
    const path = written(factory, metric);
    await opened(`faiss-file:${path}`, async (store) => {
      expect([store.dimension, store.metric]).toEqual([dimension, metric === l2 ? 'euclidean' : 'dot']);
      expect(await store.count()).toBe(count);
      const found = new Map<string, unknown>();
      for await (const { id, vector } of store.scan({ batchSize: 77 })) found.set(id, vector);
      expect(found).toEqual(new Map(vectors.map((vector, i) => [String(i), vector])));
      if (factory !== 'Flat') return;
      const theirs = faiss.Index.read(path);
      for (const query of vectors.slice(0, 20)) {
        const ours = await store.search(query, { k: 10 });
        expect(ours.map(({ id }) => Number(id))).toEqual([...theirs.search(Array.from(query), 10).labels]);
      }
    });
  },
);

test.each(['IxMp', 'IxM2'])('%s: ids are the labels, negative and beyond 2^53 too', async (tag) => {
  const labels = vectors.map((_, i) => (i === 3 ? -7n : i === 4 ? 2n ** 62n + 1n : BigInt(1_000 + i)));
  const path = underLabels(written('HNSW8,Flat', l2), labels, tag);
  await opened(`faiss-file:${path}`, async (store) => {
    const records = await store.get(['-7', '4611686018427387905', '1000', '0']);
    expect(records.map((record) => record?.vector)).toEqual([vectors[3], vectors[4], vectors[0], undefined]);
  });
});

test('payloads come from JSON lines, by id; what has no line has an empty one', async () => {
  const path = written('Flat', l2);
  const payloads = join(directory, 'payloads.jsonl');
  writeFileSync(payloads, '{"id":"2","payload":{"a":1,"__proto__":{"x":1}}}\n{"id":5,"title":"five"}\n');
  await opened(`faiss-file:${path}?metric=cosine&payloads=${payloads}`, async (store) => {
    const [two, five, six] = await store.get(['2', '5', '6']);
    expect(JSON.stringify(two?.payload)).toBe('{"a":1,"__proto__":{"x":1}}');
    expect([five?.payload, six?.payload]).toEqual([{ title: 'five' }, {}]);
    expect((await store.filter({ title: 'five' })).records.map(({ id }) => id)).toEqual(['5']);
    expect(store.metric).toBe('cosine');
  });
});

test('an empty index, codes instead of vectors, and writes are refused with a reason', async () => {
  const empty = faiss.Index.fromFactory(dimension, 'Flat', l2);
  const path = join(directory, 'empty.faiss');
  empty.write(path);
  await opened(`faiss-file:${path}`, async (store) => expect(await store.count()).toBe(0));
  const codes = written('SQ8', l2);
  const db = await connect(`faiss-file:${codes}`);
  await expect(db.collection('sq8-1')).rejects.toMatchObject({
    code: 'Corruption',
    message: /holds its vectors as they are/,
  });
  await db.close();
  await opened(`faiss-file:${written('Flat', l2)}`, async (store) => {
    await expect(store.upsert({ id: 'a', vector: vectors[0]! })).rejects.toMatchObject({ code: 'Unsupported' });
    await expect(store.delete('0')).rejects.toMatchObject({ code: 'Unsupported' });
  });
});

test('files that were cut off or changed anywhere end in a typed error or in numbers, never otherwise', {
  timeout: 120_000,
}, async () => {
  const some = vectors.slice(0, 40);
  const files = [
    written('Flat', l2, some),
    written('HNSW4,Flat', l2, some),
    written('IVF4,Flat', l2, some),
    underLabels(
      written('Flat', l2, some),
      some.map((_, i) => BigInt(i)),
    ),
  ];
  for (const file of files) {
    const { refused, read, untyped } = await readDamaged(readFileSync(file), 1_000, (path) => `faiss-file:${path}`);
    expect(untyped).toEqual([]);
    expect(Object.keys(refused)).toEqual(['Corruption']);
    expect(refused.Corruption).toBeGreaterThan(300);
    expect(read).toBeGreaterThan(50);
  }
});
