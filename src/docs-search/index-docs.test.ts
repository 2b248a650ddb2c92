import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { connect } from '../connect.ts';
import { VectorStoreError } from '../errors.ts';
import { ask } from './ask.ts';
import { measure, overlap } from './compare.ts';
import { type Embedder, openEmbedder } from './embedder.ts';
import { EmbeddingCache } from './embedding-cache.ts';
import { indexSections } from './index-docs.ts';
import { ensureModel, modelInfo } from './model.ts';
import { collectSections } from './sections.ts';

const readmes = {
  pump: 'Pipes streams together and destroys all of them if one of them closes, so that no file handle leaks.',
  lru: 'A cache object that deletes the least recently used items once it holds the maximum number of values.',
  tar: 'Packs and unpacks tar archives as a stream, without writing the entries to a disk in between.',
  argv: 'Parses command line arguments into an object with named options, flags and positional values.',
};
const collection = 'docs-test';
let embedder: Embedder;
let project: string;
let cache: EmbeddingCache;

beforeAll(async () => {
  embedder = await openEmbedder(await ensureModel({ cacheDir: join(import.meta.dirname, '../../.cache') }));
}, 180_000);
afterAll(() => embedder.close());
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'anyvec-docs-'));
  cache = await EmbeddingCache.open(join(project, 'embeddings.bin'), modelInfo.checksum, modelInfo.dimension);
  for (const [name, text] of Object.entries(readmes)) await addPackage(name, text);
});
afterEach(() => rm(project, { recursive: true, force: true }));

async function addPackage(name: string, text: string): Promise<void> {
  const file = join(project, 'node_modules', name, 'README.md');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `# ${name}\n\n${text}\n`);
  const license = name === 'tar' ? 'ISC' : 'MIT';
  await writeFile(
    join(file, '../package.json'),
    JSON.stringify({ name, version: '1.0.0', license, keywords: [name, 'tool'] }),
  );
}

const neverEmbed = () => Promise.reject(new Error('nothing should have to be embedded'));
const url = () => `native:${join(project, 'db')}`;

async function index(embed: () => Promise<Embedder> = async () => embedder, signal?: AbortSignal) {
  const db = await connect(url());
  try {
    const sections = await collectSections(project);
    const { report, store } = await indexSections(db, sections, { collection, cache, embedder: embed, signal });
    return { ...report, count: await store.count() };
  } finally {
    await db.close();
  }
}

describe('indexSections', { timeout: 60_000 }, () => {
  it('embeds everything once, and nothing when nothing changed', async () => {
    expect(await index()).toMatchObject({ total: 4, written: 4, embedded: 4, unchanged: 0, removed: 0, count: 4 });
    expect(await index(neverEmbed)).toMatchObject({ written: 0, embedded: 0, unchanged: 4, removed: 0, count: 4 });
  });

  it('embeds only what changed, and removes what is gone', async () => {
    await index();
    await addPackage(
      'lru',
      'Something else entirely: it draws charts of the weather in the mountains for the next ten days.',
    );
    await addPackage(
      'new',
      'Compares version numbers and tells which one is newer according to semantic versioning rules.',
    );
    await rm(join(project, 'node_modules/tar'), { recursive: true });
    expect(await index()).toMatchObject({ total: 4, written: 2, embedded: 2, unchanged: 2, removed: 1, count: 4 });
  });

  it('takes cached embeddings for another database', async () => {
    await index();
    await rm(join(project, 'db'), { recursive: true });
    expect(await index(neverEmbed)).toMatchObject({ written: 4, embedded: 0, count: 4 });
  });

  it('keeps what was embedded when it is aborted', async () => {
    const controller = new AbortController();
    const interrupted: Embedder = {
      ...embedder,
      dimension: embedder.dimension,
      async *stream(texts, signal) {
        for await (const embedded of embedder.stream(texts, signal)) {
          yield embedded;
          controller.abort();
        }
      },
    };
    const error = await index(async () => interrupted, controller.signal).catch((caught: unknown) => caught);
    expect(VectorStoreError.is(error, 'Aborted')).toBe(true);
    const saved = await EmbeddingCache.open(join(project, 'embeddings.bin'), modelInfo.checksum, modelInfo.dimension);
    expect(saved.size).toBeGreaterThanOrEqual(1);
  });

  it('replaces a collection of its name that has another shape', async () => {
    const db = await connect(url());
    await db.createCollection(collection, { dimension: 3, metric: 'dot' });
    await db.close();
    expect(await index()).toMatchObject({ written: 4, count: 4 });
  });
});

describe('ask', { timeout: 60_000 }, () => {
  it('finds by meaning, filters by payload, and refuses what is no question or no filter', async () => {
    const db = await connect('native:');
    const sections = await collectSections(project);
    const { store } = await indexSections(db, sections, { collection, cache, embedder: async () => embedder });
    const [best, ...others] = await ask(store, embedder, 'keep what was needed most recently in memory', { k: 2 });
    expect(best?.payload).toMatchObject({ package: 'lru', license: 'MIT', keywords: ['lru', 'tool'], kind: 'readme' });
    expect(others).toHaveLength(1);
    const isc = await ask(store, embedder, 'keep what was needed most recently in memory', {
      filter: { license: 'ISC' },
    });
    expect(isc.map(({ payload }) => payload.package)).toEqual(['tar']);
    const empty = await ask(store, embedder, ' \n').catch((error: unknown) => error);
    expect(VectorStoreError.is(empty, 'InvalidArgument')).toBe(true);
    const wrong = await ask(store, embedder, 'x', { filter: JSON.parse('{"license":null}') }).catch(
      (error: unknown) => error,
    );
    expect(VectorStoreError.is(wrong, 'InvalidArgument')).toBe(true);
    await db.close();
  });
});

describe('measure', { timeout: 60_000 }, () => {
  it('gives the answers of every backend with figures that were measured', async () => {
    const sections = await collectSections(project);
    const corpus = { sections, found: sections.length, cache, embedder: async () => embedder, close: async () => {} };
    const comparison = { collection, questions: ['unpack an archive', 'read options from argv'], k: 2 };
    const one = await measure(url(), corpus, comparison);
    const two = await measure(`${url()}-2`, corpus, comparison);
    expect(one.answers.map(([best]) => best?.payload.package)).toEqual(['tar', 'argv']);
    expect(overlap(one.answers, two.answers)).toEqual({ same: 4, of: 4 });
    expect(overlap(one.answers, [two.answers[1]!, two.answers[0]!]).same).toBeLessThan(4);
    for (const { searchMs, openMs, embedMs, diskBytes } of [one, two]) {
      for (const figure of [searchMs, openMs, embedMs, diskBytes]) expect(figure).toBeGreaterThan(0);
    }
  });
});
