import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VectorDatabase } from '../../src/database.ts';
import { VectorStoreError } from '../../src/errors.ts';
import {
  type MigrationProgress,
  migrate,
  plan,
  type RecordMap,
  renderReport,
  verify,
} from '../../src/migrate/index.ts';
import { Random } from '../crash/random.ts';
import { Ends, secret } from './ends.ts';
import { intercepted } from './intercepted.ts';
import { anyVector, dimension, fill, problemsOf, type TestRecord, within } from './records.ts';

let ends: Ends;
let source: VectorDatabase;
let target: VectorDatabase;

beforeEach(async () => {
  ends = new Ends();
  source = await ends.open({ provider: 'native' });
  target = await ends.open({ provider: 'native' });
});
afterEach(() => ends[Symbol.asyncDispose]());

/** So many records in each of three namespaces. */
function numbered(count: number): Map<string, Map<string, TestRecord>> {
  const random = new Random(count);
  const records = (namespace: string) =>
    new Map(
      Array.from({ length: count }, (_, n) => [
        `${namespace}-${n}`,
        { id: `${namespace}-${n}`, payload: { n, even: n % 2 === 0 }, vector: anyVector(random) },
      ]),
    );
  return new Map(['', 'a', 'b'].map((namespace) => [namespace, records(namespace)]));
}

describe('the plan', () => {
  it('counts, and writes nothing anywhere', async () => {
    const path = ends.directory();
    const files = await ends.open({ provider: 'jsonl', path });
    await fill(source, 'c', numbered(10), 'euclidean');
    const before = readdirSync(path);
    const planned = await plan(source, files);
    expect(planned).toMatchObject({
      records: 30,
      refused: [],
      collections: [{ source: 'c', target: 'c', exists: false }],
    });
    expect(planned.collections[0]!.namespaces.map(({ source: name, records }) => [name, records])).toEqual([
      ['', 10],
      ['a', 10],
      ['b', 10],
    ]);
    expect(readdirSync(path)).toEqual(before);
    expect(await files.listCollections()).toEqual([]);
  });

  it('refuses a target that has the collection, and leaves it as it was', async () => {
    const content = numbered(10);
    await fill(source, 'c', content, 'euclidean');
    const other = numbered(5);
    await fill(target, 'c', other, 'euclidean');
    expect((await plan(source, target)).refused.map(({ code }) => code)).toEqual(['collection-exists']);
    await expect(migrate(source, target)).rejects.toMatchObject({ code: 'Unsupported' });
    expect(await problemsOf(target, 'c', other)).toEqual([]);
  });

  it('refuses what is impossible: names, dimensions, a target that is another one, and collections that would become one', async () => {
    await fill(source, 'c', numbered(2), 'euclidean');
    await source.createCollection('d', { dimension, metric: 'euclidean' });
    await target.createCollection('cosine', { dimension, metric: 'cosine' });
    const codes = async (collections: { [name: string]: string }, spec = {}) =>
      (await plan(source, target, { collections, spec, ifExists: 'append' })).refused.map(({ code }) => code);
    expect(await codes({ c: 'No Such Name' })).toEqual(['collection-name']);
    expect(await codes({ c: 'c' }, { dimension: 10_000_000 })).toEqual(['dimension']);
    expect(await codes({ c: 'cosine' })).toEqual(['collection-differs']);
    await expect(plan(source, target, { collections: { c: 'x', d: 'x' } })).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    await expect(plan(source, target, { collections: ['e'] })).rejects.toMatchObject({ code: 'NotFound' });
    await expect(plan(source, source)).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect((await target.listCollections()).map(({ name }) => name)).toEqual(['cosine']);
  });

  it('finds rounding where vectors are normalised, which is under cosine only', async () => {
    for (const metric of ['cosine', 'dot', 'euclidean'] as const) await fill(source, metric, numbered(2), metric);
    const qdrant = await ends.fresh('qdrant');
    const rounded = async (options = {}) =>
      (await plan(source, qdrant, { allowLossy: [], ...options })).refused.map(({ code, what }) => [what, code]);
    expect(await rounded()).toEqual([['cosine', 'vector-rounding']]);
    expect(await migrate(source, qdrant, { collections: ['dot'], allowLossy: [] })).toMatchObject({
      ok: true,
      verification: { collections: [{ vectors: 'bits' }] },
    });
    await fill(qdrant, 'cosine', numbered(2), 'cosine');
    expect(await rounded({ ifExists: 'append' })).toEqual([['cosine', 'vector-rounding']]);
  });

  it('refuses a target that is only read', async () => {
    const path = join(ends.directory(), 'foreign.jsonl');
    writeFileSync(path, '{"id":"1","embedding":[1,2,3]}\n');
    await fill(source, 'foreign', numbered(2), 'euclidean');
    const files = await ends.open({ provider: 'jsonl', path });
    await expect(migrate(source, files, { ifExists: 'append' })).rejects.toMatchObject({ code: 'Unsupported' });
    expect(readFileSync(path, 'utf8')).toBe('{"id":"1","embedding":[1,2,3]}\n');
  });

  it('finds every record that the target cannot hold; with consent they are left out, listed, and nothing else is', async () => {
    const content = numbered(20);
    const [withoutVector, tooLarge] = ['a-3', 'b-7'];
    content.get('a')!.set(withoutVector, { id: withoutVector, payload: {}, vector: null });
    const large = { id: tooLarge, payload: { text: 'é'.repeat(30_000) }, vector: anyVector(new Random(1)) };
    content.get('b')!.set(tooLarge, large);
    await fill(source, 'c', content, 'euclidean');
    const pinecone = await ends.fresh('pinecone');
    const { refused } = await plan(source, pinecone);
    expect(refused.map(({ code, count, ids }) => ({ code, count, ids }))).toEqual([
      { code: 'null-vector', count: 1, ids: [withoutVector] },
      { code: 'payload-too-large', count: 1, ids: [tooLarge] },
    ]);
    const one = { allowLossy: ['null-vector'] as const };
    await expect(migrate(source, pinecone, one)).rejects.toMatchObject({ code: 'Unsupported' });
    expect(await pinecone.listCollections()).toEqual([]);
    const report = await migrate(source, pinecone, { allowLossy: ['null-vector', 'payload-too-large'] });
    expect(report).toMatchObject({
      ok: true,
      verification: { state: 'unverified', collections: [{ unverifiable: 2 }] },
    });
    expect(report.copy.leftOut.map(({ namespace, id, code }) => [namespace, id, code])).toEqual([
      ['a', withoutVector, 'null-vector'],
      ['b', tooLarge, 'payload-too-large'],
    ]);
    content.get('a')!.delete(withoutVector);
    content.get('b')!.delete(tooLarge);
    expect(await problemsOf(pinecone, 'c', content)).toEqual([]);
  });
});

describe('the copy', () => {
  it('renames collections and namespaces, takes those asked for, and only records that match', async () => {
    const content = numbered(20);
    await fill(source, 'c', content, 'euclidean');
    await source.createCollection('other', { dimension, metric: 'dot' });
    const options = { collections: { c: 'd' }, namespaces: { a: '', '': 'was-default' }, where: { even: true } };
    expect(await migrate(source, target, options)).toMatchObject({ ok: true, copy: { read: 20, written: 20 } });
    const even = (namespace: string) => new Map([...content.get(namespace)!].filter(([, { payload }]) => payload.even));
    expect(await target.listCollections()).toMatchObject([{ name: 'd' }]);
    expect(
      await problemsOf(
        target,
        'd',
        new Map([
          ['', even('a')],
          ['was-default', even('')],
        ]),
      ),
    ).toEqual([]);
    expect(await verify(source, target, { ...options, where: {} })).toMatchObject({ ok: false });
  });

  it('writes what a map makes of records: another, several or none, also of another dimension; and finds two made one', async () => {
    await fill(source, 'c', numbered(20), 'euclidean');
    const map: RecordMap = ({ id, payload }, { namespace }) => {
      const n = Number(payload.n);
      if (n % 3 === 0) return undefined;
      const made = (name: string) => ({ id: name, vector: [n, 1], payload: { from: namespace } });
      return n % 3 === 1 ? made(id) : [made(`${id}-x`), made(`${id}-y`)];
    };
    const options = { map, spec: { dimension: 2 } };
    expect(await migrate(source, target, options)).toMatchObject({ ok: true, copy: { read: 60, written: 57 } });
    const store = await target.collection('c');
    expect(await store.namespace('a').get(['a-1', 'a-2', 'a-2-x', 'a-3'])).toMatchObject([
      { vector: Float32Array.of(1, 1), payload: { from: 'a' } },
      undefined,
      { vector: Float32Array.of(2, 1) },
      undefined,
    ]);
    const collides: RecordMap = (record) =>
      record.payload.n === 7 ? { ...record, id: 'one' } : record.payload.n === 8 ? { ...record, id: 'one' } : record;
    const report = await migrate(source, target, { map: collides, collections: { c: 'collides' } });
    expect(report.ok).toBe(false);
    const differences = report.verification!.collections[0]!.differences.filter(({ kinds }) =>
      kinds.includes('duplicate'),
    );
    expect(differences.map(({ namespace, id }) => [namespace, id])).toEqual(
      ['', 'a', 'b'].map((name) => [name, 'one']),
    );
  });

  it('is no faster than asked for', async () => {
    await fill(source, 'c', numbered(50), 'euclidean');
    const { copy } = await migrate(source, target, { rate: 300, batchSize: 10 });
    expect(copy.elapsedMs).toBeGreaterThan(450);
    expect(copy.elapsedMs).toBeLessThan(5_000);
  });

  it('reports its progress: phases in their order, each up to its total', async () => {
    await fill(source, 'c', numbered(50), 'euclidean');
    const seen: MigrationProgress[] = [];
    await migrate(source, target, { batchSize: 10, onProgress: (progress) => seen.push(progress) });
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['copy', 'verify']);
    for (const [phase, total] of [
      ['copy', 150],
      ['verify', 300],
    ] as const) {
      const own = seen.filter((progress) => progress.phase === phase);
      expect(own.every((progress, i) => progress.done >= (own[i - 1]?.done ?? 0) && progress.total === total)).toBe(
        true,
      );
      expect(own.at(-1)).toMatchObject({ done: total });
    }
    expect(seen.filter(({ phase }) => phase === 'copy').length).toBeGreaterThanOrEqual(15);
  });

  it('appends to a collection that exists, beside its records; and repairs only what differs', async () => {
    const content = numbered(20);
    await fill(source, 'c', content, 'euclidean');
    const store = await target.createCollection('c', { dimension, metric: 'euclidean' });
    await store.upsert({ id: 'own', vector: anyVector(new Random(1)) });
    expect(await migrate(source, target, { ifExists: 'append' })).toMatchObject({ ok: true });
    expect(await store.count()).toBe(21);
    await store.delete('own');
    await store.delete('-3');
    await within(store, 'b').upsert({ id: 'b-4', vector: anyVector(new Random(2)), payload: {} });
    const report = await migrate(source, target, { repair: true });
    expect(report).toMatchObject({ ok: true, copy: { written: 2, present: 58 } });
    expect(await problemsOf(target, 'c', content)).toEqual([]);
  });

  it('goes on after an error that may pass, and stops at one that will not', { timeout: 20_000 }, async () => {
    const content = new Map([['', numbered(40).get('')!]]);
    await fill(source, 'c', content, 'euclidean');
    let calls = 0;
    const flaky = intercepted(target, 'upsert', async (upsert, ...given) => {
      calls += 1;
      if (calls === 3) throw new VectorStoreError('Unavailable', 'for a moment', { retryable: true });
      return upsert(...given);
    });
    // The collection is created through the database itself.
    await target.createCollection('c', { dimension, metric: 'euclidean' });
    expect(await migrate(source, flaky, { ifExists: 'append', batchSize: 10 })).toMatchObject({ ok: true });
    expect(calls).toBeGreaterThan(4);
    expect(await problemsOf(target, 'c', content)).toEqual([]);
    const broken = intercepted(target, 'upsert', async () => {
      throw new VectorStoreError('Unauthenticated', 'no');
    });
    await expect(migrate(source, broken, { ifExists: 'append' })).rejects.toMatchObject({ code: 'Unauthenticated' });
  });
});

describe('a migration that stops', () => {
  it('is resumed where it was: what was acknowledged is not written again', async () => {
    const content = numbered(100);
    await fill(source, 'c', content, 'euclidean');
    const stateDirectory = ends.directory();
    const options = { stateDirectory, batchSize: 10, checkpointEveryMs: 1, concurrency: 1 };
    await stopped(120, options);
    await expect(migrate(source, target, options)).rejects.toMatchObject({ code: 'Conflict' });
    const report = await migrate(source, target, { ...options, resume: true });
    expect(report).toMatchObject({ ok: true, copy: { read: 300, resumed: true } });
    expect(report.copy.written).toBeLessThanOrEqual(200);
    expect(await problemsOf(target, 'c', content)).toEqual([]);
    // A finished one can be verified again, and leaves its directory for another.
    expect(await migrate(source, target, { ...options, resume: true })).toMatchObject({
      ok: true,
      copy: { written: 0 },
    });
    expect(await migrate(source, target, { ...options, collections: { c: 'd' } })).toMatchObject({ ok: true });
  });

  it('is not resumed with another source, target, filter, mapping or map, nor from a file that is none of ours', async () => {
    await fill(source, 'c', numbered(100), 'euclidean');
    const stateDirectory = ends.directory();
    const options = { stateDirectory, batchSize: 10, checkpointEveryMs: 1, sourceName: 's', targetName: 't' };
    await expect(migrate(source, target, { ...options, resume: true })).rejects.toMatchObject({ code: 'NotFound' });
    await stopped(120, options);
    const others = [
      { sourceName: 'x' },
      { targetName: 'x' },
      { where: { even: true } },
      { collections: { c: 'd' } },
      { namespaces: ['a'] },
      { map: (record: TestRecord) => record },
      { spec: { metric: 'dot' } as const },
    ];
    for (const other of others)
      await expect(
        migrate(source, target, { ...options, ...other, resume: true }),
        JSON.stringify(other),
      ).rejects.toMatchObject({ code: 'Conflict' });
    await expect(migrate(source, await ends.fresh('jsonl'), { ...options, resume: true })).rejects.toMatchObject({
      code: 'Conflict',
    });
    expect(await migrate(source, target, { ...options, resume: true })).toMatchObject({ ok: true });
    writeFileSync(join(stateDirectory, 'checkpoint.json'), '{"format":"something else"}');
    await expect(migrate(source, target, { ...options, resume: true })).rejects.toMatchObject({ code: 'Corruption' });
  });

  it('is not resumed with another database of the same name: a source of other records, a target that holds some already', async () => {
    const content = numbered(100);
    await fill(source, 'c', content, 'euclidean');
    const options = { stateDirectory: ends.directory(), batchSize: 10, checkpointEveryMs: 1 };
    await stopped(120, options);
    const other = await ends.fresh('native');
    // The same ids with other vectors, so that nothing but the records tells them apart.
    await fill(other, 'c', new Map([...content].map(([name, records]) => [name, shifted(records)])), 'euclidean');
    const resumed = { ...options, resume: true };
    await expect(migrate(other, target, resumed)).rejects.toMatchObject({
      code: 'Conflict',
      message: /another source/,
    });
    const foreign = await ends.fresh('native');
    const theirs = new Map([['', new Map([['x', { id: 'x', payload: {}, vector: anyVector(new Random(1)) }]])]]);
    await fill(foreign, 'c', theirs, 'euclidean');
    const before = readFileSync(join(options.stateDirectory, 'checkpoint.json'), 'utf8');
    await expect(migrate(source, foreign, resumed)).rejects.toMatchObject({
      code: 'Conflict',
      message: /another target/,
    });
    expect(await problemsOf(foreign, 'c', theirs)).toEqual([]);
    expect(readFileSync(join(options.stateDirectory, 'checkpoint.json'), 'utf8')).toBe(before);
    expect(await migrate(source, target, resumed)).toMatchObject({ ok: true });
    expect(await problemsOf(target, 'c', content)).toEqual([]);
  });

  it('refuses a state directory in use by another', async () => {
    await fill(source, 'c', numbered(50), 'euclidean');
    const stateDirectory = ends.directory();
    const first = migrate(source, target, { stateDirectory, rate: 500, batchSize: 10 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = migrate(source, target, { stateDirectory, collections: { c: 'd' } });
    await expect(second).rejects.toMatchObject({ code: 'Conflict' });
    expect(await first).toMatchObject({ ok: true });
  });

  it('is resumed rightly where the source gives its records in another order, or the target was emptied', async () => {
    const content = new Map([['', numbered(100).get('')!]]);
    await fill(source, 'c', content, 'euclidean');
    for (const harm of ['order', 'emptied'] as const) {
      const collections = { c: harm };
      const options = { stateDirectory: ends.directory(), batchSize: 10, checkpointEveryMs: 1, collections };
      await stopped(50, options);
      if (harm === 'emptied') await (await target.collection(harm)).delete({ all: true });
      const from =
        harm === 'emptied'
          ? source
          : intercepted(source, 'scan', (scan, ...given) => backwards(scan(...given) as AsyncIterable<unknown>));
      expect(await migrate(from, target, { ...options, resume: true }), harm).toMatchObject({ ok: true });
      expect(await problemsOf(target, harm, content), harm).toEqual([]);
    }
  });

  it('is resumed where the plan had accepted that a field cannot be declared', async () => {
    const fields = { title: 'text', n: 'number' } as const;
    const store = await source.createCollection('c', { dimension, metric: 'euclidean', fields });
    await store.upsert([...numbered(100).get('')!.values()]);
    // A target that cannot declare text.
    const plain = withoutText(target);
    const options = { stateDirectory: ends.directory(), batchSize: 10, checkpointEveryMs: 1 };
    await expect(migrate(source, plain, options)).rejects.toMatchObject({ code: 'Unsupported' });
    expect(existsSync(join(options.stateDirectory, 'checkpoint.json'))).toBe(false);
    const accepting = { ...options, allowLossy: ['field-type'] } as const;
    await stopped(50, accepting, plain);
    expect(await migrate(source, plain, { ...accepting, resume: true })).toMatchObject({ ok: true });
  });

  it('hears that it shall stop while it waits for its rate', async () => {
    await fill(source, 'c', numbered(50), 'euclidean');
    const signal = AbortSignal.timeout(100);
    await expect(migrate(source, target, { rate: 1, batchSize: 10, signal })).rejects.toMatchObject({
      code: 'Aborted',
    });
  });

  for (const phase of ['copy', 'verify'] as const)
    it(`hears that it shall stop while it is busy with two stores of this process (${phase})`, async () => {
      const store = await source.createCollection('c', { dimension, metric: 'euclidean' });
      const random = new Random(1);
      await store.upsert(Array.from({ length: 20_000 }, (_, i) => ({ id: `${i}`, vector: anyVector(random) })));
      const controller = new AbortController();
      let [begun, abortedAt] = [false, 0];
      const onProgress = (progress: MigrationProgress) => {
        if (progress.phase !== phase || begun) return;
        begun = true;
        setTimeout(() => {
          abortedAt = performance.now();
          controller.abort();
        }, 20);
      };
      await expect(migrate(source, target, { signal: controller.signal, onProgress })).rejects.toMatchObject({
        code: 'Aborted',
      });
      expect(performance.now() - abortedAt).toBeLessThan(2_000);
    });

  it('keeps no secret in its checkpoint and its report', async () => {
    const qdrant = await ends.fresh('qdrant');
    await fill(source, 'c', numbered(100), 'euclidean');
    const stateDirectory = ends.directory();
    const options = { stateDirectory, batchSize: 10, checkpointEveryMs: 1 };
    await stopped(120, options, qdrant);
    const checkpoint = () =>
      readdirSync(stateDirectory, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => readFileSync(join(stateDirectory, name), 'utf8'))
        .join();
    expect(checkpoint()).toContain('"format": "anyvec-migration-1"');
    expect(checkpoint()).not.toContain(secret);
    const report = await migrate(source, qdrant, { ...options, resume: true });
    expect(report.ok).toBe(true);
    for (const text of [checkpoint(), renderReport(report), JSON.stringify(report)]) expect(text).not.toContain(secret);
  });
});

/** Begins a migration and aborts it when so many records are copied. */
async function stopped(after: number, options: object, into = target): Promise<void> {
  const controller = new AbortController();
  const onProgress = ({ phase, done }: MigrationProgress) => {
    if (phase === 'copy' && done >= after) controller.abort();
  };
  await expect(migrate(source, into, { ...options, signal: controller.signal, onProgress })).rejects.toMatchObject({
    code: 'Aborted',
  });
}

function shifted(records: ReadonlyMap<string, TestRecord>): Map<string, TestRecord> {
  const shift = ({ vector, ...rest }: TestRecord) => ({ ...rest, vector: vector?.map((x) => x + 1) ?? null });
  return new Map([...records].map(([id, record]) => [id, shift(record)]));
}

async function* backwards<T>(records: AsyncIterable<T>): AsyncGenerator<T> {
  const all: T[] = [];
  for await (const record of records) all.unshift(record);
  yield* all;
}

function withoutText(database: VectorDatabase): VectorDatabase {
  const { capabilities } = database;
  const fieldTypes = { ...capabilities.fieldTypes, text: { refused: 'it has no words' } };
  return new Proxy(database, {
    get(inner, key) {
      if (key === 'capabilities') return { ...capabilities, fieldTypes };
      const value: unknown = Reflect.get(inner, key, inner);
      return typeof value === 'function' ? value.bind(inner) : value;
    },
  });
}
