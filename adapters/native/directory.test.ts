import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { connect, type VectorDatabase } from '../../src/index.ts';

const made: string[] = [];
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true, force: true }))));
async function emptyDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'anyvec-native-'));
  made.push(path);
  return path;
}
async function withDatabase<T>(path: string, use: (db: VectorDatabase) => Promise<T>): Promise<T> {
  await using db = await connect(`native:${path}`);
  return await use(db);
}
const spec = { dimension: 2, metric: 'cosine', fields: { lang: 'keyword', at: 'datetime' } } as const;

describe('a directory', () => {
  it('gives back after a restart what was acknowledged, bit for bit', async () => {
    const path = await emptyDirectory();
    const vector = new Float32Array([0.1, -3e-39]);
    const payload = JSON.parse('{"lang":"en","nested":{"a":[null,{"b":"\\u0000😀"}]},"__proto__":{"x":1},"n":-1.5}');
    await withDatabase(path, async (db) => {
      const store = await db.createCollection('kept', spec);
      await store.upsert([
        { id: 'a', vector, payload },
        { id: 'b', vector: null, payload: { lang: 'de' } },
        { id: 'gone', vector: [1, 1] },
      ]);
      await store.namespace('tenant/1').upsert({ id: 'a', vector: [0, 1], payload: { lang: 'fr' } });
      await store.setPayload('b', { lang: ['x', 'y'] });
      await store.delete('gone');
    });
    await withDatabase(path, async (db) => {
      const store = await db.collection('kept');
      expect(await db.listCollections()).toMatchObject([{ name: 'kept', ...spec, managed: true }]);
      const [a, b, gone] = await store.get(['a', 'b', 'gone']);
      expect(a!.vector).toEqual(vector);
      expect(JSON.stringify(a!.payload)).toBe(JSON.stringify(payload));
      expect(b).toEqual({ id: 'b', vector: null, payload: { lang: ['x', 'y'] } });
      expect(gone).toBeUndefined();
      expect(await store.listNamespaces()).toEqual(['tenant/1']);
      expect((await store.namespace('tenant/1').get('a'))?.payload).toEqual({ lang: 'fr' });
      expect(await store.count({ lang: 'y' })).toBe(1);
      expect((await store.stats()).recovery).toEqual([]);
    });
  });

  it('is held by one database at a time, and free again after close', async () => {
    const path = await emptyDirectory();
    await withDatabase(path, async () => {
      await expect(connect(`native:${path}`)).rejects.toMatchObject({
        code: 'Conflict',
        message: expect.stringContaining(String(process.pid)),
      });
    });
    await withDatabase(path, async (db) => expect(await db.listCollections()).toEqual([]));
  });

  it('is held whatever path it is reached by, and whatever thread of this process has it', async () => {
    const path = await emptyDirectory();
    const alias = `${path}-alias`;
    await symlink(path, alias);
    made.push(alias);
    await withDatabase(path, () => expect(connect(`native:${alias}`)).rejects.toMatchObject({ code: 'Conflict' }));
    const ended = once(
      new Worker(`require('fs').writeFileSync(${JSON.stringify(join(path, 'LOCK'))}, process.pid + '\\n')`, {
        eval: true,
      }),
      'exit',
    );
    await ended;
    await expect(connect(`native:${path}`)).rejects.toMatchObject({ code: 'Conflict' });
    // From before this process began: another one had the same id.
    await utimes(join(path, 'LOCK'), 1, 1);
    await withDatabase(path, async (db) => expect(await db.listCollections()).toEqual([]));
  });

  it('is taken over from a process that died', async () => {
    const path = await emptyDirectory();
    await writeFile(join(path, 'LOCK'), '999999999\n');
    await withDatabase(path, async (db) => expect(await db.listCollections()).toEqual([]));
  });

  it('discards an interrupted write, and says so', async () => {
    const path = await emptyDirectory();
    await withDatabase(path, async (db) => (await db.createCollection('c', spec)).upsert({ id: 'a', vector: [1, 0] }));
    await appendFile(join(path, 'c_c/records-1.log'), Buffer.from([9, 0, 0]));
    await withDatabase(path, async (db) => {
      const store = await db.collection('c');
      expect(await store.count()).toBe(1);
      expect((await store.stats()).recovery).toEqual([expect.stringContaining('discarded an incomplete')]);
    });
  });

  it('refuses damaged files with Corruption and the file at fault', async () => {
    for (const file of ['manifest', 'records-1.log']) {
      const path = await emptyDirectory();
      await withDatabase(path, async (db) => {
        const store = await db.createCollection('c', spec);
        for (const id of ['a', 'b', 'c']) await store.upsert({ id, vector: [1, 0] });
      });
      const name = join(path, 'c_c', file);
      const bytes = await readFile(name);
      bytes[40]! ^= 1;
      await writeFile(name, bytes);
      await withDatabase(path, (db) =>
        expect(db.collection('c')).rejects.toMatchObject({
          code: 'Corruption',
          message: expect.stringContaining(file),
        }),
      );
    }
  });

  it('is saved as a snapshot once much was written, and loses nothing by it', async () => {
    const path = await emptyDirectory();
    const ids = Array.from({ length: 500 }, (_, i) => `r${i}`);
    await withDatabase(path, async (db) => {
      const store = await db.createCollection('c', spec);
      for (let round = 0; round < 40; round++)
        await store.upsert(
          ids.map((id, i) => ({ id, vector: [i + 1, round + 1], payload: { round, text: 'x'.repeat(20) } })),
        );
      await store.delete(ids.slice(0, 100));
    });
    expect((await readdir(join(path, 'c_c'))).sort()).toEqual(['index-0', 'manifest', 'records-2.log', 'snapshot-2']);
    for (const originals of ['disk', 'memory']) {
      await using db = await connect(`native:${path}?originals=${originals}`);
      const store = await db.collection('c');
      expect(await store.count()).toBe(400);
      expect(await store.count({ round: 39 })).toBe(400);
      expect((await store.get('r499'))?.vector).toEqual(new Float32Array([500, 40]));
      expect((await store.search([500, 40], { k: 1 }))[0]?.id).toBe('r499');
    }
  });

  it('drops a collection with its files, and clears away what a crash left half done', async () => {
    const path = await emptyDirectory();
    await withDatabase(path, async (db) => {
      await db.createCollection('c', spec);
      expect(await db.dropCollection('c')).toBe(true);
      expect(await db.dropCollection('c')).toBe(false);
      expect(await readdir(path)).toEqual(['LOCK']);
      await db.createCollection('c', { ...spec, dimension: 3 });
    });
    await writeFile(join(path, 'tmp_half'), '');
    await withDatabase(path, async (db) => expect((await db.collection('c')).dimension).toBe(3));
    expect(await readdir(path)).toEqual(['c_c']);
  });

  it('a collection opened with other settings than stored is a Conflict', async () => {
    const path = await emptyDirectory();
    await withDatabase(path, (db) => db.createCollection('c', spec));
    await withDatabase(path, async (db) => {
      await expect(db.collection('c', { fields: { lang: 'text' } })).rejects.toMatchObject({
        code: 'Conflict',
        message: expect.stringContaining('fields'),
      });
      await expect(db.createCollection('c', { ...spec, dimension: 3 }, { ifExists: 'open' })).rejects.toMatchObject({
        code: 'Conflict',
      });
      expect((await db.createCollection('c', spec, { ifExists: 'open' })).dimension).toBe(2);
      await expect(db.createCollection('c', spec)).rejects.toMatchObject({ code: 'AlreadyExists' });
    });
  });
});
