import { describe, expect, test } from 'vitest';

import { lockfileProblems, missingEntries, platformOf } from './lockfile.mjs';

describe('an optional dependency that the lockfile resolves to nothing', () => {
  const tool = { optionalDependencies: { 'tool-darwin-arm64': '1.2.3' }, dev: true };

  test('is added with the version that its package pins', () => {
    expect(missingEntries({ 'node_modules/tool': tool })).toEqual({
      'node_modules/tool-darwin-arm64': { version: '1.2.3', cpu: ['arm64'], dev: true, optional: true, os: ['darwin'] },
    });
  });

  test.each(['node_modules/tool-darwin-arm64', 'node_modules/tool/node_modules/tool-darwin-arm64'])(
    'is not missing when it is found at %s',
    (path) => expect(missingEntries({ 'node_modules/tool': tool, [path]: { version: '1.2.3' } })).toEqual({}),
  );

  test('is still missing when another package alone can find it', () => {
    const hidden = { 'node_modules/tool': tool, 'node_modules/other/node_modules/tool-darwin-arm64': {} };
    expect(Object.keys(missingEntries(hidden))).toHaveLength(1);
  });
});

test.each([
  ['@scope/binding-linux-x64-gnu', { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }],
  ['@scope/binding-linux-arm64-musl', { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
  ['@scope/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: undefined }],
  ['tool-win32-x64', { os: ['win32'], cpu: ['x64'], libc: undefined }],
])('the name %s says which platform it is for', (name, platform) => expect(platformOf(name)).toEqual(platform));

test('a name that says nothing about the platform is not guessed at', () => {
  expect(() => platformOf('@scope/binding-wasm32-wasi')).toThrow('add it by hand');
});

test('this repository can be installed with `npm ci`', () => expect(lockfileProblems()).toEqual([]));
