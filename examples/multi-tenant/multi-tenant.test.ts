import { connect, type Payload, type VectorDatabase, type VectorStore } from 'anyvec';
import { serve } from 'anyvec/server';
import { afterAll, expect, it } from 'vitest';
import { attack, hostileFilters, query, recordsOf } from './attack.ts';
import { tenants } from './tenants.ts';

/** A hundred, among them the names that something might fold, cut, split or take for another's. */
const odd = [
  ...[
    'a',
    'A',
    'a ',
    ' a',
    'á',
    'a\u0301',
    'ａ',
    'а',
    'a/b',
    'a/../b',
    '..',
    '*',
    '%',
    '_',
    '__',
    '__proto__',
    'constructor',
  ],
  ...[
    '_av',
    '_av_ns',
    '_av~',
    '_default',
    'default',
    'null',
    'undefined',
    '0',
    '-',
    'a"b',
    "a'b",
    'a\\b',
    'a\nb',
    '$or',
    '{}',
  ],
  ...['x'.repeat(128), `${'x'.repeat(127)}y`, 'x'.repeat(64), '😀', 'ß', 'ss', 'SS', 'İ', 'i', '\u200b', '\ufeffa'],
];
const names = [...odd, ...Array.from({ length: 100 - odd.length }, (_, i) => `tenant-${i}`)];

const server = await serve({ dialect: 'qdrant' });
afterAll(() => server.close());
const backends = [
  { backend: 'native', url: 'native:' },
  { backend: 'qdrant', url: server.url.replace('http:', 'qdrant:') },
];

const spec = { dimension: 4, metric: 'cosine', fields: { owner: 'keyword', n: 'number' } } as const;
const open = (db: VectorDatabase) => db.createCollection<Payload>('notes', spec, { ifExists: 'recreate' });

/** The tenant whom each one attacks: its neighbour, whose name is often nearly its own. */
const victimOf = (i: number) => names[(i + 1) % names.length]!;

/** Every third attacks all that is there, the others are only there to be harmed. */
const isAttacker = (i: number) => i % 3 === 0;

/** The tenants to whom the presence of all the others made any difference, and those whose records changed or were seen by others. */
async function leaks(collection: VectorStore<Payload>): Promise<string[]> {
  expect(new Set(names).size).toBe(100);
  const directory = tenants(collection);
  await Promise.all(names.map((name, i) => directory.of(name).upsert(recordsOf(name, victimOf(i)))));
  const attackers = [...names.keys()].filter(isAttacker);
  const transcripts = await Promise.all(attackers.map((i) => attack(directory.of(names[i]!), victimOf(i))));
  const found: string[] = [];
  for (const [at, i] of attackers.entries()) {
    await using alone = await connect('native:');
    const own = tenants(await open(alone)).of(names[i]!);
    await own.upsert(recordsOf(names[i]!, victimOf(i)));
    const expected = await attack(own, victimOf(i));
    if (JSON.stringify(transcripts[at]) !== JSON.stringify(expected))
      found.push(`${names[i]} can tell that others exist`);
  }
  for (const i of names.keys()) {
    if (isAttacker(i)) continue;
    const left = await directory.of(names[i]!).get(recordsOf('', '').map(({ id }) => id));
    if (!isSame(left, recordsOf(names[i]!, victimOf(i)))) found.push(`${names[i]} lost or changed records`);
  }
  return found;
}

function isSame(found: readonly unknown[], expected: readonly unknown[]): boolean {
  const text = (records: readonly unknown[]) =>
    JSON.stringify(
      records.map((record) => ({ ...(record as object), vector: undefined })),
      (_, value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
          : value,
    );
  return text(found) === text(expected);
}

it.each(backends)(
  'on $backend: of 100 tenants, a third of whom attack, none sees, changes or senses another',
  async ({ url }) => {
    await using db = await connect(url);
    const collection = await open(db);
    expect(await leaks(collection)).toEqual([]);
    expect(await collection.count()).toBe(0);
    const unharmed = names.filter((_, i) => !isAttacker(i));
    expect(await collection.listNamespaces()).toEqual(unharmed.sort());
  },
  60_000,
);

it.each(backends)("on $backend: another tenant's cursor gives nothing but one's own", async ({ url }) => {
  await using db = await connect(url);
  const directory = tenants(await open(db));
  const [a, b] = [directory.of('a'), directory.of('A')];
  await a.upsert(recordsOf('a', 'A'));
  await b.upsert(recordsOf('A', 'a'));
  for (const filter of hostileFilters('A').slice(0, 3)) {
    const { cursor } = await b.filter(filter, { limit: 1 });
    if (cursor === undefined) continue;
    const page = await a.filter(filter, { limit: 100, cursor }).catch(() => ({ records: [] }));
    expect(page.records.filter(({ payload }) => payload.owner !== 'a')).toEqual([]);
  }
});

it.each(backends)('on $backend: what is no name of a tenant means nobody, not everybody', async ({ url }) => {
  await using db = await connect(url);
  const directory = tenants(await open(db));
  for (const name of ['', undefined, null, 0, {}, ['a'], 'x'.repeat(129), 'a\0b', '\ud800', new String('a')])
    expect(() => directory.of(name as string), String(name)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument' }),
    );
});

it('a handle leads to nothing but records, and a tenant who leaves takes only its own', async () => {
  await using db = await connect('native:');
  const directory = tenants(await open(db));
  const mine = directory.of('a');
  expect(Object.keys(mine).sort()).toEqual([
    'count',
    'delete',
    'filter',
    'get',
    'scan',
    'search',
    'searchBatch',
    'setPayload',
    'upsert',
  ]);
  expect(() => Object.assign(mine, { get: () => 0 })).toThrow(TypeError);
  await Promise.all(['a', 'a '].map((name) => directory.of(name).upsert(recordsOf(name, 'b'))));
  await directory.remove('a');
  expect(await mine.count()).toBe(0);
  expect((await directory.of('a ').search(query)).length).toBe(recordsOf('', '').length);
});

it.each([
  { leak: 'none, as a control', fold: (name: string) => name, none: true },
  { leak: 'names folded to lower case', fold: (name: string) => name.toLowerCase() },
  { leak: 'names cut to 100 bytes', fold: (name: string) => name.slice(0, 100) },
  { leak: 'names brought to NFC', fold: (name: string) => name.normalize('NFC') },
])('a planted leak is found: $leak', async ({ fold, none = false }) => {
  await using db = await connect('native:');
  const collection = await open(db);
  const leaking = new Proxy(collection, {
    get(target, key) {
      if (key === 'namespace')
        return (name: string) =>
          new Proxy(target.namespace(fold(name)), {
            get: (inner, member) => (member === 'namespaceName' ? name : Reflect.get(inner, member).bind?.(inner)),
          });
      return Reflect.get(target, key);
    },
  });
  expect((await leaks(leaking)).length === 0).toBe(none);
});
