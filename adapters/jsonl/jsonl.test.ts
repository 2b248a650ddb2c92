import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import { printSeed, seed } from '../../test/support/seed.ts';
import { f32Text } from './number-text.ts';

printSeed('files of JSON lines');

const directory = mkdtempSync(join(tmpdir(), 'anyvec-jsonl-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const fresh = (ending = '.jsonl') => join(directory, `file${files++}${ending}`);
const nameOf = (path: string) => path.slice(directory.length + 1).replace(/\.\w+$/, '');
const spec = { dimension: 2, metric: 'dot' } as const;

function foreign(lines: readonly unknown[], ending?: string): string {
  const path = fresh(ending);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

async function contents(url: string): Promise<Map<string, unknown>> {
  const db = await connect(url);
  try {
    const [info] = await db.listCollections();
    const found = new Map<string, unknown>();
    for await (const { id, payload, vector } of (await db.collection(info!.name)).scan())
      found.set(id, { payload, vector: vector && Array.from(vector) });
    return found;
  } finally {
    await db.close();
  }
}

test('the text of an f32 reads back to the same bits, and has at most nine digits', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
      const text = f32Text(x);
      const back = Math.fround(JSON.parse(text));
      expect(Object.is(back, x)).toBe(true);
      expect(
        text
          .replace(/e.*|[-.]/g, '')
          .replace(/^0+/, '')
          .replace(/0+$/, '').length,
      ).toBeLessThanOrEqual(9);
    }),
    { seed, numRuns: 20_000 },
  );
  for (const x of [0, -0, 2 ** -149, 3.4028234663852886e38, 1e17, 16_777_217, 0.1, 1 / 3])
    expect(Object.is(Math.fround(JSON.parse(f32Text(Math.fround(x)))), Math.fround(x))).toBe(true);
});

test('columns are found by name, and all others are members of the payload', async () => {
  const path = foreign([
    { _id: 7, embedding: [1, 2], title: 'a', metadata: { page: 1 }, n: 1.5 },
    { _id: 8, embedding: null, title: 'b', metadata: '{"page":2}' },
  ]);
  expect(await contents(`jsonl:${path}`)).toEqual(
    new Map([
      ['7', { vector: [1, 2], payload: { title: 'a', n: 1.5, page: 1 } }],
      ['8', { vector: null, payload: { title: 'b', page: 2 } }],
    ]),
  );
});

test('columns are taken as named, also a list of numbers that is no vector', async () => {
  const path = foreign([{ id: 'x', slug: 's', scores: [5, 6, 7], v: [1, 2], meta: { a: 1 } }], '.ndjson');
  await expect(contents(`jsonl:${path}`)).rejects.toMatchObject({ code: 'InvalidArgument', message: /vector=NAME/ });
  expect(await contents(`jsonl:${path}?id=slug&vector=v&payload=meta&metric=euclidean`)).toEqual(
    new Map([['s', { vector: [1, 2], payload: { id: 'x', scores: [5, 6, 7], a: 1 } }]]),
  );
  await expect(contents(`jsonl:${path}?vector=none`)).rejects.toMatchObject({ code: 'InvalidArgument' });
  await expect(connect(`jsonl:${path}?vectors=v`)).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('without ids the number of the line is the id; blank lines and a missing last line feed are fine', async () => {
  const path = fresh();
  writeFileSync(path, '{"vector":[1,2]}\n\n{"vector":[3,4]}\r\n{"vector":[5,6]}');
  expect([...(await contents(`jsonl:${path}`)).keys()]).toEqual(['0', '1', '2']);
});

test.each([
  ['a line that is no JSON', '{"id":"a","vector":[1,2]}\nnonsense\n{"id":"b","vector":[1,2]}\n'],
  ['a line that is no object', '{"id":"a","vector":[1,2]}\n[1]\n'],
  ['a vector of another length', '{"id":"a","vector":[1,2]}\n{"id":"b","vector":[1]}\n'],
  ['a number beyond 2^53', '{"id":"a","vector":[1,2],"n":9007199254740993}\n'],
  [
    'an id that is none',
    `{"id":"a","vector":[1,2]}\n${'{"id":"b","vector":[1,2]}\n'.repeat(200)}{"id":{},"vector":[1,2]}\n`,
  ],
  ['a vector without direction', '{"id":"a","vector":[0,0]}\n'],
  ['a last line that was cut off', '{"id":"a","vector":[1,2]}\n{"id":"b","vec'],
])('%s is Corruption, with its place', async (_what, text) => {
  const path = fresh();
  writeFileSync(path, text);
  await expect(contents(`jsonl:${path}`)).rejects.toMatchObject({ code: 'Corruption', message: /byte \d+/ });
});

test('a file of others is never changed', async () => {
  const path = foreign([{ id: 'a', vector: [1, 2] }]);
  const before = readFileSync(path, 'utf8');
  const db = await connect(`jsonl:${path}`);
  const store = await db.collection(nameOf(path));
  await expect(store.upsert({ id: 'b', vector: [1, 2] })).rejects.toMatchObject({ code: 'Unsupported' });
  await expect(store.delete('a')).rejects.toMatchObject({ code: 'Unsupported' });
  await expect(db.dropCollection(nameOf(path))).rejects.toMatchObject({ code: 'Unsupported' });
  await db.close();
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('what is acknowledged is in the file, one line for each write, and closing leaves one for each record', async () => {
  const path = fresh();
  const db = await connect(`jsonl:${path}`);
  const store = await db.createCollection(nameOf(path), spec);
  await store.upsert({ id: 'a', vector: [0.1, -0], payload: JSON.parse('{"__proto__":{"x":[null]}}') });
  await store.namespace('n s').upsert({ id: 'a', vector: null });
  await store.upsert({ id: 'b', vector: [1, 1] });
  await store.delete('b');
  expect(readFileSync(path, 'utf8').split('\n')).toEqual([
    '{"id":"a","vector":[0.1,-0],"payload":{"__proto__":{"x":[null]}}}',
    '{"id":"a","namespace":"n s","vector":null,"payload":{}}',
    '{"id":"b","vector":[1,1],"payload":{}}',
    '{"id":"b","deleted":true}',
    '',
  ]);
  await db.close();
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
  expect(readdirSync(directory).filter((file) => /lock|tmp/.test(file))).toEqual([]);
});

test('a line cut off by the death of the writer is left out and named; writing goes on behind what is whole', async () => {
  const path = fresh();
  const url = `jsonl:${path}`;
  const first = await connect(url);
  await (await first.createCollection(nameOf(path), spec)).upsert({ id: 'a', vector: [1, 2] });
  await first.close();
  const whole = readFileSync(path, 'utf8');
  const next = '{"id":"é","vector":[3,4],"payload":{}}';
  const bytes = Buffer.from(next);
  for (let cut = 1; cut <= bytes.length; cut++) {
    writeFileSync(path, whole);
    appendFileSync(path, bytes.subarray(0, cut));
    const db = await connect(url);
    const store = await db.collection(nameOf(path));
    const { recovery, count } = await store.stats();
    expect([recovery.length, count]).toEqual(cut === bytes.length ? [0, 2] : [1, 1]);
    await store.upsert({ id: 'c', vector: [5, 6] });
    await db.close();
    expect([...(await contents(url)).keys()]).toEqual(cut === bytes.length ? ['a', 'é', 'c'] : ['a', 'c']);
  }
});

test('one connection writes at a time; one that read before another wrote must read again', async () => {
  const path = fresh();
  const [one, two] = [await connect(`jsonl:${path}`), await connect(`jsonl:${path}`)];
  const first = await one.createCollection(nameOf(path), spec);
  const second = await two.collection(nameOf(path));
  await first.upsert({ id: 'a', vector: [1, 2] });
  await expect(second.upsert({ id: 'b', vector: [1, 2] })).rejects.toMatchObject({
    code: 'Conflict',
    message: /is writing/,
  });
  await one.close();
  await expect(second.upsert({ id: 'b', vector: [1, 2] })).rejects.toMatchObject({
    code: 'Conflict',
    message: /changed/,
  });
  await two.close();
  expect([...(await contents(`jsonl:${path}`)).keys()]).toEqual(['a']);
});

test('a file has one collection, of its own name', async () => {
  const path = fresh();
  const db = await connect(`jsonl:${path}`);
  await expect(db.createCollection('another', spec)).rejects.toMatchObject({ code: 'InvalidArgument' });
  await db.createCollection(nameOf(path), spec);
  expect((await db.listCollections()).map(({ name }) => name)).toEqual([nameOf(path)]);
  expect(await db.dropCollection(nameOf(path))).toBe(true);
  await db.close();
  expect(readdirSync(directory).filter((file) => file.startsWith(`${nameOf(path)}.`))).toEqual([]);
});
