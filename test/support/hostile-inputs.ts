/**
 * What must not end the process: run as a program, in a process of its own, with the name of an adapter. Says before each case which one it is,
 * and after it how it went, as lines of JSON.
 */
import { writeSync } from 'node:fs';
import type { VectorIndexProvider } from '../../src/engine/index/vector-index.ts';
import { VectorStoreError } from '../../src/errors.ts';
import type { IndexSpec, Metric } from '../../src/types.ts';
import { IndexedVectors, slotSet } from './vector-index.ts';
import { randomNumbers, vectorMaker } from './vectors.ts';

const metrics: readonly Metric[] = ['cosine', 'dot', 'euclidean'];
const [adapter = '', part = '', seed = '1'] = process.argv.slice(2);
const { loadIndexes } = (await import(`../../adapters/${adapter}/index.ts`)) as {
  loadIndexes(): Promise<VectorIndexProvider>;
};
const provider = await loadIndexes();

/** Runs one case; only errors of the library are allowed, unless another is named. */
function attempt(name: string, work: () => void, allowed = ''): void {
  say({ begin: name });
  const started = performance.now();
  const end = (outcome: string, error?: string) =>
    say({ end: name, outcome, error, ms: Math.round(performance.now() - started) });
  try {
    work();
    end('done');
  } catch (error) {
    end(VectorStoreError.is(error) || String(error) === allowed ? 'refused' : 'untyped', String(error));
  }
}

/** At once: what is buffered would be lost with the process. */
function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const specs: readonly IndexSpec[] =
  adapter === 'hnswlib'
    ? [{ type: 'hnsw' }, { type: 'hnsw', m: 2, efConstruction: 4, ef: 1 }]
    : [
        { type: 'hnsw', m: 2, efConstruction: 4, ef: 1 },
        { type: 'flat' },
        { type: 'ivf-flat', nlist: 4 },
        { type: 'ivf-sq8', nlist: 4 },
        { type: 'ivf-pq', nlist: 4, options: { nbits: 4 } },
      ];

const parts: Readonly<Record<string, () => void | Promise<void>>> = {
  data,
  queries,
  settings,
  bytes,
  factories,
  minimum,
};
await parts[part]!();

/** Vectors of every kind, added, searched, replaced, removed. */
function data(): void {
  const make = vectorMaker(8);
  const kinds: Readonly<Record<string, (slot: number) => number[]>> = {
    ordinary: () => [...make()],
    equal: () => [1, 2, 3, 4, 5, 6, 7, 8],
    huge: (slot) => [...make()].map((x, i) => Math.sign(x || 1) * 1e17 * ((slot + i) % 3 === 0 ? 1 : 0.5)),
    tiny: () => [...make()].map((x) => x * 1e-9),
    mixed: (slot) => [...make()].map((x) => x * [1e-8, 1, 1e8, 1e16][slot % 4]!),
    'one direction': (slot) => [slot + 1, 0, 0, 0, 0, 0, 0, 0],
    zero: () => [0, 0, 0, 0, 0, 0, 0, 0],
  };
  for (const spec of specs) {
    for (const metric of metrics) {
      for (const [kind, vector] of Object.entries(kinds)) {
        if (kind === 'zero' && metric === 'cosine') continue;
        attempt(`${spec.type} ${metric}: ${kind} vectors`, () => {
          const indexed = IndexedVectors.create(provider, spec, 8, metric);
          exercise(indexed, (slot) => Float32Array.from(vector(slot)));
        });
      }
    }
    for (const dimension of [1, 2, 4_096]) {
      attempt(`${spec.type}: dimension ${dimension}`, () => {
        const indexed = IndexedVectors.create(provider, spec, dimension, 'euclidean');
        exercise(indexed, vectorMaker(dimension), dimension > 1_000 ? 320 : 1_500);
      });
    }
  }
}

function exercise(indexed: IndexedVectors, vector: (slot: number) => Float32Array, count = 1_500): void {
  const slots = Array.from({ length: count }, (_, slot) => slot);
  const search = (k: number) => {
    const { proposed = [] } = indexed.search(vector(7), k);
    if (proposed.some((slot) => !indexed.vectors.bySlot.has(slot))) throw new Error('a removed slot was proposed');
  };
  search(1);
  indexed.put([[0, vector(0)]]);
  search(10);
  indexed.put(slots.map((slot) => [slot, vector(slot)]));
  for (const k of [1, 10, count, 10_000]) search(k);
  indexed.put(slots.slice(0, 300).map((slot) => [slot, vector(slot + 1)]));
  indexed.remove(slots.slice(200, count - 1));
  for (const k of [1, 500]) search(k);
  indexed.remove([...indexed.vectors.bySlot.keys()]);
  search(1);
  indexed.put([[3, vector(3)]]);
  search(2);
  indexed.index.serialize();
  indexed.index.dispose();
}

/** Searches that nobody should ask for. */
function queries(): void {
  for (const spec of specs) {
    const indexed = IndexedVectors.create(provider, spec, 8, 'euclidean');
    const make = vectorMaker(8);
    indexed.fill(1_200, make);
    const slots = [...indexed.vectors.bySlot.keys()];
    const ask = (query: Float32Array, k: number, options = {}) =>
      indexed.index.search(query, k, { params: {}, allowed: undefined, allowedCount: 1_200, ...options });
    const numbers = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 32 + 1, 1e300];
    for (const value of numbers) {
      attempt(`${spec.type}: ef ${value}`, () => ask(make(), 10, { params: { ef: value } }));
      attempt(`${spec.type}: nprobe ${value}`, () => ask(make(), 10, { params: { nprobe: value } }));
      attempt(`${spec.type}: allowedCount ${value}`, () =>
        ask(make(), 10, { allowed: slotSet(slots, () => true), allowedCount: value }),
      );
    }
    for (const k of [...numbers, 1, 1_199, 1_200, 1_201, 10_000, 1_000_000])
      attempt(`${spec.type}: k ${k}`, () => ask(make(), k));
    for (const length of [0, 7, 9, 16])
      attempt(`${spec.type}: a query of ${length}`, () => ask(new Float32Array(length), 10));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 3e38]) {
      attempt(`${spec.type}: a query of ${value}`, () => ask(new Float32Array(8).fill(value), 10));
    }
    const failing = () => {
      throw new RangeError('mine');
    };
    attempt(
      `${spec.type}: a filter that throws`,
      () => ask(make(), 10, { allowed: slotSet(slots, failing) }),
      'RangeError: mine',
    );
    attempt(`${spec.type}: a filter that lets nothing through`, () =>
      ask(make(), 10, { allowed: slotSet(slots, () => false) }),
    );
  }
}

/** Specifications of every kind: refused, or the index works. */
function settings(): void {
  const values = [0, 1, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 1e9, 2 ** 32 + 16, '16', null, {}];
  for (const { type } of specs) {
    for (const name of ['m', 'efConstruction', 'ef', 'nlist', 'nprobe']) {
      for (const value of values) build({ type, [name]: value } as unknown as IndexSpec, 8, 'dot', 300);
    }
    for (const name of ['seed', 'oversampling', 'subquantizers', 'nbits', 'factory']) {
      for (const value of values) build({ type, options: { [name]: value } } as unknown as IndexSpec, 8, 'dot', 300);
    }
    for (const dimension of [0, -1, 1.5, Number.NaN, 65_537, 2 ** 31, 2 ** 32]) build({ type }, dimension, 'dot', 0);
  }
  for (const type of ['', 'annoy', '__proto__', 'constructor', 'HNSW']) build({ type }, 8, 'dot', 300);
}

/** Factory strings, good and bad: refused, or the index works with as few vectors as it says it needs. */
function factories(): void {
  const transforms = [
    '',
    'PCA4,',
    'PCAR8,',
    'RR,',
    'RR4,',
    'OPQ2_4,',
    'Pad12,',
    'L2norm,',
    'ITQ,',
    'ITQ4,',
    'RR,PCA4,',
    'PCAW4,',
    'PCA9,',
  ];
  const heads = [
    '',
    'IVF4,',
    'IVF4_HNSW4,',
    'IMI2x2,',
    'HNSW4_',
    'IVF4_NSG4,',
    'IDMap,',
    'NSG8_',
    'Residual4,',
    'MinMax,',
    'IVF0,',
    'HNSW1_',
  ];
  const codecs = [
    'Flat',
    'SQ4',
    'SQ8',
    'SQfp16',
    'PQ2x4',
    'PQ4',
    'PQ3',
    'PQ2x4fs',
    'PQ2x4fsr',
    'PQ2+2',
    'LSH',
    'LSHrt',
    'FlatDedup',
    'RQ2x4',
  ];
  for (const transform of transforms) {
    for (const head of heads) {
      for (const codec of codecs) {
        // One metric each, in turn: all of them together would take minutes.
        const metric = metrics[(transform.length + head.length + codec.length) % 3]!;
        const factory = `${transform}${head}${codec}${codec.length % 2 === 0 ? '' : ',RFlat'}`;
        // Codes of 8 bits want ten thousand vectors: they are tried in the first row only.
        const count =
          codec === 'PQ4' || codec === 'PQ2+2' || transform.startsWith('OPQ') ? (transform === '' ? 10_000 : 0) : 1_300;
        build({ type: 'faiss', options: { factory } }, 8, metric, count);
      }
    }
  }
  const hostile = [
    '',
    ',',
    ',,',
    'Flat\0',
    '\0',
    '../../x',
    '/etc/passwd',
    'x'.repeat(10_000),
    'RR,'.repeat(60),
    '('.repeat(150),
    'IVF4(Flat),Flat',
    '%s%n',
    'PQ7',
    `IVF${'9'.repeat(40)},Flat`,
    'IVF99999999,Flat',
    'IVF-4,Flat',
    'IVF4.5,Flat',
    'IVF１6,Flat',
    'IMI2x30,Flat',
    'PQ4x31',
    'HNSW99999',
    'Pad99999999,Flat',
    'PCA99999999999,Flat',
    'LSH,LSH',
    'IVF4,IVF4,Flat',
    'HNSW4,HNSW4',
    'RFlat,RFlat',
    'IVF4,ITQ4,SH',
    'BIVF4',
    'ZnLattice4x4_2',
    'SQ8,Refine(SQ4)',
  ];
  for (const factory of hostile) build({ type: 'faiss', options: { factory } }, 8, 'euclidean', 1_300);
  for (const factory of ['toString', '__proto__', 'constructor'])
    build({ type: 'faiss', options: { factory } }, 8, 'euclidean', 1_300);
}

/** Training on exactly as many vectors as a factory string says it needs: one fewer would end the process. */
async function minimum(): Promise<void> {
  const { loadFaiss } = await import('../../adapters/faiss/client.ts');
  const { parseFactory } = await import('../../adapters/faiss/factory.ts');
  const addon = await loadFaiss();
  const transforms = ['', 'PCA4,', 'PCAR8,', 'RR4,', 'OPQ2_4,', 'Pad12,', 'ITQ,', 'ITQ4,'];
  const heads = ['', 'IVF9,', 'IVF9_HNSW4,', 'IMI2x2,', 'HNSW4_'];
  const codecs = ['Flat', 'SQ4', 'SQ6', 'SQ8', 'SQfp16', 'PQ2x4', 'PQ2x5', 'PQ4', 'PQ2x4fs', 'PQ2+4', 'LSH', 'LSHt'];
  const make = vectorMaker(8);
  const numbers = (rows: number) => Array.from({ length: rows }, () => [...make()]).flat();
  for (const text of transforms.flatMap((t) => heads.flatMap((h) => codecs.map((c) => t + h + c)))) {
    attempt(text, () => {
      const factory = parseFactory(text, 8, 'cosine');
      const index = addon.Index.fromFactory(8, factory.text, 1);
      if (!index.isTrained()) index.train(numbers(factory.training.required));
      index.add(numbers(30));
      if (index.search(numbers(1), 30).labels.some((label) => label >= 30)) throw new Error('a label beyond the end');
    });
  }
}

function build(spec: IndexSpec, dimension: number, metric: Metric, count: number): void {
  const name = JSON.stringify(spec).slice(0, 200);
  attempt(`${name} ${dimension} ${metric}`, () => {
    const indexed = IndexedVectors.create(provider, spec, dimension, metric);
    indexed.fill(count, vectorMaker(Math.max(1, Math.min(8, dimension || 1))));
    const { proposed = [] } = indexed.search(vectorMaker(dimension, { seed: 3 })(), 10);
    if (new Set(proposed).size !== proposed.length) throw new Error('a slot was proposed twice');
    indexed.remove([...indexed.vectors.bySlot.keys()].slice(0, 10));
    const saved = indexed.reopened(provider);
    saved.search(vectorMaker(dimension, { seed: 3 })(), 10);
    saved.index.dispose();
  });
}

/** Saved indexes with damage anywhere. */
function bytes(): void {
  const random = randomNumbers(Number(seed));
  const any = (below: number) => Math.floor(random() * below);
  for (const spec of specs) {
    const indexed = IndexedVectors.create(provider, spec, 8, 'euclidean');
    indexed.fill(1_000, vectorMaker(8));
    indexed.search(indexed.vectors.at(0), 1);
    const saved = indexed.index.serialize()!;
    const resolved = provider.resolve(spec, 8, 'euclidean');
    const load = (damaged: Uint8Array) => {
      const index = provider.load(damaged, resolved, indexed.vectors);
      index.search(indexed.vectors.at(0), 10, { params: {}, allowed: undefined, allowedCount: 1_000 });
      throw new Error('damage was not noticed');
    };
    for (let round = 0; round < 60; round++) {
      // Half of it in the headers, where it does the most.
      const at = any(round % 2 === 0 ? 400 : saved.length);
      attempt(`${spec.type}: bit at ${at} flipped`, () => {
        const damaged = Uint8Array.from(saved);
        damaged[at]! ^= 1 << any(8);
        load(damaged);
      });
      attempt(`${spec.type}: cut at ${at}`, () => load(saved.subarray(0, at)));
      attempt(`${spec.type}: zeros from ${at}`, () =>
        load(Uint8Array.from(saved, (byte, i) => (i < at ? byte : byte === 0 ? 1 : 0))),
      );
      attempt(`${spec.type}: from ${at} twice`, () =>
        load(Uint8Array.from([...saved, ...saved.subarray(at, at + 1 + any(64))])),
      );
    }
    attempt(`${spec.type}: noise`, () => load(Uint8Array.from({ length: 5_000 }, () => any(256))));
  }
}
