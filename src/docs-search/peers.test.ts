import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { VectorStoreError } from '../errors.ts';
import { loadMarked, loadOnnxRuntime, loadPeer, loadTokenizers } from './peers.ts';

/** How Node itself fails for a package that is not there. */
async function nodeFailure(): Promise<Error> {
  const script = "import('no-such-package').catch((error) => console.log(error.code))";
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return Object.assign(new Error('not found'), { code: stdout.trim() });
}

describe('the optional packages', () => {
  it('are loaded when they are installed', async () => {
    await expect(Promise.all([loadMarked(), loadOnnxRuntime(), loadTokenizers()])).resolves.toHaveLength(3);
  });

  it('that are missing are named with the command that installs all of them', async () => {
    const failure = await nodeFailure();
    const error = await loadPeer('marked', () => Promise.reject(failure)).catch((caught: unknown) => caught);
    expect(VectorStoreError.is(error, 'Unavailable')).toBe(true);
    const manifest = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    const peers = z.object({ peerDependencies: z.record(z.string(), z.string()) }).parse(manifest).peerDependencies;
    const [, command = ''] = /run: npm install (.*)$/.exec(String(error)) ?? [];
    expect(command.split(' ')).toEqual(['onnxruntime-web', '@huggingface/tokenizers', 'marked']);
    expect(Object.keys(peers)).toEqual(expect.arrayContaining(command.split(' ')));
  });

  it('that fail for another reason fail as they are', async () => {
    const cause = new Error('broken');
    await expect(loadPeer('marked', () => Promise.reject(cause))).rejects.toBe(cause);
  });
});
