import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readMetadata } from '../../src/server/dialects/pinecone/metadata.ts';
import { defaultQuirks } from '../../src/server/dialects/pinecone/quirks.ts';
import type { Payload } from '../../src/types.ts';
import { copyPayload } from '../../src/validate/payload.ts';
import { document } from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';
import { fromMetadata, toMetadata } from './envelope.ts';

beforeAll(() => printSeed('payloads of the Pinecone adapter'));

const encoded = (payload: Payload, fields = {}) => toMetadata(payload, JSON.stringify(payload), fields);

describe('a payload as metadata', () => {
  it.each<[string, string, Record<string, unknown>]>([
    [
      'what metadata can hold stays as it is',
      '{"s":"x","n":1.5,"b":false,"l":["x","y"],"":"","a.b":1}',
      { s: 'x', n: 1.5, b: false, l: ['x', 'y'], '': '', 'a.b': 1 },
    ],
    ['nothing', '{}', {}],
    ['null is absent', '{"a":null,"b":1}', { b: 1, _av: '{"a":null,"b":1}' }],
    [
      'a nested value',
      '{"a":{"b":{"c.d":"x"}}}',
      { '_av.a.b."c.d"': 'x', '_av?': ['a', 'a.b'], _av: '{"a":{"b":{"c.d":"x"}}}' },
    ],
    [
      'an array of other things',
      '{"a":["x",1,true,false,null,[2],{"b":3},1]}',
      { '_av#a': ['sx', 'n1', 't', 'f'], _av: '{"a":["x",1,true,false,null,[2],{"b":3},1]}' },
    ],
    [
      'arrays without scalars, and objects',
      '{"a":[],"b":[null],"c":[[1]],"d":{}}',
      { '_av?': ['a', 'b', 'c', 'd'], _av: '{"a":[],"b":[null],"c":[[1]],"d":{}}' },
    ],
    [
      'keys that the service or we keep for ourselves',
      '{"$a":1,"_av":2,"_avb":["x","y"]}',
      { '_av."$a"': 1, '_av._av': 2, '_av._avb': ['x', 'y'], _av: '{"$a":1,"_av":2,"_avb":["x","y"]}' },
    ],
    ['a list of one, which may come back as none', '{"a":["x"]}', { a: ['x'], _av: '{"a":["x"]}' }],
  ])('%s', (_what, json, metadata) => {
    expect(encoded(JSON.parse(json))).toEqual(metadata);
  });

  it('has the instants of declared datetimes beside them', () => {
    const payload = { t: '1970-01-01T00:00:01Z', o: { t: ['1970-01-01T00:00:02Z', '1970-01-01T00:00:03Z'] } };
    expect(encoded(payload, { t: 'datetime', 'o.t': 'datetime' })).toEqual({
      t: '1970-01-01T00:00:01Z',
      '_av@t': 1000,
      '_av.o.t': payload.o.t,
      '_av#o.t': ['s1970-01-01T00:00:02Z', 's1970-01-01T00:00:03Z'],
      '_av?': ['o'],
      _av: JSON.stringify(payload),
    });
  });

  it('comes back deep-equal, also where lists of one come back as scalars', () => {
    const property = fc.property(document, fc.constantFrom('list' as const, 'scalar' as const), (given, listOfOne) => {
      const payload = copyPayload(given, 'payload');
      const stored = readMetadata(JSON.parse(JSON.stringify(encoded(payload))), { ...defaultQuirks, listOfOne });
      expect(fromMetadata(stored, 'id')).toEqual(payload);
    });
    fc.assert(property, { seed, numRuns: 2_000 });
  });

  it('holds __proto__ and constructor as plain data', () => {
    const payload: Payload = JSON.parse('{"__proto__":"x","constructor":1,"a":{"__proto__":2}}');
    expect(fromMetadata(encoded(payload), 'id')).toEqual(payload);
    expect(Object.keys(encoded(JSON.parse('{"__proto__":"x"}')))).toEqual(['__proto__']);
  });

  it('of another program is read as it is; a broken envelope is Corruption', () => {
    expect(fromMetadata({ a: 1, _avx: 'y' }, 'id')).toEqual({ a: 1, _avx: 'y' });
    for (const text of ['{', '[]', '1', '']) {
      expect(() => fromMetadata({ _av: text }, 'r1')).toThrow(
        expect.objectContaining({ code: 'Corruption', ids: ['r1'] }),
      );
    }
  });
});
