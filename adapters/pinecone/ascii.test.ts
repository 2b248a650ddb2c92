import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../../test/support/seed.ts';
import { fromWireId, idKey, isHashed, toWireId } from './ascii.ts';
import { fromWireNamespace, toWireNamespace } from './namespaces.ts';

const text = (maxBytes: number) =>
  fc
    .oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
      fc.string({ minLength: 1, maxLength: maxBytes }),
      fc
        .array(fc.constantFrom('_av~', '_av#', 'é', '😀', 'x'.repeat(90), '__default__', '\u0001', ' ', '%', '\n'), {
          minLength: 1,
        })
        .map((parts) => parts.join('')),
    )
    .filter((name) => name.isWellFormed() && !name.includes('\0') && Buffer.byteLength(name) <= maxBytes);

describe('on the wire', () => {
  it('an id is one of at most 512 ASCII characters, and is told again from it, for a hashed one with the metadata', () => {
    fc.assert(
      fc.property(text(512), (id) => {
        const wire = toWireId(id);
        expect(wire).toMatch(/^[\t\n\r\x20-\x7e]{1,512}$/);
        expect(fromWireId(wire, isHashed(wire) ? { [idKey]: id } : {})).toBe(id);
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it('ids differ if they do, also where one is the wire form of another', () => {
    fc.assert(
      fc.property(text(512), text(512), (a, b) => {
        if (a !== b) expect(toWireId(a)).not.toBe(toWireId(b));
        expect(toWireId(toWireId(a)) === toWireId(a)).toBe(toWireId(a) === a);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it.each(['a', 'a b', 'doc#1', '../?&', '"\\\'', 'x'.repeat(512), '__default__'])('plain ids stay: %j', (id) => {
    expect(toWireId(id)).toBe(id);
  });

  it('the longest ids that are not ASCII go by a hash', () => {
    expect(isHashed(toWireId(`${'x'.repeat(379)}é`))).toBe(false);
    for (const id of [`${'x'.repeat(380)}é`, 'é'.repeat(256), '😀'.repeat(128)])
      expect(isHashed(toWireId(id))).toBe(true);
    expect(fromWireId('_av#other', { [idKey]: 'not it' })).toBe('_av#other');
  });

  it('a namespace is told again, and none is the default one', () => {
    fc.assert(
      fc.property(text(128), (name) => {
        expect(toWireNamespace(name)).toMatch(/^[\t\n\r\x20-\x7e]{1,512}$/);
        expect(toWireNamespace(name)).not.toBe(toWireNamespace(''));
        expect(fromWireNamespace(toWireNamespace(name))).toBe(name);
      }),
      { seed, numRuns: 5_000 },
    );
    expect(fromWireNamespace(toWireNamespace('__default__'))).toBe('__default__');
    expect([fromWireNamespace(''), fromWireNamespace('__default__'), fromWireNamespace('_av~???')]).toEqual([
      '',
      '',
      '_av~???',
    ]);
  });
});
