import { describe, expect, test } from 'vitest';

import { matchesLockfile } from './dependencies.mjs';

const everythingExists = () => true;
const elsewhere = process.platform === 'win32' ? 'linux' : 'win32';
const plain = { 'node_modules/a': { version: '1.0.0' } };

describe('node_modules is taken as it is only if', () => {
  test('every package has the version of the lockfile', () => {
    expect(matchesLockfile({ '': {}, ...plain }, plain, everythingExists)).toBe(true);
    expect(matchesLockfile(plain, { 'node_modules/a': { version: '1.0.1' } }, everythingExists)).toBe(false);
    expect(matchesLockfile(plain, {}, everythingExists)).toBe(false);
  });

  test('every package is really there', () => {
    expect(matchesLockfile(plain, plain, (path) => path !== 'node_modules/a')).toBe(false);
  });

  test("this platform's binaries are there; those of others may be absent", () => {
    const binary = { version: '1.0.0', optional: true, cpu: [process.arch] };
    expect(matchesLockfile({ b: { ...binary, os: [process.platform] } }, {}, everythingExists)).toBe(false);
    expect(matchesLockfile({ b: { ...binary, os: [elsewhere] } }, {}, everythingExists)).toBe(true);
    expect(matchesLockfile({ b: { ...binary, os: [`!${process.platform}`] } }, {}, everythingExists)).toBe(true);
    expect(matchesLockfile({ b: { ...binary, os: [`!${elsewhere}`] } }, {}, everythingExists)).toBe(false);
  });
});
