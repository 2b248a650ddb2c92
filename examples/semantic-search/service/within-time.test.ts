import { expect, it } from 'vitest';
import { withinTime } from './within-time.ts';

const fired = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

it('ends when the client goes away, also where it has gone before', async () => {
  const client = new AbortController();
  const work = withinTime(client.signal, 60_000, fired);
  client.abort(new Error('gone'));
  await expect(work).rejects.toThrow('gone');
  await expect(withinTime(client.signal, 60_000, fired)).rejects.toThrow('gone');
});

it('ends when the time is over', async () => {
  await expect(withinTime(new AbortController().signal, 5, fired)).rejects.toMatchObject({ name: 'TimeoutError' });
});

it('gives what the work gives, and does not fire afterwards', async () => {
  const client = new AbortController();
  const kept = await withinTime(client.signal, 20, async (signal) => signal);
  client.abort();
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(kept.aborted).toBe(false);
});
