import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/filter/evaluate.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import { compileFilter } from '../../src/remote/compiled-filter.ts';
import { fieldIndexes, type IndexType } from '../../src/server/dialects/qdrant/field-index.ts';
import { readFilter } from '../../src/server/dialects/qdrant/filter.ts';
import {
  declaredDocument,
  declaredFields,
  declaredFilter,
  document,
  filter,
} from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';
import { filterDialect, keyOf } from './filter.ts';

printSeed('Qdrant filters');
const numRuns = process.env.ANYVEC_DEEP ? 20_000 : 1_500;

/** Whether a payload is found: by the server's own filter semantics (which replay its recorded answers), then by the residual. */
function finds(
  text: object,
  payloads: readonly object[],
  indexes: ReadonlyMap<string, IndexType>,
  managed: boolean,
  fields = {},
): boolean[] {
  const { native, residual } = compileFilter(parseFilter(text, { fields }), filterDialect({ indexes, managed }));
  // By way of JSON, as on the wire.
  const condition = typeof native === 'string' ? undefined : JSON.parse(JSON.stringify({ must: [native.native] }));
  const server = readFilter(
    condition,
    fieldIndexes(Object.fromEntries([...indexes].map(([field, type]) => [field, { type }]))),
    'filter',
  );
  return payloads.map((payload) => {
    const selected = native === 'all' || (native !== 'none' && server({ id: 0, payload, hasVector: () => true }));
    return selected && (residual === undefined || evaluate(residual, payload));
  });
}

function expected(text: object, payloads: readonly object[], fields = {}): boolean[] {
  const parsed = parseFilter(text, { fields });
  return payloads.map((payload) => evaluate(parsed, payload));
}

describe('a filter compiled for Qdrant finds what the reference evaluator finds', () => {
  const anyIndex = fc.constantFrom<IndexType | undefined>(
    undefined,
    'keyword',
    'integer',
    'float',
    'bool',
    'datetime',
    'text',
    'uuid',
  );

  test('on any payloads, whatever payload indexes there are', () => {
    const property = fc.property(
      filter,
      fc.array(document, { minLength: 1, maxLength: 8 }),
      fc.tuple(anyIndex, anyIndex, anyIndex),
      (text, payloads, types) => {
        const indexes = new Map(
          ['a', 'a.b', 'b'].flatMap((key, i) => (types[i] === undefined ? [] : [[key, types[i]] as const])),
        );
        expect(finds(text, payloads, indexes, false)).toEqual(expected(text, payloads));
        expect(finds(text, payloads, indexes, true)).toEqual(expected(text, payloads));
      },
    );
    fc.assert(property, { seed, numRuns });
  }, 600_000);

  test('on declared fields, with the indexes that this library makes for them', () => {
    const indexes = new Map<string, IndexType>([
      ['kw', 'keyword'],
      ['num', 'float'],
      ['flag', 'bool'],
      ['at', 'datetime'],
      ['deep.num', 'float'],
    ]);
    const property = fc.property(
      declaredFilter,
      fc.array(declaredDocument, { minLength: 1, maxLength: 8 }),
      (text, payloads) => {
        for (const managed of [true, false]) {
          expect(finds(text, payloads, indexes, managed, declaredFields)).toEqual(
            expected(text, payloads, declaredFields),
          );
        }
      },
    );
    fc.assert(property, { seed, numRuns });
  }, 600_000);
});

test('most filters need no residual on declared fields', () => {
  const dialect = filterDialect({
    indexes: new Map([
      ['num', 'float'],
      ['at', 'datetime'],
    ]),
    managed: true,
  });
  const whole = {
    kw: { $in: ['a', 'b'] },
    num: { $gte: 1, $lt: 5 },
    at: { $gt: '2024-01-01T00:00:00Z' },
    flag: { $ne: true },
    other: { $exists: false },
  };
  const { residual } = compileFilter(parseFilter(whole, { fields: { num: 'number', at: 'datetime' } }), dialect);
  expect(residual).toBeUndefined();
});

describe('keyOf', () => {
  test('quotes every segment, and has no spelling for quotes, backslashes and our own keys', () => {
    expect(keyOf(['a', 'b.c', ''])).toBe('"a"."b.c".""');
    expect(keyOf(['a"b'])).toBeUndefined();
    expect(keyOf(['a', 'b\\'])).toBeUndefined();
    expect(keyOf(['_av_ns'])).toBeUndefined();
    expect(keyOf(['x', '_av'])).toBe('"x"."_av"');
  });
});
