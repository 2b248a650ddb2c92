import { expect, test } from 'vitest';
import { loadAddon } from './load-addon.ts';

const isRecord = (module: unknown): module is { answer: number } =>
  typeof module === 'object' && module !== null && 'answer' in module;
const unavailable = (message: RegExp) =>
  expect.objectContaining({ code: 'Unavailable', retryable: false, message: expect.stringMatching(message) });

test('what a CommonJS package exports is its default', async () => {
  expect(await loadAddon('x@1', async () => ({ default: { answer: 42 } }), isRecord)).toEqual({ answer: 42 });
});

test('a missing package: the error has the commands', async () => {
  const name = 'no-such-package-at-all';
  const loading = loadAddon(`${name}@1.2.3`, () => import(name), isRecord);
  await expect(loading).rejects.toEqual(
    unavailable(/no-such-package-at-all is not installed\. .*npm install no-such-package-at-all@1\.2\.3\. /),
  );
  await expect(loading).rejects.toEqual(
    unavailable(/npm approve-scripts no-such-package-at-all && npm rebuild no-such-package-at-all$/),
  );
});

test('a package whose binary is not there: the error says so, and keeps its cause', async () => {
  const cause = new Error('Could not locate the bindings file');
  await expect(loadAddon('x@1', () => Promise.reject(cause), isRecord)).rejects.toEqual(
    unavailable(/x is installed but does not load/),
  );
  await expect(loadAddon('x@1', () => Promise.reject(cause), isRecord)).rejects.toHaveProperty('cause', cause);
});

test('a package that is something else', async () => {
  await expect(loadAddon('x@1', async () => ({ default: {} }), isRecord)).rejects.toEqual(
    unavailable(/not the addon this release knows/),
  );
});
