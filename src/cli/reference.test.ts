import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

import { runCli } from '../../test/support/run-cli.ts';
import { commands } from './commands.ts';

const root = new URL('../../', import.meta.url);
const marker = /<!-- From here on written by: .* -->\n/;

it('docs/cli.md holds what --help prints, of every command', async () => {
  const document = await readFile(new URL('docs/cli.md', root), 'utf8');
  const end = marker.exec(document);
  expect(end).not.toBeNull();
  const introduction = document.slice(0, end!.index + end![0].length);
  const sections: string[] = [];
  for (const name of commands.keys()) {
    const { code, out, err } = await runCli([name, '--help']);
    expect([code, err]).toEqual([0, '']);
    // The first line is the description, and the version, which changes with every release.
    const [description, ...rest] = out.trimEnd().split('\n');
    sections.push(
      `## ${name}\n\n${description?.replace(/ \(anyvec [^)]*\)$/, '')}.\n\n\`\`\`text\n${rest.join('\n').trim()}\n\`\`\`\n`,
    );
  }
  await expect(`${introduction}\n${sections.join('\n')}`).toMatchFileSnapshot('../../docs/cli.md');
});

it('the README names every command', async () => {
  const readme = await readFile(new URL('README.md', root), 'utf8');
  for (const name of commands.keys()) expect(readme).toContain(`\n| \`anyvec ${name}`);
});

it('every command says how it exits and shows examples, in lines that fit', async () => {
  for (const name of commands.keys()) {
    const { out } = await runCli([name, '--help']);
    for (const line of out.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(132);
    expect(out, name).toMatch(/^(Examples?|Ends|Filter) /m);
  }
});
