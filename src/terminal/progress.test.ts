import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { duration, progressOn } from './progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('progressOn', () => {
  it('prints a plain line every ten seconds where there is no terminal', () => {
    const stream = new PassThrough();
    const task = progressOn(stream).begin('embedding', 1000, 100);
    for (let second = 1; second <= 60; second++) {
      vi.advanceTimersByTime(1000);
      task.update(second * 10, second);
    }
    task.end();
    const text = String(stream.read());
    expect(text.split('\n')).toEqual([
      'embedding: 100',
      'embedding: 10/100 (10 %), 1 min 30 s left',
      'embedding: 20/100 (20 %), 1 min 20 s left',
      'embedding: 30/100 (30 %), 1 min 10 s left',
      'embedding: 40/100 (40 %), 1 min 0 s left',
      'embedding: 50/100 (50 %), 50 s left',
      'embedding: 60/100 (60 %), 40 s left',
      'embedding: stopped after 1 min 0 s',
      '',
    ]);
  });

  it('says done only when everything was done', () => {
    const stream = new PassThrough();
    const task = progressOn(stream).begin('embedding', 10, 1);
    task.update(10, 1);
    task.end();
    expect(String(stream.read())).toBe('embedding: 1\nembedding: done in 0.0 s\n');
  });

  it('draws a bar on a terminal, and restores the cursor', () => {
    const stream = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 80,
      cursorTo: () => true,
      clearLine: () => true,
    });
    const task = progressOn(stream).begin('embedding', 10, 5);
    vi.advanceTimersByTime(1000);
    task.update(5, 2);
    task.end();
    const text = String(stream.read());
    expect(text).toContain('50 % | 2/5');
    expect(text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(text.lastIndexOf('\u001B[?25l'));
  });
});

describe('duration', () => {
  it('reads well', () => {
    expect([0, 420, 9949, 9950, 59_400, 59_600, 125_000].map(duration)).toEqual([
      '0.0 s',
      '0.4 s',
      '9.9 s',
      '10 s',
      '59 s',
      '1 min 0 s',
      '2 min 5 s',
    ]);
  });
});
