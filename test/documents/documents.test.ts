import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type RunningServer, serve } from 'anyvec/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { cacheDir, root } from '../../scripts/lib/paths.mjs';
import { blocksOf, promisedOutput } from './blocks.ts';
import { problemsOf, writeBlock } from './compile.ts';

const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)];
const blocks = documents.flatMap((document) => blocksOf(document, readFileSync(join(root, document), 'utf8')));
let directory: string;

beforeAll(() => {
  mkdirSync(cacheDir, { recursive: true });
  // Within the repository, where the package can be imported by its name.
  directory = mkdtempSync(join(cacheDir, 'documents-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('every block of TypeScript in the documents compiles, strict, against the package; one planted here does not', () => {
  const code = "const db = await connect('native:');\nawait db.close(1, 2, 3);\n";
  const text = `# A\n\n<!-- before:\nimport { connect } from 'anyvec';\n-->\n\`\`\`ts\n${code}\`\`\`\n`;
  const planted = blocksOf('planted.md', text);
  expect(blocks.length).toBeGreaterThan(0);
  expect(problemsOf([...blocks, ...planted].map((block) => writeBlock(block, directory)))).toEqual([
    'planted.md:8: Expected 0 arguments, but got 3.',
  ]);
  expect(() => blocksOf('planted.md', text.replace('before:', 'befor:'))).toThrow('not understood');
}, 60_000);

describe('run in an empty directory, a block prints what it says', () => {
  const here = process.cwd();
  let elsewhere: string;
  const servers: RunningServer[] = [];
  beforeEach(() => {
    elsewhere = mkdtempSync(join(tmpdir(), 'anyvec-documents-'));
    process.chdir(elsewhere);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const server of servers.splice(0)) await server.close();
    process.chdir(here);
    rmSync(elsewhere, { recursive: true, force: true, maxRetries: 3 });
  });

  /** The documents name the usual ports. Here a server of this package listens on a free one for each host, and for Pinecone's service. */
  async function onServersHere(code: string): Promise<string> {
    const addresses = new Set(code.match(/(?<=\/\/)[a-z]+:6333|(?<=')pinecone:(?=')/g));
    let rewritten = code;
    for (const address of addresses) {
      const server = await serve({ dialect: address === 'pinecone:' ? 'pinecone' : 'qdrant' });
      servers.push(server);
      const { host } = new URL(server.url);
      rewritten = rewritten.replaceAll(address, address === 'pinecone:' ? `pinecone://${host}` : host);
    }
    return rewritten;
  }

  test.each(blocks.filter(({ notRun }) => notRun === undefined))('$name', async (block) => {
    const printed: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((...values) => {
      printed.push(values.map((value) => (typeof value === 'string' ? value : inspect(value, { depth: 2 }))).join(' '));
    });
    const { path } = writeBlock({ ...block, name: `run-${block.name}` }, directory);
    writeFileSync(path, await onServersHere(readFileSync(path, 'utf8')));
    await import(/* @vite-ignore */ path);
    let rest = printed.join(' ').replaceAll(/\s+/g, ' ');
    for (const promise of promisedOutput(block.code)) {
      expect(rest).toMatch(promise);
      rest = rest.replace(promise, '');
    }
  });
});
