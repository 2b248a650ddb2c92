import { describe, expect, it } from 'vitest';
import { type FusionSettings, fuse } from './fusion.ts';

const hits = (scores: Record<string, number>) => Object.entries(scores).map(([id, score]) => ({ id, score }));
const fused = (
  vector: Record<string, number> | undefined,
  text: Record<string, number>,
  settings: FusionSettings,
  k = 10,
) => fuse(vector && hits(vector), hits(text), settings, k).map(({ hit, score }) => [hit.id, score]);
const rrf = { type: 'rrf', rankConstant: 60 } as const;
const half = { type: 'weighted', vectorWeight: 0.5 } as const;

describe('reciprocal rank fusion', () => {
  it('sums 1 / (constant + rank), ranks from 1', () => {
    expect(fused({ a: 0.9, b: 0.8 }, { b: 7, c: 3 }, rrf)).toEqual([
      ['b', 1 / 62 + 1 / 61],
      ['a', 1 / 61],
      ['c', 1 / 62],
    ]);
    expect(fused({ a: 0.9 }, {}, { type: 'rrf', rankConstant: 1 })).toEqual([['a', 0.5]]);
  });

  it('ranks equal places by id, and cuts after k', () => {
    expect(fused({ b: 1, c: 0.5 }, { a: 2, d: 1 }, rrf).map(([id]) => id)).toEqual(['a', 'b', 'c', 'd']);
    expect(fused({ b: 1, c: 0.5 }, { a: 2, d: 1 }, rrf, 3)).toHaveLength(3);
  });
});

describe('weighted fusion', () => {
  it('brings each ranking to 0…1 first', () => {
    expect(fused({ a: -1, b: -3, c: -5 }, { c: 30, b: 15, d: 10 }, half)).toEqual([
      ['a', 0.5],
      ['c', 0.5],
      ['b', 0.5 * 0.5 + 0.5 * 0.25],
      ['d', 0],
    ]);
  });

  it('equal scores are all the best', () => {
    expect(fused({ a: 2, b: 2 }, { c: 1 }, { type: 'weighted', vectorWeight: 0.25 })).toEqual([
      ['c', 0.75],
      ['a', 0.25],
      ['b', 0.25],
    ]);
  });

  it('at the ends of the weight one ranking decides, and the other still gives its records', () => {
    expect(fused({ a: 2, b: 1 }, { c: 9 }, { type: 'weighted', vectorWeight: 1 })).toEqual([
      ['a', 1],
      ['b', 0],
      ['c', 0],
    ]);
    expect(fused({ a: 2, b: 1 }, { c: 9 }, { type: 'weighted', vectorWeight: 0 })).toEqual([
      ['c', 1],
      ['a', 0],
      ['b', 0],
    ]);
  });
});

it('without a vector the scores of the text stand', () => {
  expect(fused(undefined, { a: 7, b: 3 }, half, 1)).toEqual([['a', 7]]);
});

it('each hit says its score in the rankings that have it', () => {
  expect(fuse(hits({ a: 0.9, b: 0.1 }), hits({ b: 4, c: 2 }), rrf, 3)).toMatchObject([
    { hit: { id: 'b' }, vectorScore: 0.1, textScore: 4 },
    { hit: { id: 'a' }, vectorScore: 0.9 },
    { hit: { id: 'c' }, textScore: 2 },
  ]);
  const [, a, c] = fuse(hits({ a: 0.9, b: 0.1 }), hits({ b: 4, c: 2 }), rrf, 3);
  expect([a, c].map((hit) => Object.keys(hit!).sort())).toEqual([
    ['hit', 'score', 'vectorScore'],
    ['hit', 'score', 'textScore'],
  ]);
});
