import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import { printSeed, seed } from '../support/seed.ts';

printSeed('killed writers of files');

const deep = process.env.ANYVEC_DEEP === '1';
const writer = fileURLToPath(new URL('../support/file-writer.ts', import.meta.url));
const loader = new URL('../support/typescript-loader.mjs', import.meta.url).href;

/** Lets it write for a while, kills it without warning, and tells what it had said. */
function killedWriter(url: string, name: string, ms: number): Promise<{ acknowledged: number; flushed: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', loader, writer, url, name], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [said, problem] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), ms);
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      problem += text;
    });
    child.once('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself: ${problem}`));
      const last = (what: string) => Number([...said.matchAll(new RegExp(`^${what} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? 0);
      resolve({ acknowledged: last('a'), flushed: last('f') });
    });
  });
}

test.each<readonly [string, string]>([
  ['jsonl', 'records.jsonl'],
  ['parquet', 'data'],
  ...(deep ? [['jsonl', 'data'] as const, ['parquet', 'records.parquet'] as const] : []),
])(
  '%s:%s: a writer that is killed again and again loses nothing it was promised',
  { timeout: deep ? 600_000 : 120_000 },
  async (provider, path) => {
    const directory = mkdtempSync(join(tmpdir(), 'anyvec-killed-'));
    const url = `${provider}:${join(directory, path)}`;
    let promised = 0;
    try {
      for (let round = 0; round < (deep ? 20 : 3); round++) {
        const { acknowledged, flushed } = await killedWriter(url, 'records', 30 + ((seed + round * 97) % 200));
        // Lines are in the file when they are acknowledged, Parquet only when they are flushed.
        promised = Math.max(promised, provider === 'jsonl' ? acknowledged : flushed);
        const db = await connect(url);
        const store = await db.collection('records');
        let [found, highest] = [0, -1];
        for await (const { id, vector, payload } of store.scan()) {
          const { n } = payload as { n: number };
          expect(vector).toEqual(new Float32Array(8).fill(n));
          if (id === 'again') continue;
          expect([id, payload]).toEqual([`r${n}`, { n, text: 'x'.repeat(n % 300) }]);
          found++;
          highest = Math.max(highest, n);
        }
        expect(found).toBeGreaterThanOrEqual(promised);
        expect(highest).toBe(found - 1);
        // What the next writer goes on from must be without a gap.
        if ((await store.get('again')) !== undefined) await store.delete('again');
        await db.close();
      }
      expect(promised).toBeGreaterThan(20);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
