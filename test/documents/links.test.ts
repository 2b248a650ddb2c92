import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

import { root } from '../../scripts/lib/paths.mjs';
import { anchorsOf, linksOf } from './links.ts';

const pages = readdirSync(join(root, 'docs')).map((file) => `docs/${file}`);
const documents = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...pages];
const read = (document: string) => readFileSync(join(root, document), 'utf8');

/** Links that lead nowhere, as `document:line target`. */
function broken(document: string, text: string): string[] {
  return linksOf(text)
    .filter(({ target }) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && file.endsWith('.md') && !anchorsOf(read(file)).has(anchor);
    })
    .map(({ line, target }) => `${document}:${line} ${target}`);
}

test.each(documents)('every link of %s leads somewhere, to a heading too', (document) => {
  expect(broken(document, read(document))).toEqual([]);
});

test('a link to a file or heading that is not there is found', () => {
  const text =
    '# A\n[a](nowhere.md) [b](docs/files.md#formats) [c](docs/files.md#no-such) `[d](code.md)` [`e`](gone.md)\n';
  expect(broken('README.md', text)).toEqual([
    'README.md:2 nowhere.md',
    'README.md:2 docs/files.md#no-such',
    'README.md:2 gone.md',
  ]);
});

test('docs/README.md lists every page', () => {
  const index = read('docs/README.md');
  for (const page of pages) if (page !== 'docs/README.md') expect(index).toContain(`(${page.slice('docs/'.length)})`);
});
