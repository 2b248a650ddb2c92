import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import { writeMatrix } from '../../src/files/matrix-writer.ts';
import { readDamaged } from '../../test/support/damaged-files.ts';
import { printSeed } from '../../test/support/seed.ts';

printSeed('npy files');

/** Has numpy; installed with the servers. */
const python = fileURLToPath(new URL('../../.cache/servers/milvus-lite/bin/python', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'anyvec-npy-'));
const at = (file: string) => join(directory, file);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

beforeAll(() => {
  const program = `
import numpy
halves = numpy.arange(1, 2 ** 16, dtype=numpy.uint16).view(numpy.float16)
halves = halves[numpy.isfinite(halves)][:63488 - 2].reshape(-1, 2)
numpy.save('f2.npy', halves)
numpy.save('f2-as-f4.npy', halves.astype('<f4'))
rows = numpy.random.default_rng(7).normal(size=(3000, 5)).astype('<f4')
numpy.save('f4.npy', rows)
numpy.save('f8.npy', rows.astype('<f8'))
numpy.save('f8-finer.npy', numpy.full((2, 5), 0.1))
numpy.save('fortran.npy', numpy.asfortranarray(rows))
numpy.save('f4-big.npy', rows.astype('>f4'))
numpy.save('i4.npy', rows.astype('<i4'))
numpy.save('line.npy', rows[0])
numpy.save('cube.npy', rows.reshape(3, 1000, 5))
numpy.save('empty.npy', rows[:0])
with open('v2.npy', 'wb') as file: numpy.lib.format.write_array(file, rows, version=(2, 0))
numpy.save('small.npy', rows[:20])
rows.tofile('rows.raw')
`;
  execFileSync(python, ['-c', program], { cwd: directory });
});

async function read(
  url: string,
  name: string,
): Promise<{ id: string; vector: Float32Array | null; payload: unknown }[]> {
  const db = await connect(url);
  try {
    const found = [];
    for await (const record of (await db.collection(name)).scan()) found.push(record);
    return found;
  } finally {
    await db.close();
  }
}

test.each(['f4', 'f8', 'v2'])('%s: what numpy saved comes back with the same bits, by number of row', async (name) => {
  const raw = new Float32Array(Uint8Array.from(readFileSync(at('rows.raw'))).buffer);
  const rows = await read(`npy:${at(`${name}.npy`)}?metric=dot`, name);
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 3_000 }, (_, i) => String(i)));
  expect(rows.map(({ vector }) => vector)).toEqual(rows.map((_, i) => raw.subarray(5 * i, 5 * i + 5)));
});

test('every finite half is read exactly', async () => {
  const halves = await read(`npy:${at('f2.npy')}?metric=dot`, 'f2');
  const singles = await read(`npy:${at('f2-as-f4.npy')}?metric=dot`, 'f2-as-f4');
  expect(halves).toHaveLength(31_743);
  expect(halves).toEqual(singles);
});

test('doubles that would be rounded are refused, and the row is named', async () => {
  const reading = read(`npy:${at('f8-finer.npy')}`, 'f8-finer');
  await expect(reading).rejects.toMatchObject({ code: 'Unsupported', message: /row 0.*0\.1 is no 32-bit number/ });
});

test.each(['fortran', 'f4-big', 'i4', 'line', 'cube'])('%s is refused', async (name) => {
  await expect(read(`npy:${at(`${name}.npy`)}`, name)).rejects.toMatchObject({ code: 'Corruption' });
});

test('a matrix without rows is an empty collection', async () => {
  expect(await read(`npy:${at('empty.npy')}`, 'empty')).toEqual([]);
});

test('ids and payloads come from the lines beside it, the first line for the first row', async () => {
  const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify({ id: `r${i}`, payload: { i } }));
  writeFileSync(at('small.jsonl'), `${lines.join('\n')}\n`);
  const rows = await read(`npy:${at('small.npy')}`, 'small');
  expect(rows.map(({ id, payload }) => [id, payload])).toEqual(lines.map((_, i) => [`r${i}`, { i }]));
  writeFileSync(at('small.jsonl'), `${lines.slice(1).join('\n')}\n`);
  await expect(read(`npy:${at('small.npy')}`, 'small')).rejects.toMatchObject({
    code: 'Corruption',
    message: /19 lines/,
  });
  rmSync(at('small.jsonl'));
});

test('numpy reads what is written: each number, by row, with the ids and payloads beside it', async () => {
  const vectors = Array.from({ length: 500 }, (_, i) => Float32Array.of(i, -0, 1e-40, 9.9e16, Math.sin(i)));
  async function* rows() {
    for (const [i, vector] of vectors.entries()) yield { id: `é${i}`, vector, payload: { i, text: 'ü\n' } };
  }
  expect(await writeMatrix(at('written.npy'), 5, rows())).toBe(500);
  const program = `
import json, numpy
matrix = numpy.load('written.npy', allow_pickle=False)
lines = [json.loads(line) for line in open('written.jsonl', encoding='utf8')]
print(json.dumps([matrix.dtype.str, matrix.shape, bool(matrix.flags.c_contiguous), matrix.tobytes().hex(), lines]))
`;
  const output = execFileSync(python, ['-c', program], { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 24 });
  const [dtype, shape, isContiguous, bytes, lines] = JSON.parse(output);
  expect([dtype, shape, isContiguous]).toEqual(['<f4', [500, 5], true]);
  expect(bytes).toBe(Buffer.concat(vectors.map((vector) => Buffer.from(vector.buffer))).toString('hex'));
  expect(lines).toEqual(vectors.map((_, i) => ({ id: `é${i}`, payload: { i, text: 'ü\n' } })));
  expect((await read(`npy:${at('written.npy')}?metric=dot`, 'written')).map(({ id }) => id)).toEqual(
    lines.map((line: { id: string }) => line.id),
  );
  async function* none() {}
  expect(await writeMatrix(at('nothing.npy'), 7, none())).toBe(0);
  expect(await read(`npy:${at('nothing.npy')}`, 'nothing')).toEqual([]);
});

test('files that were cut off or changed anywhere end in a typed error or in numbers, never otherwise', {
  timeout: 60_000,
}, async () => {
  const url = (path: string) => `npy:${path}?metric=dot`;
  const { refused, read: good, untyped } = await readDamaged(readFileSync(at('small.npy')), 1_000, url);
  expect(untyped).toEqual([]);
  expect(refused.Corruption).toBeGreaterThan(400);
  expect(good).toBeGreaterThan(50);
});
