import fc from 'fast-check';
import { expect, it } from 'vitest';

import { uniforms } from '../../bench/lib/random.ts';
import { Hysteresis } from './hysteresis.ts';
import { RecallTrend } from './recall-trend.ts';

const settings = { windowSamples: 100, target: 0.8, tolerance: 0.05 };

/** The recall of one query with k = 10: neighbours are found or missed together, so that queries differ more than coins would. */
function queries(recall: number, random: () => number): () => number {
  return () => {
    const ease = random() < 0.2 ? recall - 4 * Math.min(0.04, 1 - recall) : recall + Math.min(0.04, 1 - recall);
    let found = 0;
    for (let n = 0; n < 10; n++) if (random() < ease) found += 1;
    return found / 10;
  };
}

/** Windows until advice would be given, of so many at most; undefined: never. */
function windowsToAlarm(trend: RecallTrend, query: () => number, most: number): number | undefined {
  const alarm = new Hysteresis(2);
  for (let window = 1; window <= most; window++) {
    let judged: ReturnType<RecallTrend['add']>;
    do judged = trend.add(query());
    while (judged === undefined);
    if (alarm.see(judged.verdict === 'low' ? 'bad' : judged.verdict === 'good' ? 'good' : 'neither')) return window;
  }
  return undefined;
}

it.each([0.999, 0.97, 0.92, 0.87])('a recall of %d that does not change gives no alarm in 5,000 windows', (recall) => {
  for (let seed = 1; seed <= 5; seed++)
    expect(windowsToAlarm(new RecallTrend(settings), queries(recall, uniforms(seed)), 1_000)).toBeUndefined();
});

it('a fall by twice the tolerance is seen in eight windows, nineteen times in twenty', () => {
  let seen = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const random = uniforms(seed);
    const trend = new RecallTrend(settings);
    windowsToAlarm(trend, queries(0.97, random), 2);
    if (windowsToAlarm(trend, queries(0.87, random), 8) !== undefined) seen += 1;
  }
  expect(seen).toBeGreaterThanOrEqual(190);
});

it('the interval of a window holds the true recall about as often as it says', () => {
  const random = uniforms(7);
  const query = queries(0.9, random);
  const trend = new RecallTrend(settings);
  let [held, all] = [0, 0];
  while (all < 2_000) {
    const judged = trend.add(query());
    if (judged === undefined) continue;
    all += 1;
    if (judged.interval[0] <= 0.9 && 0.9 <= judged.interval[1]) held += 1;
  }
  expect(held / all).toBeGreaterThan(0.93);
  expect(held / all).toBeLessThan(0.98);
});

it('the state changes only after a row of signs against it, whatever came before', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.constantFrom('bad' as const, 'good' as const, 'neither' as const), { maxLength: 60 }),
      (needed, signs) => {
        const hysteresis = new Hysteresis(needed);
        let since = 0;
        for (const [at, sign] of signs.entries()) {
          const was = hysteresis.isOn;
          const is = hysteresis.see(sign);
          const row = signs.slice(Math.max(since, at + 1 - needed), at + 1);
          const against = row.length === needed && row.every((each) => each === (was ? 'good' : 'bad'));
          expect(is).toBe(against ? !was : was);
          if (is !== was) since = at + 1;
        }
      },
    ),
  );
});
