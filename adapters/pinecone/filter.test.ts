import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../src/filter/evaluate.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import { parseMetadataFilter } from '../../src/server/dialects/pinecone/filter.ts';
import { readMetadata } from '../../src/server/dialects/pinecone/metadata.ts';
import { defaultQuirks, type PineconeQuirks } from '../../src/server/dialects/pinecone/quirks.ts';
import type { FieldType, Payload } from '../../src/types.ts';
import { copyPayload } from '../../src/validate/payload.ts';
import {
  declaredDocument,
  declaredFields,
  declaredFilter,
  document,
  filter,
} from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';
import { fromMetadata, toMetadata } from './envelope.ts';
import { compileMetadataFilter } from './filter.ts';

const deep = process.env.ANYVEC_DEEP === '1';

/** Every combination of what is not known about the service and bears on filters. */
const combinations: PineconeQuirks[] = (['exclude', 'include'] as const).flatMap((negationOnMissing) =>
  (['no-element', 'some-element'] as const).flatMap((negationOnList) =>
    (['list', 'scalar'] as const).map((listOfOne) => ({
      ...defaultQuirks,
      negationOnMissing,
      negationOnList,
      listOfOne,
    })),
  ),
);

beforeAll(() => printSeed('filters of the Pinecone adapter'));

/** What the service would find and we would keep, against the reference. */
function check(given: object, documents: readonly object[], fields: { readonly [field: string]: FieldType }): void {
  const parsed = parseFilter(given, { fields });
  const { native, residual } = compileMetadataFilter(parsed, { fields, managed: true });
  const payloads = documents.map((payload) => copyPayload(payload, 'payload'));
  const wanted = payloads.map((payload) => evaluate(parsed, payload));
  for (const quirks of combinations) {
    const stored = payloads.map((payload) =>
      readMetadata(toMetadata(payload, JSON.stringify(payload), fields), quirks),
    );
    const selects =
      typeof native === 'string'
        ? () => native === 'all'
        : parseMetadataFilter(JSON.parse(JSON.stringify(native.native)), quirks);
    const kept = stored.map(
      (metadata) => selects(metadata) && (residual === undefined || evaluate(residual, fromMetadata(metadata, 'id'))),
    );
    expect(kept, JSON.stringify(quirks)).toEqual(wanted);
  }
}

describe('a filter compiled to metadata conditions', () => {
  it('with its residual selects exactly what the reference does, however the service behaves: undeclared fields', () => {
    fc.assert(
      fc.property(filter, fc.array(document, { minLength: 10, maxLength: 30 }), (given, documents) =>
        check(given, documents, {}),
      ),
      { seed, numRuns: deep ? 20_000 : 400 },
    );
  }, 600_000);

  it('with its residual selects exactly what the reference does, however the service behaves: declared fields', () => {
    fc.assert(
      fc.property(declaredFilter, fc.array(declaredDocument, { minLength: 10, maxLength: 30 }), (given, documents) =>
        check(given, documents as Payload[], declaredFields),
      ),
      { seed, numRuns: deep ? 20_000 : 400 },
    );
  }, 600_000);

  it.each<[string, object, unknown]>([
    ['$eq', { a: 1 }, { $or: [{ a: { $eq: 1 } }, { '_av#a': { $eq: 'n1' } }] }],
    ['a nested path', { 'a.b': 'x' }, { $or: [{ '_av.a.b': { $eq: 'x' } }, { '_av#a.b': { $eq: 'sx' } }] }],
    ['a key of ours', { _av: true }, { $or: [{ '_av._av': { $eq: true } }, { '_av#_av': { $eq: 't' } }] }],
    ['a quoted key', { '"$a"': true }, { $or: [{ '_av."$a"': { $eq: true } }, { '_av#"$a"': { $eq: 't' } }] }],
    ['a key with a dot', { '"a.b"': 0 }, { $or: [{ 'a.b': { $eq: 0 } }, { '_av#"a.b"': { $eq: 'n0' } }] }],
  ])('exact, without a residual: %s', (_what, given, native) => {
    expect(compileMetadataFilter(parseFilter(given, { fields: {} }), { fields: {}, managed: true })).toEqual({
      native: { native },
      residual: undefined,
    });
  });

  it.each([{ a: { $ne: 1 } }, { a: { $nin: [1, 'x', true] } }, { a: { $exists: false } }])(
    'asks for missing fields by $exists, never by $ne alone: %j',
    (given) => {
      const { native, residual } = compileMetadataFilter(parseFilter(given, { fields: {} }), {
        fields: {},
        managed: true,
      });
      expect(JSON.stringify(native)).toContain('"$exists":false');
      expect(residual).toBeDefined();
    },
  );

  it('asks records of other programs for nothing that only ours hold', () => {
    for (const given of [{ 'a.b': 1 }, { _avx: 1 }, { 'a.b': { $exists: true } }, { $not: { 'a.b': 1 } }]) {
      const parsed = parseFilter(given, { fields: {} });
      expect(compileMetadataFilter(parsed, { fields: {}, managed: false })).toEqual({
        native: 'all',
        residual: parsed,
      });
    }
    const at = parseFilter({ at: { $gt: '2024-01-01T00:00:00Z' } }, { fields: { at: 'datetime' } });
    expect(
      JSON.stringify(compileMetadataFilter(at, { fields: { at: 'datetime' }, managed: false }).native),
    ).not.toContain('_av@');
  });
});
