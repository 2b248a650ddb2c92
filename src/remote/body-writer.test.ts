import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printSeed, seed } from '../../test/support/seed.ts';
import { BodyWriter } from './body-writer.ts';

printSeed('body writer');

function readBack(vector: Float32Array): Float32Array {
  const text = new TextDecoder().decode(new BodyWriter(8).vector(vector).finish());
  return Float32Array.from(JSON.parse(text) as number[]);
}

/** As bits, which tell 0 from -0 and every number from its neighbours. */
function bitsOf(vector: Float32Array): Uint32Array {
  return new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
}

describe('a vector reads back bit by bit', () => {
  test('any finite numbers', () => {
    const vector = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 50 });
    fc.assert(
      fc.property(vector, (given) => {
        // The sign of zero has no meaning, and none is written.
        const expected = given.map((x) => (x === 0 ? 0 : x));
        expect(bitsOf(readBack(given))).toEqual(bitsOf(expected));
      }),
      { seed, numRuns: 2_000 },
    );
  });

  test('the first and last of every binade, and their neighbours', () => {
    const words: number[] = [];
    for (let exponent = 0; exponent < 255; exponent++) {
      for (const mantissa of [0, 1, 2, 0x3fffff, 0x400000, 0x7ffffe, 0x7fffff])
        words.push(((exponent << 23) | mantissa) >>> 0);
    }
    const vector = new Float32Array(Uint32Array.from(words.filter((word) => word !== 0)).buffer);
    expect(bitsOf(readBack(vector))).toEqual(bitsOf(vector));
  });

  test('powers of ten and their neighbours', () => {
    const numbers = Array.from({ length: 76 }, (_, i) => Math.fround(Number(`1e${i - 38}`)));
    const words = numbers.flatMap((x) => {
      const word = new Uint32Array(Float32Array.of(x).buffer)[0]!;
      return [word - 1, word, word + 1];
    });
    const vector = new Float32Array(Uint32Array.from(words).buffer);
    expect(bitsOf(readBack(vector))).toEqual(bitsOf(vector));
  });

  test('many numbers as embeddings have them', () => {
    const vector = Float32Array.from({ length: 300_000 }, (_, i) => Math.sin(i * 1.37) * Math.cos(i * 0.011) * 0.1);
    const expected = bitsOf(vector.map((x) => (x === 0 ? 0 : x)));
    expect(bitsOf(readBack(vector)).every((word, i) => word === expected[i])).toBe(true);
  });

  test('a part of a larger buffer', () => {
    const whole = Float32Array.of(1, 2, 3, 4, 5);
    expect(readBack(whole.subarray(1, 4))).toEqual(Float32Array.of(2, 3, 4));
  });
});

test('texts and vectors stand where they were written, in UTF-8', () => {
  const body = new BodyWriter(4).text('{"é😀":').vector(Float32Array.of(0, -1.5)).text(',"x":"ü"}').finish();
  expect(JSON.parse(new TextDecoder().decode(body))).toEqual({ 'é😀': [0, -1.5], x: 'ü' });
});

test('a body grows as it needs to', () => {
  const writer = new BodyWriter(1);
  for (let i = 0; i < 500; i++)
    writer.text(i === 0 ? '[' : ',').vector(Float32Array.from({ length: 100 }, (_, j) => i / (j + 1)));
  expect((JSON.parse(new TextDecoder().decode(writer.text(']').finish())) as number[][]).length).toBe(500);
});

test('text, vectors and bytes follow one another, also beyond the first guess of the size', () => {
  const inner = new BodyWriter(1).text('{"é":').vector(Float32Array.of(1, 0.5)).text('}').finish();
  const body = new BodyWriter(1).text('[').bytes(inner).text(',').bytes(inner).text(']').finish();
  expect(JSON.parse(new TextDecoder().decode(body))).toEqual([{ é: [1, 0.5] }, { é: [1, 0.5] }]);
});
