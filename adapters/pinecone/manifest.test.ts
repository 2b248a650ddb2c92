import { describe, expect, it } from 'vitest';
import type { FieldType } from '../../src/types.ts';
import { fromTags, toTags } from './manifest.ts';

const fieldsOf = (count: number): Record<string, FieldType> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`field-${i}`, 'keyword']));

describe('the manifest in tags', () => {
  it.each<[string, Record<string, FieldType>]>([
    ['no field', {}],
    ['fields with hostile paths', { 'a b': 'text', 'é."x.y"': 'number', '"\\"$"': 'datetime', '😀': 'boolean' }],
    ['__proto__', JSON.parse('{"__proto__":"keyword","constructor":"text"}')],
    ['as many as fit', fieldsOf(80)],
  ])('comes back, within what tags may hold: %s', (_what, fields) => {
    const tags = toTags({ fields, ignoredHints: ['index.m'] });
    expect(fromTags({ ...tags, team: 'somebody' })).toEqual({ fields, ignoredHints: ['index.m'] });
    expect(Object.keys(tags).length).toBeLessThanOrEqual(18);
    for (const [key, value] of Object.entries(tags)) {
      expect(key).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
      expect(value).toMatch(/^[\x21-\x7e]{1,120}$/);
    }
  });

  it('is refused where it does not fit', () => {
    expect(() => toTags({ fields: fieldsOf(120), ignoredHints: [] })).toThrow(
      expect.objectContaining({ code: 'Unsupported' }),
    );
  });

  it('is absent from an index of another program, and damaged tags are Corruption', () => {
    expect(fromTags(null)).toBeUndefined();
    expect(fromTags({ team: 'somebody' })).toBeUndefined();
    const tags = toTags({ fields: fieldsOf(20), ignoredHints: [] });
    const { anyvec_01: _, ...incomplete } = tags;
    for (const damaged of [incomplete, { ...tags, anyvec_00: 'x' }, { anyvec_00: '{"format":2}' }]) {
      expect(() => fromTags(damaged)).toThrow(expect.objectContaining({ code: 'Corruption' }));
    }
  });
});
