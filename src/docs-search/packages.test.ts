import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { VectorStoreError } from '../errors.ts';
import { findDocuments, findPackages } from './packages.ts';

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'anyvec-packages-'));
});
afterEach(() => rm(project, { recursive: true, force: true }));

async function put(path: string, content: string | object = '# Title'): Promise<void> {
  const file = join(project, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
}
const names = async () => (await findPackages(project)).map(({ name, version }) => `${name}@${version}`);

describe('findPackages', () => {
  it('finds the project, plain, scoped and nested packages, each name@version once', async () => {
    await put('package.json', { name: 'app', version: '1.0.0' });
    await put('node_modules/a/package.json', { name: 'a', version: '1.0.0' });
    await put('node_modules/a/node_modules/b/package.json', { name: 'b', version: '1.0.0' });
    await put('node_modules/a/node_modules/c/package.json', { name: 'c', version: '2.0.0' });
    await put('node_modules/b/package.json', { name: 'b', version: '1.0.0' });
    await put('node_modules/@s/c/package.json', { name: '@s/c', version: '3.0.0' });
    await put('node_modules/.bin/package.json', { name: 'bin', version: '1.0.0' });
    await put('node_modules/broken/package.json', '{ not json');
    await put('node_modules/unnamed/package.json', { version: '1.0.0' });
    expect(await names()).toEqual(['@s/c@3.0.0', 'a@1.0.0', 'app@1.0.0', 'b@1.0.0', 'c@2.0.0']);
  });

  it('follows the links of pnpm, also where they form a circle', async () => {
    await put('node_modules/.pnpm/a@1.0.0/node_modules/a/package.json', { name: 'a', version: '1.0.0' });
    await put('node_modules/.pnpm/b@2.0.0/node_modules/b/package.json', { name: 'b', version: '2.0.0' });
    const store = join(project, 'node_modules/.pnpm');
    await symlink(join(store, 'a@1.0.0/node_modules/a'), join(project, 'node_modules/a'), 'dir');
    await symlink(join(store, 'b@2.0.0/node_modules/b'), join(store, 'a@1.0.0/node_modules/b'), 'dir');
    await symlink(join(store, 'a@1.0.0/node_modules/a'), join(store, 'b@2.0.0/node_modules/a'), 'dir');
    await symlink(join(project, 'nowhere'), join(project, 'node_modules/dangling'), 'dir');
    expect(await names()).toEqual(['a@1.0.0', 'b@2.0.0']);
  });

  it('follows the links of workspaces that depend on each other', async () => {
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      await put(`packages/${from}/package.json`, { name: from, version: '1.0.0' });
      await mkdir(join(project, `packages/${from}/node_modules`));
      await symlink(join(project, 'packages', to), join(project, `packages/${from}/node_modules`, to), 'dir');
    }
    await mkdir(join(project, 'node_modules'));
    await symlink(join(project, 'packages/a'), join(project, 'node_modules/a'), 'dir');
    expect(await names()).toEqual(['a@1.0.0', 'b@1.0.0']);
  });

  it('reads licences in every form that npm has had, and keywords', async () => {
    await put('node_modules/a/package.json', { name: 'a', version: '1.0.0', license: 'MIT', keywords: ['x', 'y'] });
    await put('node_modules/b/package.json', {
      name: 'b',
      version: '1.0.0',
      license: { type: 'ISC' },
      keywords: 'wrong',
    });
    await put('node_modules/c/package.json', {
      name: 'c',
      version: '1.0.0',
      licenses: [{ type: 'BSD' }, { type: 'MIT' }],
    });
    await put('node_modules/d/package.json', { name: 'd', version: '1.0.0' });
    const found = await findPackages(project);
    expect(found.map(({ license, keywords }) => [license, keywords])).toEqual([
      ['MIT', ['x', 'y']],
      ['ISC', []],
      ['BSD', []],
      [undefined, []],
    ]);
  });

  it('says NotFound, and what to do, where there is no node_modules', async () => {
    const error = await findPackages(project).catch((caught: unknown) => caught);
    expect(VectorStoreError.is(error, 'NotFound')).toBe(true);
    expect(String(error)).toContain('npm install');
  });
});

describe('findDocuments', () => {
  it('takes Markdown at the root and below docs; no changelogs, licences, translations or huge files', async () => {
    await put('node_modules/a/package.json', { name: 'a', version: '1.0.0' });
    const wanted = ['readme.md', 'docs/guide/start.md', 'docs/api.markdown', 'MIGRATING.md'];
    const unwanted = ['CHANGELOG.md', 'LICENSE.md', 'History.md', 'README.zh-CN.md', 'README_de.md', 'lib/x.md'];
    const noDocs = ['docs/node_modules/x.md', 'index.js', 'docs/picture.png', 'code-of-conduct.md'];
    for (const file of [...wanted, ...unwanted, ...noDocs]) await put(`node_modules/a/${file}`);
    await put('node_modules/a/HUGE.md', 'x'.repeat(300_000));
    const [installed] = await findPackages(project);
    const found = await findDocuments(installed!);
    expect(found.map(({ file, kind }) => `${kind} ${file}`).sort()).toEqual([
      'docs MIGRATING.md',
      'docs docs/api.markdown',
      'docs docs/guide/start.md',
      'readme readme.md',
    ]);
  });
});
