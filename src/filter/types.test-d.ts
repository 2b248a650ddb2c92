import { describe, expectTypeOf, it } from 'vitest';
import type { Filter, Path } from './types.ts';

interface Article {
  title: string;
  lang: 'en' | 'de';
  year: number;
  draft?: boolean;
  tags: string[];
  scores: number[] | null;
  author: { name: string; born?: { year: number } };
  links: { url: string }[];
  extra: Record<string, string>;
  'odd.key': string;
  $cost: number;
}

const accepts = (_filter: Filter<Article>) => {};

describe('a typed filter', () => {
  it('knows the paths of the payload, nested ones too, to five levels', () => {
    type Known =
      | 'title'
      | 'lang'
      | 'year'
      | 'draft'
      | 'tags'
      | 'scores'
      | 'author'
      | 'author.name'
      | 'author.born'
      | 'author.born.year'
      | 'links'
      | 'extra';
    expectTypeOf<Known>().toExtend<Path<Article>>();
    expectTypeOf<'extra.anything'>().toExtend<Path<Article>>();
    expectTypeOf<'"odd.key"' | '"$cost"'>().toExtend<Path<Article>>();
    expectTypeOf<'titel'>().not.toExtend<Path<Article>>();
    expectTypeOf<'links.url'>().not.toExtend<Path<Article>>();
    expectTypeOf<'odd.key' | '$cost'>().not.toExtend<Path<Article>>();
    type Deep = { a: { b: { c: { d: { e: { f: number } } } } } };
    expectTypeOf<'a.b.c.d.e'>().toExtend<Path<Deep>>();
    expectTypeOf<'a.b.c.d.e.f'>().not.toExtend<Path<Deep>>();
  });

  it('accepts right conditions', () => {
    accepts({});
    accepts({
      lang: 'en',
      year: { $gte: 2020, $lt: 2030 },
      draft: { $ne: true },
      tags: { $in: ['a'], $contains: 'b' },
    });
    accepts({ tags: 'a', scores: { $gt: 1 }, 'author.name': { $startsWith: 'A' }, 'author.born.year': 1970 });
    accepts({ $or: [{ title: 'x' }, { $not: { 'extra.k': 'v' } }], $and: [{ author: { $exists: true } }] });
    accepts({
      title: { $gt: '2024-01-01T00:00:00Z', $match: 'words' },
      lang: { $startsWith: 'e' },
      '"odd.key"': 'x',
      '"$cost"': { $lte: 5 },
    });
  });

  it('refuses wrong fields', () => {
    // @ts-expect-error no such field
    accepts({ titel: 'x' });
    // @ts-expect-error no such nested field
    accepts({ 'author.nam': 'x' });
    // @ts-expect-error paths do not step through arrays
    accepts({ 'links.url': 'x' });
    // @ts-expect-error also inside combinators
    accepts({ $or: [{ titel: 'x' }] });
  });

  it('refuses wrong operands', () => {
    // @ts-expect-error a number is no string
    accepts({ title: 1 });
    // @ts-expect-error not one of the literals
    accepts({ lang: 'fr' });
    // @ts-expect-error strings in a list of numbers
    accepts({ year: { $in: ['2020'] } });
    // @ts-expect-error no range over booleans
    accepts({ draft: { $gt: true } });
    // @ts-expect-error null is no operand
    accepts({ title: null });
    // @ts-expect-error $contains is for arrays
    accepts({ title: { $contains: 'x' } });
    // @ts-expect-error no prefix of a number
    accepts({ year: { $startsWith: '2' } });
    // @ts-expect-error unknown operator
    accepts({ year: { $near: 2 } });
    // @ts-expect-error objects are compared by their fields
    accepts({ author: { name: 'x' } });
    // @ts-expect-error the element type counts
    accepts({ tags: { $all: [1] } });
  });

  it('takes any field of an untyped payload', () => {
    const untyped = (_filter: Filter) => {};
    untyped({ anything: 1, 'a.b': { $in: ['x', 1, true] }, $or: [{ c: 'x' }], $not: { d: { $exists: true } } });
    // @ts-expect-error null is no operand there either
    untyped({ anything: null });
  });
});
