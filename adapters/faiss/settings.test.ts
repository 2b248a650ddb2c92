import { describe, expect, test } from 'vitest';
import type { IndexSpec } from '../../src/types.ts';
import { planIndex } from './settings.ts';

const plan = (spec: IndexSpec, dimension = 384) => planIndex(spec, dimension, 'cosine');

describe('portable types', () => {
  test.each<[IndexSpec, string, object]>([
    [
      { type: 'auto' },
      'HNSW16_Flat',
      { type: 'hnsw', m: 16, efConstruction: 200, ef: 64, options: { oversampling: 1 } },
    ],
    [{ type: 'hnsw', m: 32, ef: 100 }, 'HNSW32_Flat', { type: 'hnsw', m: 32, efConstruction: 200, ef: 100 }],
    [{ type: 'flat' }, 'Flat', { type: 'flat', options: { oversampling: 1 } }],
    [{ type: 'ivf-flat' }, 'IVF256,Flat', { type: 'ivf-flat', nlist: 256, nprobe: 16 }],
    [{ type: 'ivf-sq8', nlist: 64, nprobe: 100 }, 'IVF64,SQ8', { nlist: 64, nprobe: 64, options: { oversampling: 2 } }],
    [{ type: 'ivf-pq' }, 'IVF256,PQ48x8np', { options: { subquantizers: 48, nbits: 8, oversampling: 16 } }],
    [
      { type: 'ivf-pq', options: { subquantizers: 100, nbits: 4 } },
      'Pad400,IVF256,PQ100x4np',
      { options: { subquantizers: 100, nbits: 4 } },
    ],
    [
      { type: 'faiss', options: { factory: 'IVF64,SQ8' } },
      'IVF64,SQ8',
      { type: 'faiss', nprobe: 8, options: { factory: 'IVF64,SQ8' } },
    ],
    [
      { type: 'faiss', ef: 99, options: { factory: 'PCA64,HNSW8' } },
      'PCA64,HNSW8_Flat',
      { type: 'faiss', ef: 99, efConstruction: 200 },
    ],
  ])('%j becomes %s', (spec, factory, resolved) => {
    const result = plan(spec);
    expect(result.factory.text).toBe(factory);
    expect(result.spec).toMatchObject(resolved);
    // What was resolved once stays as it is.
    expect(plan(result.spec)).toEqual({ ...result, ignoredHints: [] });
  });

  test('product codes take any dimension', () => {
    for (const dimension of [1, 2, 3, 7, 101, 127, 1_000, 4_096]) {
      const { factory } = plan({ type: 'ivf-pq' }, dimension);
      expect(factory.bitsPerNumber).toBeGreaterThanOrEqual(1);
    }
  });

  test('settings without use are listed', () => {
    expect(plan({ type: 'flat', m: 16, nlist: 4, ef: 9, options: { factory: 'x', seed: 1 } }).ignoredHints).toEqual([
      'index.m',
      'index.nlist',
      'index.ef',
      'index.options.factory',
      'index.options.seed',
    ]);
    expect(plan({ type: 'faiss', m: 8, ef: 9, options: { factory: 'IVF16,Flat' } }).ignoredHints).toEqual([
      'index.m',
      'index.ef',
    ]);
  });
});

describe('refused', () => {
  test.each<[IndexSpec, string, RegExp]>([
    [{ type: 'annoy' }, 'Unsupported', /faiss has hnsw, flat/],
    [
      { type: 'faiss', options: { factory: 1 } },
      'InvalidArgument',
      /index\.options\.factory: a faiss factory string is needed/,
    ],
    [{ type: 'hnsw', m: 1 }, 'InvalidArgument', /index\.m: an integer from 2 to 128/],
    [{ type: 'hnsw', m: 2.5 }, 'InvalidArgument', /index\.m/],
    [{ type: 'hnsw', ef: Number.NaN }, 'InvalidArgument', /index\.ef/],
    [{ type: 'ivf-flat', nlist: 0 }, 'InvalidArgument', /index\.nlist/],
    [{ type: 'ivf-flat', nprobe: 0 }, 'InvalidArgument', /index\.nprobe/],
    [
      { type: 'ivf-pq', options: { subquantizers: 385 } },
      'InvalidArgument',
      /index\.options\.subquantizers: 384 at most/,
    ],
    [{ type: 'ivf-pq', options: { nbits: 9 } }, 'InvalidArgument', /index\.options\.nbits/],
    [{ type: 'flat', options: { oversampling: 0 } }, 'InvalidArgument', /index\.options\.oversampling/],
  ])('%j', (spec, code, message) => {
    expect(() => plan(spec)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test.each([0, -1, 1.5, Number.NaN, 65_537, 2 ** 31])('a dimension of %d', (dimension) => {
    expect(() => plan({ type: 'flat' }, dimension)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});
