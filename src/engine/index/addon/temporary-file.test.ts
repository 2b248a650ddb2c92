import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withTemporaryFile } from './temporary-file.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'anyvec-test-'));
  vi.stubEnv('TMPDIR', directory);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

test('the file is in a directory of its own that nobody else can read, and gone afterwards', () => {
  const bytes = withTemporaryFile(10, (path) => {
    expect(existsSync(path)).toBe(false);
    expect(dirname(dirname(path))).toBe(directory);
    if (process.platform !== 'win32') expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    writeFileSync(path, 'x');
    return readFileSync(path);
  });
  expect(String(bytes)).toBe('x');
  expect(readdirSync(directory)).toEqual([]);
});

test('it is gone after an exception too', () => {
  const failing = (path: string) => {
    writeFileSync(path, 'x');
    throw new Error('mine');
  };
  expect(() => withTemporaryFile(10, failing)).toThrow('mine');
  expect(readdirSync(directory)).toEqual([]);
});

test('without room nothing is tried, and the error says how much', () => {
  const use = vi.fn();
  expect(() => withTemporaryFile(2 ** 52, use)).toThrow(
    expect.objectContaining({
      code: 'Unavailable',
      message: expect.stringMatching(/needs \d+ MiB in the temporary directory, \d+ MiB are free/),
    }),
  );
  expect(use).not.toHaveBeenCalled();
  expect(readdirSync(directory)).toEqual([]);
});

test('without a temporary directory the error says what to set', () => {
  vi.stubEnv('TMPDIR', join(directory, 'missing'));
  expect(() => withTemporaryFile(1, () => 1)).toThrow(
    expect.objectContaining({ code: 'Unavailable', message: expect.stringMatching(/TMPDIR/) }),
  );
});
