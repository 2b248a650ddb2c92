import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { withTimedSignal } from './timed-signal.ts';

const fired = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
const late = () => new Error('late');

it('fires with the first of its sources, with its reason, also where that has fired before', async () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const work = withTimedSignal([one.signal, other.signal], 60_000, late, fired);
  other.abort(new Error('enough'));
  await expect(work).rejects.toThrow('enough');
  await withTimedSignal([one.signal, other.signal], 60_000, late, async (signal) => {
    expect(signal.reason).toBe(other.signal.reason);
  });
});

it('fires when the time is over', async () => {
  await expect(withTimedSignal([], 5, late, fired)).rejects.toThrow('late');
});

it('gives what the work gives, and does not fire afterwards', async () => {
  const source = new AbortController();
  let kept: AbortSignal | undefined;
  expect(
    await withTimedSignal([source.signal], 20, late, async (signal) => {
      kept = signal;
      return 7;
    }),
  ).toBe(7);
  source.abort();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(kept?.aborted).toBe(false);
});

it('leaves nothing behind, however long its sources live', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const source = new AbortController();
  const used = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await withTimedSignal([source.signal], 60_000, late, async (signal) =>
        signal.addEventListener('abort', () => undefined),
      );
    }
    await new Promise((resolve) => setTimeout(resolve));
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await used(5_000);
  // By `AbortSignal.any` and `AbortSignal.timeout` it is 30 MB.
  expect((await used(20_000)) - before).toBeLessThan(2 * 2 ** 20);
}, 60_000);
