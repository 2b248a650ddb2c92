import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VectorStoreError } from '../../errors.ts';
import { crc32c } from './crc32c.ts';
import type { FileSystem } from './filesystem.ts';
import { OperationLog } from './log.ts';
import { nodeFileSystem } from './node-filesystem.ts';
import type { Operation } from './operations.ts';

const dimension = 3;
const operations: Operation[] = [
  {
    kind: 'put',
    namespace: '',
    records: [{ slot: 0, id: 'a', vector: new Float32Array([1, -0, 0.1]), payload: { x: [1, null, { y: 'ü😀\0' }] } }],
  },
  { kind: 'put', namespace: 'tenant', records: [{ slot: 7, id: 'b', vector: null, payload: {} }] },
  { kind: 'payload', namespace: '', entries: [{ id: 'a', payload: { x: 2 } }] },
  { kind: 'remove', namespace: 'tenant', ids: ['b', 'c'] },
];
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-log-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function written(name: string): Promise<string> {
  const path = join(directory, name);
  const log = await OperationLog.create(nodeFileSystem, path);
  for (const operation of operations) await log.append(operation);
  await log.close();
  return path;
}

async function replayed(path: string, fs: FileSystem = nodeFileSystem) {
  const seen: Operation[] = [];
  const { log, discarded } = await OperationLog.open(fs, path, dimension, (operation) => seen.push(operation));
  return { log, seen, discarded };
}

describe('the operation log', () => {
  it('CRC-32C has the published check value', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('gives back every operation, bit for bit', async () => {
    const { log, seen, discarded } = await replayed(await written('whole'));
    expect(seen).toEqual(operations);
    expect(discarded).toBeUndefined();
    await log.close();
  });

  it('goes on after a reopen', async () => {
    const path = await written('reopened');
    const { log } = await replayed(path);
    await log.append({ kind: 'remove', namespace: '', ids: ['z'] });
    await log.close();
    const again = await replayed(path);
    expect(again.seen).toEqual([...operations, { kind: 'remove', namespace: '', ids: ['z'] }]);
    await again.log.close();
  });

  it('cut at any byte: the whole operations before the cut come back, the rest is named', async () => {
    const bytes = await readFile(await written('cut-source'));
    const path = join(directory, 'cut');
    for (let length = 8; length < bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length));
      const { log, seen, discarded } = await replayed(path);
      expect(operations.slice(0, seen.length)).toEqual(seen);
      expect(seen.length).toBeLessThan(operations.length);
      expect(discarded === undefined).toBe(log.byteLength === length);
      await log.close();
    }
  });

  it('every single-bit flip is damage, or a discarded last operation that is named; never other data', async () => {
    const bytes = await readFile(await written('flip-source'));
    const path = join(directory, 'flip');
    let damaged = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await writeFile(path, flipped);
      try {
        const { log, seen, discarded } = await replayed(path);
        await log.close();
        expect(seen).toEqual(operations.slice(0, -1));
        expect(discarded).toContain('discarded');
      } catch (error) {
        if (!VectorStoreError.is(error)) throw error;
        expect(error.code).toBe('Corruption');
        damaged += 1;
      }
    }
    expect(damaged).toBeGreaterThan(bytes.length * 4);
  });

  it('a failed write appends nothing, and the log goes on', async () => {
    const path = await written('full');
    const failing = faulty('write', 2);
    const { log } = await replayed(path, failing);
    await log.append({ kind: 'remove', namespace: '', ids: ['1'] });
    await expect(log.append({ kind: 'remove', namespace: '', ids: ['2'] })).rejects.toThrow('no space');
    await log.append({ kind: 'remove', namespace: '', ids: ['3'] });
    await log.close();
    const { log: again, seen } = await replayed(path);
    expect(seen.slice(operations.length)).toEqual([
      { kind: 'remove', namespace: '', ids: ['1'] },
      { kind: 'remove', namespace: '', ids: ['3'] },
    ]);
    await again.close();
  });

  it('a failed sync stops all further writes', async () => {
    const { log } = await replayed(await written('unsynced'), faulty('sync', 1));
    await expect(log.sync()).rejects.toMatchObject({ code: 'Durability' });
    await expect(log.append(operations[0]!)).rejects.toMatchObject({ code: 'Durability' });
    await expect(log.sync()).rejects.toMatchObject({ code: 'Durability' });
    await log.close();
  });
});

/** Real files whose n-th call of one method fails half-way. */
function faulty(method: 'write' | 'sync', nth: number): FileSystem {
  let calls = 0;
  return {
    ...nodeFileSystem,
    async open(path, options) {
      const file = await nodeFileSystem.open(path, options);
      return {
        ...file,
        write: async (offset, bytes) => {
          if (method !== 'write' || ++calls !== nth) return file.write(offset, bytes);
          await file.write(offset, bytes.subarray(0, bytes.length >> 1));
          throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        },
        sync: async () => {
          if (method === 'sync' && ++calls === nth) throw Object.assign(new Error('disk gone'), { code: 'EIO' });
          return file.sync();
        },
      };
    },
  };
}
