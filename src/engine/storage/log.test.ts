import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VectorStoreError } from '../../errors.ts';
import type { FileSystem } from './filesystem.ts';
import { OperationLog } from './log.ts';
import { nodeFileSystem } from './node-filesystem.ts';
import type { Operation } from './operations.ts';

const dimension = 3;
const identity = { collection: '0123456789abcdef'.repeat(2), generation: 1 };
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

/** A log of {@link operations}, each durable before the next unless `unsynced`. */
async function written(name: string, unsynced = false): Promise<string> {
  const path = join(directory, name);
  const log = await OperationLog.create(nodeFileSystem, path, identity);
  for (const operation of operations) {
    await log.append(operation);
    if (!unsynced) await log.sync();
  }
  await log.close();
  return path;
}

async function replayed(path: string, fs: FileSystem = nodeFileSystem, durable = 0) {
  const seen: Operation[] = [];
  const { log, discarded } = await OperationLog.open(fs, path, identity, { durable, dimension }, (operation) => {
    seen.push(operation);
  });
  return { log, seen, discarded };
}

describe('the operation log', () => {
  it('gives back every operation, bit for bit', async () => {
    const { log, seen, discarded } = await replayed(await written('whole'));
    expect(seen).toEqual(operations);
    expect(discarded).toBeUndefined();
    await log.close();
  });

  it('gives back what comes after entries of other sizes, larger ones and smaller ones', async () => {
    const path = join(directory, 'sizes');
    const log = await OperationLog.create(nodeFileSystem, path, identity);
    const sizes = [10, 3_000_000, 20, 0, 9_000_000, 5, 70_000, 1];
    const removals = sizes.map<Operation>((size, i) => ({
      kind: 'remove',
      namespace: `${i}`,
      ids: ['x'.repeat(size)],
    }));
    for (const operation of removals) await log.append(operation);
    await log.close();
    const { log: again, seen } = await replayed(path);
    expect(seen).toEqual(removals);
    await again.close();
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
    for (let length = 32; length < bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length));
      const { log, seen, discarded } = await replayed(path);
      expect(operations.slice(0, seen.length)).toEqual(seen);
      expect(seen.length).toBeLessThan(operations.length);
      expect(discarded === undefined).toBe(log.byteLength === length);
      await log.close();
    }
  });

  it('every single-bit flip is damage, or a discarded last operation that is named; never other data', async () => {
    const source = await written('flip-source');
    const { seen, damaged, bits } = await flipped(source, 0);
    expect(seen).toEqual([operations.length - 1]);
    expect(damaged).toBeGreaterThan(bits / 2);
  });

  it('of a log that is known to have been durable to its end, every flip and every cut is damage', async () => {
    const source = await written('closed-source');
    const size = (await readFile(source)).length;
    const { seen, damaged, bits } = await flipped(source, size);
    expect(seen).toEqual([]);
    expect(damaged).toBe(bits);
    for (let length = size - 1; length >= 0; length--) {
      await truncate(source, length);
      await expect(replayed(source, nodeFileSystem, size)).rejects.toMatchObject({ code: 'Corruption' });
    }
  });

  it('of a log that was never made durable some later part may be there and an earlier one not: what is before it comes back', async () => {
    const { seen, damaged } = await flipped(await written('loose-source', true), 0);
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(damaged).toBe(32 * 8);
  });

  it('an entry is valid in its place, in its log only', async () => {
    const path = await written('moved');
    const bytes = await readFile(path);
    const other = { ...identity, generation: 2 };
    const open = OperationLog.open(nodeFileSystem, path, other, { durable: 0, dimension }, () => {});
    await expect(open).rejects.toMatchObject({ code: 'Corruption' });
    // Its own bytes once more.
    await writeFile(path, Buffer.concat([bytes, bytes.subarray(32)]));
    const { log, seen, discarded } = await replayed(path);
    expect(seen).toEqual(operations);
    expect(discarded).toContain(`${bytes.length - 32} bytes`);
    await log.close();
  });

  it('syncs that wait together are one', async () => {
    let syncs = 0;
    const counting: FileSystem = {
      ...nodeFileSystem,
      async open(...options) {
        const file = await nodeFileSystem.open(...options);
        return {
          ...file,
          async sync() {
            syncs += 1;
            await file.sync();
          },
        };
      },
    };
    const { log } = await replayed(await written('grouped'), counting);
    const appended: Promise<void>[] = [];
    for (let i = 0; i < 50; i++) {
      await log.append({ kind: 'remove', namespace: '', ids: [`${i}`] });
      const size = log.byteLength;
      appended.push(log.sync().then(() => expect(log.durableBytes).toBeGreaterThanOrEqual(size)));
    }
    await Promise.all(appended);
    expect(syncs).toBeLessThan(50);
    await log.sync();
    expect(log.durableBytes).toBe(log.byteLength);
    await log.close();
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

/** Real files that wait for no disk. */
const carefree: FileSystem = {
  ...nodeFileSystem,
  async open(path, options) {
    return { ...(await nodeFileSystem.open(path, options)), sync: async () => {} };
  },
};

/** Opens the log with each of its bits flipped: the numbers of operations that came back, and how many were refused as damage. */
async function flipped(source: string, durable: number): Promise<{ seen: number[]; damaged: number; bits: number }> {
  const bytes = await readFile(source);
  const path = `${source}-flipped`;
  const counts = new Set<number>();
  let damaged = 0;
  let bits = 0;
  // Every bit of the first bytes, then each third.
  for (let bit = 0; bit < bytes.length * 8; bit += bit < 32 * 8 ? 1 : 3) {
    bits += 1;
    const copy = Buffer.from(bytes);
    copy[bit >> 3]! ^= 1 << (bit & 7);
    await writeFile(path, copy);
    try {
      const { log, seen, discarded } = await replayed(path, carefree, durable);
      await log.close();
      expect(seen).toEqual(operations.slice(0, seen.length));
      expect(discarded).toContain('discarded');
      counts.add(seen.length);
    } catch (error) {
      if (!VectorStoreError.is(error)) throw error;
      expect(error.code).toBe('Corruption');
      damaged += 1;
    }
  }
  return { seen: [...counts].sort(), damaged, bits };
}

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
