import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printSeed, seed } from '../../../test/support/seed.ts';
import { fieldsOf, MalformedReply } from './reader.ts';
import { decodeMutation, decodeQuery, decodeSearch } from './replies.ts';
import { type Column, encodeDelete, encodeQuery, encodeSearch, encodeUpsert } from './requests.ts';

printSeed('the Milvus wire format');

/** The official client's own encoder, by the vendor's published messages. */
interface Codec {
  decode(bytes: Uint8Array): unknown;
  encode(message: object): { finish(): Uint8Array };
  fromObject(object: object): object;
  toObject(message: unknown, options: object): Record<string, never>;
}
const require = createRequire(createRequire(import.meta.url).resolve('@zilliz/milvus2-sdk-node'));
const root = require('protobufjs').Root.fromJSON(require('./proto-json/milvus.js').default);
const codec = (name: string): Codec => root.lookupType(`milvus.proto.milvus.${name}`);
const read = (name: string, bytes: Uint8Array) =>
  codec(name).toObject(codec(name).decode(bytes), {
    longs: String,
    enums: Number,
    bytes: Array,
    defaults: false,
  }) as unknown as Record<string, never>;
const written = (name: string, message: object) => codec(name).encode(codec(name).fromObject(message)).finish();

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const float = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('requests are what the official client reads', () => {
  test('upsert', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            key: text,
            json: fc.uint8Array({ maxLength: 300 }),
            vector: fc.array(float, { minLength: 3, maxLength: 3 }),
          }),
          { minLength: 1 },
        ),
        text,
        (rows, name) => {
          const columns: Column[] = [
            { name: 'key', texts: rows.map(({ key }) => key) },
            { name: 'payload', json: rows.map(({ json }) => json) },
            { name: 'vector', dimension: 3, vectors: rows.map(({ vector }) => Float32Array.from(vector)) },
          ];
          expect(read('UpsertRequest', encodeUpsert(name, rows.length, columns))).toEqual({
            ...(name !== '' && { collection_name: name }),
            num_rows: rows.length,
            fields_data: [
              { type: 21, field_name: 'key', scalars: { string_data: { data: rows.map(({ key }) => key) } } },
              { type: 23, field_name: 'payload', scalars: { json_data: { data: rows.map(({ json }) => [...json]) } } },
              {
                type: 101,
                field_name: 'vector',
                vectors: { dim: '3', float_vector: { data: rows.flatMap(({ vector }) => vector) } },
              },
            ],
          });
        },
      ),
      { seed },
    );
  });

  test('a text whose UTF-8 length has more or fewer digits than was set aside', () => {
    for (const length of [0, 1, 41, 42, 43, 126, 127, 128, 129, 5_461, 5_462, 16_383, 16_384, 70_000]) {
      for (const unit of ['x', 'é', '€']) {
        const value = unit.repeat(length);
        expect(read('DeleteRequest', encodeDelete('c', value)).expr ?? '').toBe(value);
      }
    }
  });

  test('query', () => {
    const request = {
      collection: 'c',
      expression: 'a == "ü"',
      output: ['x', 'y'],
      limit: 7,
      moment: { level: 1, timestamp: 470_652_712_003_567_623n },
    };
    expect(read('QueryRequest', encodeQuery(request))).toEqual({
      collection_name: 'c',
      expr: 'a == "ü"',
      output_fields: ['x', 'y'],
      guarantee_timestamp: '470652712003567623',
      query_params: [{ key: 'limit', value: '7' }],
      consistency_level: 1,
    });
  });

  test('search', () => {
    const queries = [Float32Array.of(1, 2), Float32Array.of(-0.5, 1e17)];
    const moment = { level: 2, timestamp: 0n };
    const request = {
      collection: 'c',
      expression: 'e',
      output: ['x'],
      vectorField: 'v',
      metric: 'L2',
      queries,
      limit: 5,
      params: { ef: 64 },
      moment,
    };
    const { placeholder_group, ...rest } = read('SearchRequest', encodeSearch(request));
    expect(rest).toEqual({
      collection_name: 'c',
      dsl: 'e',
      dsl_type: 1,
      output_fields: ['x'],
      nq: '2',
      consistency_level: 2,
      search_params: [
        { key: 'anns_field', value: 'v' },
        { key: 'topk', value: '5' },
        { key: 'metric_type', value: 'L2' },
        { key: 'params', value: '{"ef":64}' },
        { key: 'round_decimal', value: '-1' },
      ],
    });
    const groups: { placeholders: { tag: string; type: number; values: Uint8Array[] }[] } = root
      .lookupType('milvus.proto.common.PlaceholderGroup')
      .decode(Uint8Array.from(placeholder_group as never));
    const [{ tag, type, values }] = groups.placeholders as [(typeof groups.placeholders)[number]];
    expect([tag, type, values.map((bytes) => [...new Float32Array(new Uint8Array(bytes).buffer)])]).toEqual([
      '$0',
      101,
      queries.map((query) => [...query]),
    ]);
  });
});

describe('answers that the official client wrote are read', () => {
  test('query', () => {
    const reply = decodeQuery(
      written('QueryResults', {
        status: { code: 0 },
        collection_name: 'ignored',
        fields_data: [
          { type: 21, field_name: 'key', scalars: { string_data: { data: ['\ufeffa', '', 'ü😀'] } } },
          {
            type: 23,
            field_name: 'json',
            scalars: { json_data: { data: [Buffer.from('{}'), Buffer.from('[]'), Buffer.alloc(0)] } },
          },
          { type: 5, field_name: 'count(*)', scalars: { long_data: { data: [1, 300, 9_007_199_254_740_991] } } },
          { type: 101, field_name: 'v', vectors: { dim: 2, float_vector: { data: [1, -2, 0.5, 1e17, 0, 3] } } },
        ],
      }),
    );
    expect(reply.status).toEqual({ code: 0, reason: '' });
    expect(reply.columns.texts.get('key')).toEqual(['\ufeffa', '', 'ü😀']);
    expect(reply.columns.json.get('json')?.map((bytes) => Buffer.from(bytes).toString())).toEqual(['{}', '[]', '']);
    expect(reply.columns.numbers.get('count(*)')).toEqual([1, 300, 9_007_199_254_740_991]);
    expect(reply.columns.vectors.get('v')).toEqual({ dimension: 2, data: Float32Array.of(1, -2, 0.5, 1e17, 0, 3) });
  });

  test('search', () => {
    const results = {
      num_queries: 3,
      top_k: 2,
      topks: [2, 0, 1],
      scores: [0.5, 0.25, -1],
      ids: { str_id: { data: ['a', 'b', 'c'] } },
    };
    const reply = decodeSearch(written('SearchResults', { status: {}, results }));
    expect([reply.hits, reply.keys, [...reply.scores]]).toEqual([
      [2, 0, 1],
      ['a', 'b', 'c'],
      [0.5, 0.25, -1],
    ]);
  });

  test('a search with fewer keys than hits is an error, never a short answer', () => {
    const results = { topks: [2], scores: [0.5, 0.25], ids: { str_id: { data: ['a'] } } };
    expect(() => decodeSearch(written('SearchResults', { results }))).toThrow(MalformedReply);
  });

  test('writes: count and timestamp', () => {
    const message = written('MutationResult', { status: {}, delete_cnt: 3, timestamp: '470652712003567623' });
    expect(decodeMutation(message)).toEqual({
      status: { code: 0, reason: '' },
      deleted: 3,
      upserted: 0,
      timestamp: 470_652_712_003_567_623n,
    });
  });

  test.each([
    [
      { code: 1_100, reason: 'no' },
      { code: 1_100, reason: 'no' },
    ],
    [
      { code: 1, error_code: 0, reason: 'lite' },
      { code: 1, reason: 'lite' },
    ],
    [
      { error_code: 4, reason: 'old' },
      { code: 65_535, reason: 'old' },
    ],
  ])('a failure by either number is a failure: %j', (status, expected) => {
    expect(decodeMutation(written('MutationResult', { status })).status).toEqual(expected);
  });

  test('an answer cut anywhere is an error or the same fields, never a crash or endless', () => {
    const message = written('MutationResult', {
      status: { code: 5, reason: 'x'.repeat(200) },
      delete_cnt: 300,
      timestamp: '470652712003567623',
    });
    for (let end = 0; end < message.length; end++) {
      try {
        for (const field of fieldsOf(message.subarray(0, end))) expect(field.field).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedReply);
      }
    }
  });

  test('random bytes are an error or fields, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of [decodeMutation, decodeQuery, decodeSearch]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedReply);
          }
        }
      }),
      { seed, numRuns: 5_000 },
    );
  });
});
