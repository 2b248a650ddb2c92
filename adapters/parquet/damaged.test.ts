import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import { readDamaged } from '../../test/support/damaged-files.ts';
import { printSeed } from '../../test/support/seed.ts';
import { loadPackages } from './packages.ts';
import { checkRuns } from './runs.ts';
import { withinTime } from './time-limit.ts';
import { checkZstdFrames } from './zstd-frames.ts';

printSeed('damaged Parquet files');
const deep = process.env.ANYVEC_DEEP === '1';
const directory = mkdtempSync(join(tmpdir(), 'anyvec-parquet-damaged-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('files that were cut off or changed anywhere end in a typed error or in records, never otherwise', {
  timeout: deep ? 600_000 : 60_000,
}, async () => {
  const path = join(directory, 'whole.parquet');
  const db = await connect(`parquet:${path}`);
  const fields = { title: 'keyword', n: 'number', ok: 'boolean' } as const;
  const store = await db.createCollection('whole', { dimension: 4, metric: 'euclidean', fields });
  const record = (i: number) => ({
    id: `r${i}`,
    vector: i % 9 === 0 ? null : [i, 0.5, -i, 1 / (i + 1)],
    payload: { title: i % 3 === 0 ? null : `title ${i % 7}`, n: i, ok: i % 2 === 0, nested: { a: [i] } },
  });
  await store.upsert(Array.from({ length: 60 }, (_, i) => record(i)));
  await db.close();
  const count = deep ? 10_000 : 300;
  const report = await readDamaged(readFileSync(path), count, (copy) => `parquet:${copy}`, 'parquet');
  expect(report.untyped).toEqual([]);
  expect(report.refused.Corruption).toBeGreaterThan(count / 3);
  expect(report.refused.Unavailable).toBeUndefined();
});

test('work that never ends is ended, and what it throws comes through', { timeout: 60_000 }, () => {
  expect(withinTime(1_000, () => 7)).toBe(7);
  expect(() =>
    withinTime(0, () => {
      throw new RangeError('no');
    }),
  ).toThrow(RangeError);
  const endless = () => {
    for (let i = 0; ; i++) if (i < 0) return i;
  };
  expect(() => withinTime(0, endless)).toThrow('too long');
  expect(withinTime(0, () => 8)).toBe(8);
});

const bytes = (...values: number[]) => Uint8Array.from(values);
const walk =
  (run: Uint8Array, width: number, count: number, isExact = true) =>
  () =>
    checkRuns(run, { from: 0, to: run.length }, width, count, isExact);

test('runs that stand for more values than there are, for none, or without an end are refused', () => {
  // 100 times a value; one group of eight bits; both after each other.
  expect(walk(bytes(200, 1, 7), 3, 100)).not.toThrow();
  expect(walk(bytes(3, 0xff), 1, 8)).not.toThrow();
  expect(walk(bytes(200, 1, 7, 3, 1, 2, 3), 3, 108)).not.toThrow();
  expect(walk(bytes(3, 0xff), 1, 5)).not.toThrow();
  expect(walk(bytes(200, 1, 7), 3, 99)).toThrow('more values than there are');
  expect(walk(bytes(0xfe, 0xff, 0xff, 0xff, 0x0f, 0), 0, 1_000, false)).toThrow('more values than there are');
  expect(walk(bytes(0xff, 0xff, 0xff, 0xff, 0x0f, 0), 0, 1_000, false)).toThrow('more values than there are');
  expect(walk(bytes(0, 0, 0, 0), 1, 8, false)).toThrow('no values');
  expect(walk(bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 1, 8)).toThrow('a number without an end');
  expect(walk(bytes(200, 1, 7), 3, 101)).toThrow('fewer');
});

test('what is compressed comes to the length that is claimed, or is refused before it takes memory', async () => {
  const { compressors } = await loadPackages();
  const text = new TextEncoder().encode('all work and no play '.repeat(50_000));
  const lengths = [0, 10, text.length - 1, text.length + 1, 2 ** 28];
  for (const [codec, packed] of [
    ['GZIP', gzipSync(text)],
    ['BROTLI', brotliCompressSync(text)],
    // A literal, then a copy of what stands one back, 255 times 400 long: a block as LZ4 writes it, and an end.
    ['LZ4_RAW', bytes(0x1f, 97, 1, 0, ...new Array(400).fill(255), 0, 0x10, 98)],
  ] as const) {
    const whole = codec === 'LZ4_RAW' ? 1 + 15 + 255 * 400 + 4 + 1 : text.length;
    expect(compressors[codec]!(packed, whole)).toHaveLength(whole);
    for (const length of lengths) {
      if (length === whole) continue;
      const came = () => compressors[codec]!(packed, length).length;
      let result: number | string;
      try {
        result = came();
      } catch {
        result = 'refused';
      }
      expect(
        result === 'refused' || result === whole || (result === 0 && length === 0),
        `${codec} ${length}: ${result}`,
      ).toBe(true);
    }
  }
  // Lengths of blocks, the second of which would lead back to the first.
  const endless = bytes(0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf8, 0, 0, 0, 0);
  expect(() => compressors.LZ4!(endless, 4)).toThrow();
});

test('frames of zstd that ask for more than they shall come to are refused', () => {
  const magic = [0x28, 0xb5, 0x2f, 0xfd];
  // A single segment of 5 bytes in a raw block.
  const small = bytes(...magic, 0x20, 5, 0x29, 0, 0, 1, 2, 3, 4, 5);
  expect(() => checkZstdFrames(small, 5)).not.toThrow();
  expect(() => checkZstdFrames(small, 4)).toThrow('zstd: 5 bytes');
  expect(() => checkZstdFrames(bytes(...magic, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0), 5)).toThrow('zstd');
  expect(() => checkZstdFrames(bytes(...magic, 0, 0xff, 1, 0, 0), 5)).toThrow('window');
  expect(() => checkZstdFrames(bytes(1, 2, 3, 4, 5, 6), 5)).toThrow('no frame');
  expect(() => checkZstdFrames(small.subarray(0, 8), 5)).toThrow(RangeError);
});
