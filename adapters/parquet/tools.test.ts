import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostileIds, hostileNamespaces, payloads } from '../../conformance/corpus.ts';
import { connect } from '../../src/connect.ts';
import { readDamaged } from '../../test/support/damaged-files.ts';

/** Has pandas and pyarrow; installed with the servers. */
const python = fileURLToPath(new URL('../../.cache/servers/milvus-lite/bin/python', import.meta.url));
const script = fileURLToPath(new URL('tools.py', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'anyvec-parquet-tools-'));
const theirs = join(directory, 'theirs');
const f32 = (...numbers: number[]) => numbers.map(Math.fround);
const hex = (x: number) => Buffer.from(Float32Array.of(x).buffer).toString('hex');

const corpus = hostileIds.map((id, i) => ({
  id,
  namespace: i % 3 === 0 ? hostileNamespaces[i % hostileNamespaces.length]! : '',
  vector: i % 10 === 9 ? null : f32(i + 0.1, -0, 1e-20, i ** 7),
  payload: { ...Object.values(payloads)[i % Object.values(payloads).length], price: i / 10, label: id },
}));

function run(...given: string[]): string {
  return execFileSync(python, [script, ...given], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

async function write(url: string, name: string): Promise<void> {
  const db = await connect(url);
  const fields = { price: 'number', label: 'keyword' } as const;
  const store = await db.createCollection(name, { dimension: 4, metric: 'euclidean', fields });
  for (const [i, { namespace, ...record }] of corpus.entries()) {
    const target = namespace === '' ? store : store.namespace(namespace);
    await target.upsert({ ...record, payload: { stale: true } });
    await target.upsert(record);
    if (i % 40 === 0) await store.flush();
  }
  await store.upsert({ id: 'gone', vector: f32(1, 2, 3, 4) });
  await store.flush();
  await store.delete('gone');
  await db.close();
}

async function scanned(url: string, name: string): Promise<Map<string, { payload: unknown; vector: unknown }>> {
  const db = await connect(url);
  try {
    const found = new Map<string, { payload: unknown; vector: unknown }>();
    for await (const { id, payload, vector } of (await db.collection(name)).scan())
      found.set(id, { payload, vector: vector && Array.from(vector) });
    return found;
  } finally {
    await db.close();
  }
}

const whole = join(directory, 'whole.parquet');
const ours = join(directory, 'ours');

beforeAll(async () => {
  mkdirSync(theirs);
  run('write', theirs);
  await write(`parquet:${whole}`, 'whole');
  await write(`parquet:${ours}`, 'records');
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each([whole, join(ours, 'records')])('pandas and pyarrow read what was written, each record once: %s', (path) => {
  const { rows, vector, cheap } = JSON.parse(run('read', path));
  const byKey = (a: { namespace: string; id: string }, b: { namespace: string; id: string }) =>
    a.namespace === b.namespace ? (a.id < b.id ? -1 : 1) : a.namespace < b.namespace ? -1 : 1;
  const expected = corpus.map((record) => ({ ...record, vector: record.vector?.map(hex) ?? null }));
  expect(rows.sort(byKey)).toEqual(JSON.parse(JSON.stringify(expected.sort(byKey))));
  expect(vector).toMatch(/^list<.*float/);
  expect(cheap).toEqual(corpus.flatMap(({ id, payload }) => (payload.price < 2 ? [id] : [])).sort(byCodePoint));
});

/** As Python sorts. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

test('DuckDB reads what was written, and filters by declared fields', async () => {
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const one = async (sql: string) => (await duckdb.runAndReadAll(sql)).getRowsJson();
  for (const path of [whole, join(ours, 'records', '*.parquet')]) {
    expect(await one(`SELECT count(*), count(DISTINCT (namespace, id)) FROM '${path}'`)).toEqual([
      [String(corpus.length), String(corpus.length)],
    ]);
    expect(await one(`SELECT count(*) FROM '${path}' WHERE price < 2`)).toEqual([['20']]);
    expect(await one(`SELECT typeof(vector) FROM '${path}' WHERE vector IS NOT NULL LIMIT 1`)).toEqual([['FLOAT[]']]);
    const [sum] = await one(`SELECT sum(vector[1]) FROM '${path}'`);
    const expected = corpus.reduce((total, { vector }) => total + (vector?.[0] ?? 0), 0);
    expect(Number(sum![0])).toBeCloseTo(expected, 0);
  }
});

test('a file of DuckDB is read', async () => {
  const path = join(theirs, 'duck.parquet');
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const columns = "i AS id, [i + 0.5, i, -i]::FLOAT[3] AS vector, 'row ' || i AS title";
  await duckdb.run(`COPY (SELECT ${columns} FROM range(1, 3001) t(i)) TO '${path}' (FORMAT parquet, CODEC 'zstd')`);
  const found = await scanned(`parquet:${path}`, 'duck');
  expect(found.size).toBe(3_000);
  expect(found.get('2999')).toEqual({ vector: [2999.5, 2999, -2999], payload: { title: 'row 2999' } });
});

test.each(
  ['list', 'fixed', 'double'].flatMap((kind) => ['snappy', 'zstd', 'gzip', 'none'].map((codec) => [kind, codec])),
)('a file of pyarrow is read: %s, %s', async (kind, codec) => {
  const found = await scanned(`parquet:${theirs}`, `${kind}-${codec}`);
  expect(found).toEqual(
    new Map([
      [
        '10',
        {
          vector: f32(0.1, -2.5, 3),
          payload: {
            title: 'a',
            at: '1970-01-01T00:00:00.000001Z',
            tags: ['x', 'y'],
            nested: { a: 1 },
            price: 1.5,
            big: '9007199254740993',
          },
        },
      ],
      [
        String(2n ** 60n),
        {
          vector: [4, 5, 6.25],
          payload: {
            title: '\ufeffb',
            at: '2023-11-14T22:13:20.123456Z',
            tags: [],
            nested: { a: null },
            price: null,
            big: 5,
          },
        },
      ],
      [
        '30',
        {
          vector: f32(1e-10, 7, 8),
          payload: { title: null, at: null, tags: null, nested: null, price: null, big: null },
        },
      ],
    ]),
  );
});

test('a frame of pandas is read, with payloads as JSON text', async () => {
  expect(await scanned(`parquet:${theirs}`, 'pandas-frame')).toEqual(
    new Map([
      ['p', { vector: f32(0.1, -2.5, 3), payload: { k: [1] } }],
      ['q', { vector: f32(4, 5, 6.25), payload: {} }],
    ]),
  );
});

test.each(['1.0-snappy', '2.0-snappy', '1.0-zstd', '2.0-lz4', 'delta'])(
  'files of pyarrow (%s) that were cut off or changed end in a typed error or in records, never otherwise',
  async (name) => {
    const path = join(directory, `${name}.parquet`);
    run('layout', path, name);
    const url = (copy: string) => `parquet:${copy}?vector=embedding&metric=euclidean`;
    const { untyped, refused, read } = await readDamaged(readFileSync(path), 60, url, 'parquet');
    expect(untyped).toEqual([]);
    expect(refused.Unavailable).toBeUndefined();
    expect((refused.Corruption ?? 0) + read).toBeGreaterThan(50);
  },
);
