import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ensureModel } from '../docs-search/model.ts';
import { VectorStoreError } from '../errors.ts';
import { commands } from './commands.ts';
import { describeError, exitCodeOf, UsageError } from './errors.ts';
import { main } from './main.ts';

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'anyvec-cli-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(project, { recursive: true, force: true });
});

/** Runs the command and catches what it prints. */
async function run(...argv: string[]) {
  const text = { out: '', err: '' };
  const into = (name: keyof typeof text) => (chunk: string | Uint8Array) => {
    text[name] += String(chunk);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(into('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(into('err'));
  const code = await main(argv);
  vi.restoreAllMocks();
  return { code, ...text };
}

describe('anyvec', () => {
  it('lists every command under --help, without escape codes, and exits with 0', async () => {
    const { code, out, err } = await run('--help');
    expect([code, err]).toEqual([0, '']);
    for (const [name, { description }] of commands) expect(out).toContain(`${name}    ${description}`);
    expect(out).not.toContain('\u001B');
  });

  it('shows the help on standard error and exits with 2 when no command is given', async () => {
    const { code, out, err } = await run();
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('COMMANDS');
  });

  it('prints the version of the package', async () => {
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['nope'], 'there is no command "nope"'],
    [['constructor'], 'there is no command "constructor"'],
    [['docs', '--nope', 'x'], "Unknown option '--nope'"],
    [['docs', 'x', '-k'], "Option '-k, --limit <value>' argument missing"],
    [['docs', 'x', '-k', '0'], '-k takes a whole number from 1 to 10000, not "0"'],
    [['docs', 'x', '-k', '2.5'], 'not "2.5"'],
    [['docs', 'x', '-k', '10001'], 'not "10001"'],
    [['docs', 'x', '--filter', '{nope'], '--filter is not JSON'],
    [['docs', '--json'], 'give a question'],
    [['docs', 'x', '--url', 'nothing'], 'url: it begins with no provider'],
    [['serve'], 'name one dialect, qdrant or pinecone'],
    [['serve', 'redis'], 'name one dialect, qdrant or pinecone'],
    [['serve', 'qdrant', '--port', '65536'], '--port takes a number from 0 to 65535, not "65536"'],
    [['serve', 'qdrant', '--host', '0.0.0.0'], 'which others can reach, needs a key'],
    [['conformance', '--backend', 'redis'], 'there is no provider of that name; known are native'],
    [['conformance', '--backend', 'qdrant', '--url', 'milvus://x'], '--url of qdrant begins with qdrant:'],
    [['conformance', '--backend', 'native', '--seed=x'], '--seed takes a whole number'],
    [['conformance', '--backend', 'native', '--index', 'hnsw'], '--index takes JSON such as'],
    [['conformance', '--backend', 'native', '--only', 'no such law'], 'no case has "no such law" in its name'],
  ])('exits with 2 and says in one line what is wrong with %j', async (argv, problem) => {
    const { code, out, err } = await run(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^anyvec: [^\n]*\n$/);
    expect(err).toContain(problem);
  });

  it('names model, licence, cache and packages under docs --help', async () => {
    const { code, out } = await run('docs', '--help');
    expect(code).toBe(0);
    for (const word of ['all-MiniLM-L6-v2', 'Apache-2.0', 'ANYVEC_CACHE', 'npm install onnxruntime-web', '--filter']) {
      expect(out).toContain(word);
    }
  });

  it('says NotFound, and exits with 1, where there is no node_modules', async () => {
    const { code, err } = await run('docs', 'x', '--dir', project, '--url', 'native:');
    expect(code).toBe(1);
    expect(err).toContain('npm install');
    expect(err).toMatch(/\[NotFound\]\n$/);
  });
});

// Loading the model takes seconds where other work keeps all cores busy.
describe('anyvec docs', { timeout: 90_000 }, () => {
  beforeEach(async () => {
    const { model } = await ensureModel({ cacheDir: join(import.meta.dirname, '../../.cache') });
    vi.stubEnv('ANYVEC_MODEL_DIR', join(model, '..'));
    vi.stubEnv('ANYVEC_CACHE', join(project, 'cache'));
    for (const [name, text] of [
      ['lru', 'A cache object that deletes the least recently used items once it holds the maximum number.'],
      ['tar', 'Packs and unpacks tar archives as a stream, without writing the entries to a disk in between.'],
    ]) {
      const directory = join(project, 'node_modules', name!);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'package.json'), JSON.stringify({ name, version: '1.0.0', license: 'MIT' }));
      await writeFile(join(directory, 'README.md'), `# ${name}\n\n${text}\n`);
    }
  }, 180_000);

  it('answers, and is silent about the index the second time', async () => {
    const first = await run('docs', 'unpack', 'an', 'archive', '--dir', project, '-k', '1');
    expect(first.code).toBe(0);
    expect(first.err).toContain('indexed 2 sections');
    expect(first.out).toMatch(/^ {2}1 {2}0\.\d{3} tar 1\.0\.0\n {11}tar\/README\.md#tar\n {11}Packs and unpacks/);
    const second = await run('docs', 'unpack an archive', '--dir', project, '-k', '1');
    expect(second).toEqual({ code: 0, out: first.out, err: '' });
  });

  it('prints one JSON object with --json, filtered', async () => {
    const filter = '{"package":"lru"}';
    const { code, out } = await run('docs', 'unpack an archive', '--dir', project, '--json', '--filter', filter);
    expect(code).toBe(0);
    const { question, matches } = JSON.parse(out);
    expect(question).toBe('unpack an archive');
    expect(matches).toHaveLength(1);
    expect(matches[0]).toMatchObject({ package: 'lru', license: 'MIT', file: 'README.md', score: expect.any(Number) });
  });

  it('refuses a wrong filter before it indexes anything, and exits with 2', async () => {
    const { code, err } = await run('docs', 'x', '--dir', project, '--filter', '{"package":{"$like":"x"}}');
    expect(code).toBe(2);
    expect(existsSync(join(project, 'cache'))).toBe(false);
    expect(err).toMatch(/\$like.*\[InvalidArgument\]\n$/s);
  });
});

describe('errors', () => {
  it('exit with 2 for wrong usage or input, 130 after Ctrl-C, else 1', () => {
    const codes = [
      new UsageError('x'),
      new VectorStoreError('InvalidArgument', 'x'),
      new VectorStoreError('Aborted', 'x'),
      new Error('x'),
      'x',
    ];
    expect(codes.map(exitCodeOf)).toEqual([2, 2, 130, 1, 1]);
  });

  it('show stacks and causes only with DEBUG', () => {
    const error = new VectorStoreError('Internal', 'outer', { cause: new Error('inner') });
    expect(describeError(error, {})).toBe('anyvec: outer [Internal]');
    expect(describeError(error, { DEBUG: '1' })).toMatch(
      /outer \[Internal\]\n.*main\.test\.ts.*caused by Error: inner/s,
    );
  });
});
