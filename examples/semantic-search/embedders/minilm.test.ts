import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hashingEmbedder } from './hashing.ts';
import { miniLmEmbedder } from './minilm.ts';
import { rememberingEmbedder } from './remembering.ts';

const cacheDir = join(import.meta.dirname, '../../../.cache');
const question = 'How do I reset my password?';
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

it('the model works on a thread of its own: refuses until it is ready, keeps the order, and lets a question go before a batch', async () => {
  const embedder = miniLmEmbedder({ cacheDir });
  await expect(embedder.embed([question])).rejects.toMatchObject({ code: 'Unavailable' });
  await embedder.ready?.();
  const batch = Array.from({ length: 40 }, (_, i) => (i === 33 ? question : `Text number ${i} about something else.`));
  const order: string[] = [];
  const all = embedder.embed(batch).finally(() => order.push('batch'));
  const [vector] = await embedder.embed([question]).finally(() => order.push('question'));
  const vectors = await all;
  expect(order).toEqual(['question', 'batch']);
  expect(vectors).toHaveLength(40);
  const expected = [0.00537, -0.06111, -0.07128, -0.03423, -0.04279];
  for (const [i, value] of expected.entries()) expect(vector![i]).toBeCloseTo(value, 4);
  const scores = vectors.map((each) => cosine(each, vector!));
  expect(scores.indexOf(Math.max(...scores))).toBe(33);

  const controller = new AbortController();
  const aborted = embedder.embed(batch, controller.signal);
  controller.abort();
  await expect(aborted).rejects.toThrow('aborted');
  const under = embedder.embed(batch);
  await Promise.all([expect(under).rejects.toMatchObject({ code: 'Unavailable' }), embedder.close?.()]);
  await expect(embedder.embed([question])).rejects.toMatchObject({ code: 'Unavailable' });
}, 120_000);

it('what is remembered is not asked of the model, and is not shared with the caller', async () => {
  const model = hashingEmbedder({ dimension: 8 });
  const [known] = await model.embed(['known']);
  const asked: string[] = [];
  const counting = {
    ...model,
    embed: (texts: readonly string[]) => model.embed(asked.push(...texts) > 0 ? texts : []),
  };
  const embedder = rememberingEmbedder(counting, { get: (text) => (text === 'known' ? known : undefined) });
  const [a, b, c] = await embedder.embed(['new', 'known', 'newer']);
  expect(asked).toEqual(['new', 'newer']);
  expect([a, c]).toEqual(await model.embed(['new', 'newer']));
  expect(b).toEqual(known);
  b!.fill(0);
  expect(known).not.toEqual(b);
});
