import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { compileInto } from '../../scripts/build.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { type Packed, pack } from '../../scripts/pack.mjs';
import { entryPoints } from './entry-points.ts';
import { staticImports } from './static-imports.ts';
import { undocumentedExports } from './undocumented-exports.ts';

let packed: Packed;

beforeAll(async () => {
  packed = await pack();
});

describe('the packed files', () => {
  test('are the compiled code, its declarations, the licence of what is bundled, and the four documents, nothing else', () => {
    const documents = packed.files.filter((file) => !file.startsWith('dist/'));
    expect(documents.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    const compiled = packed.files.filter((file) => file.startsWith('dist/'));
    expect(compiled.filter((file) => !/\.(js|d\.ts)$/.test(file))).toEqual(['dist/LICENSE-zod']);
    expect(compiled.filter((file) => /\.test\b|\.test-d\b|\.cache|conformance\/(backends|planted)/.test(file))).toEqual(
      [],
    );
  });

  test('hold every entry point of package.json', () => {
    const targets = entryPoints.flatMap(({ types, code }) => [types, code]);
    expect(targets.filter((file) => !packed.files.includes(file))).toEqual([]);
  });

  test('name no directory of the machine they were built on', () => {
    const leaking = packed.files.filter((file) => readFileSync(join(root, file), 'utf8').includes(root));
    expect(leaking).toEqual([]);
  });
});

describe('the build', () => {
  const again = `.build-again-${process.pid}`;
  afterAll(() => rmSync(join(root, again), { recursive: true, force: true }));

  test('gives the same bytes every time, and dist holds no file of an earlier one', async () => {
    expect(await compileInto(again)).toMatchObject({ ok: true });
    expect(contents(join(root, 'dist'))).toEqual(contents(join(root, again)));
  });
});

describe('importing the package', () => {
  test('reaches no Node module, no package, no Buffer and no adapter: it runs in browsers', () => {
    const built = staticImports(join(root, 'dist/src/index.js'));
    expect(built.packages).toEqual([]);
    expect(built.globals.filter(({ name }) => name === 'Buffer')).toEqual([]);
    const sources = staticImports(join(root, 'src/index.ts')).files.map((file) => relative(root, file));
    expect(sources.filter((file) => !file.startsWith('src/'))).toEqual([]);
  });

  test('and opening a database of the embedded engine loads few files', () => {
    const entries = ['dist/src/index.js', 'dist/adapters/native/index.js'];
    const files = entries.flatMap((entry) => staticImports(join(root, entry)).files);
    expect(new Set(files).size).toBeLessThanOrEqual(4);
  });

  test.each(entryPoints)('every name exported by $specifier is documented', ({ types }) => {
    expect(undocumentedExports(join(root, types))).toEqual([]);
  });
});

/** Path and content of each file below a directory. */
function contents(directory: string): Map<string, string> {
  const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(paths.map((path) => [relative(directory, path), readFileSync(path, 'latin1')]));
}
