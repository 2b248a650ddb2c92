import { describe, expectTypeOf, it } from 'vitest';
import type { VectorStore } from './store.ts';
import type { Match } from './types.ts';

interface Article {
  title: string;
  page: { body: string };
}

const search = (store: VectorStore<Article>) => ({
  usual: () => store.searchHybrid({ text: 'x', vector: [1] }, { fields: { title: 2, 'page.body': 1 } }),
  whole: () => store.searchHybrid({ text: 'x' }, { include: { vector: true } }),
  bare: () => store.searchHybrid({ text: 'x' }, { include: { payload: false } }),
});
type Found<K extends keyof ReturnType<typeof search>> = Awaited<ReturnType<ReturnType<typeof search>[K]>>[number];

describe('a match of searchHybrid', () => {
  it('is a match as search gives them, with the scores of the two rankings', () => {
    expectTypeOf<Found<'usual'>>().toExtend<Match<Article>>();
    expectTypeOf<Found<'usual'>['vectorScore']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Found<'usual'>['textScore']>().toEqualTypeOf<number | undefined>();
  });

  it('has what was included; a record found by its text may have no vector', () => {
    expectTypeOf<Found<'whole'>['vector']>().toEqualTypeOf<Float32Array | null>();
    expectTypeOf<Found<'bare'>>().not.toHaveProperty('payload');
    expectTypeOf<Found<'usual'>>().not.toHaveProperty('vector');
  });
});

describe('the options of searchHybrid', () => {
  it('know the fields of the payload, and what belongs to which fusion', () => {
    const store = {} as VectorStore<Article>;
    const text = 'x';
    void store.searchHybrid({ text }, { fusion: { type: 'rrf', rankConstant: 10 } });
    void store.searchHybrid({ text }, { fusion: { type: 'weighted', vectorWeight: 0.3 } });
    // @ts-expect-error there is no such field
    void store.searchHybrid({ text }, { fields: { body: 1 } });
    // @ts-expect-error ranks have no weight
    void store.searchHybrid({ text }, { fusion: { type: 'rrf', vectorWeight: 0.3 } });
    // @ts-expect-error a fused score has no threshold
    void store.searchHybrid({ text }, { minScore: 0.5 });
    // @ts-expect-error a text is needed
    void store.searchHybrid({ vector: [1] });
  });
});
