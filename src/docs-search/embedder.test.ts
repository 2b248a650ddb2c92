import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { VectorStoreError } from '../errors.ts';
import { type Embedder, openEmbedder } from './embedder.ts';
import { ensureModel } from './model.ts';

const testModel = () => ensureModel({ cacheDir: join(import.meta.dirname, '../../.cache') });

let embedder: Embedder;
beforeAll(async () => {
  embedder = await openEmbedder(await testModel());
}, 180_000);
afterAll(() => embedder.close());

const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const question = 'How do I reset my password?';

describe('the embedder', { timeout: 60_000 }, () => {
  it('gives the known answer of all-MiniLM-L6-v2 (int8)', async () => {
    const [vector, close, far] = await embedder.embed([
      question,
      'I forgot my login credentials',
      'The recipe needs two cups of flour',
    ]);
    const expected = [0.00537, -0.06111, -0.07128, -0.03423, -0.04279];
    for (const [i, value] of expected.entries()) expect(vector![i]).toBeCloseTo(value, 4);
    expect(cosine(vector!, close!)).toBeCloseTo(0.678, 2);
    expect(cosine(vector!, far!)).toBeCloseTo(0.065, 2);
  });

  it('gives 384 numbers of length 1 for any text, also an empty one', async () => {
    for (const vector of await embedder.embed(['', ' ', '🙂', 'x'.repeat(5000), '\0\uD83D', 'word '.repeat(3000)])) {
      expect(vector).toBeInstanceOf(Float32Array);
      expect(vector.length).toBe(384);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
  });

  it('gives the same vector alone and among longer texts, in the order of the input', async () => {
    const texts = ['a longer text about the weather in the mountains', question, 'short', 'word '.repeat(60)];
    const together = await embedder.embed(texts);
    for (const [i, text] of texts.entries()) {
      const [alone] = await embedder.embed([text]);
      expect(cosine(alone!, together[i]!)).toBeGreaterThan(0.99999);
    }
  });

  it('reads 256 tokens: what follows changes nothing', async () => {
    const [a, b, c] = await embedder.embed([
      'word '.repeat(254),
      `${'word '.repeat(254)}different end`,
      'word '.repeat(200),
    ]);
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
  });

  it('lets the event loop turn between batches', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await embedder.embed(Array.from({ length: 6 }, () => 'word '.repeat(200)));
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('streams each text once, the short ones first', async () => {
    const texts = ['word '.repeat(200), 'short', 'word '.repeat(100)];
    const order: number[] = [];
    for await (const { index } of embedder.stream(texts)) order.push(index);
    expect(order).toEqual([1, 2, 0]);
  });

  it('stops when it is aborted, and when it was closed', async () => {
    const aborted = await embedder.embed(['a'], AbortSignal.abort()).catch((error: unknown) => error);
    expect(VectorStoreError.is(aborted, 'Aborted')).toBe(true);
    const other = await openEmbedder(await testModel(), { threads: 1 });
    await other.close();
    const closed = await other.embed(['a']).catch((error: unknown) => error);
    expect(VectorStoreError.is(closed, 'StoreClosed')).toBe(true);
  });
});
