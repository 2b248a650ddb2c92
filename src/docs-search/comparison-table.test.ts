import { describe, expect, it } from 'vitest';
import { paletteFor } from '../terminal/layout.ts';
import type { Measurement } from './compare.ts';
import { renderComparison } from './comparison-table.ts';

const report = { total: 9, unchanged: 0, written: 9, embedded: 9, removed: 0, ms: 1 };
const match = (id: string) => ({ id, score: 1, distance: 0 }) as unknown as Measurement['answers'][number][number];
const measured = (ids: string[]): Measurement => ({
  report,
  index: 'flat',
  answers: [ids.map(match)],
  embedMs: 9.7,
  searchMs: 1.234,
  diskBytes: 2_900_000,
  openMs: 31.4,
});

describe('renderComparison', () => {
  it('lines up figures, counts equal answers and names the command for what is missing', () => {
    const reference = measured(['a', 'b', 'c']);
    const rows = [
      { url: 'native:.cache/demo/native', result: reference },
      { url: 'hnswlib:.cache/demo/hnswlib', result: measured(['c', 'x', 'a']) },
      { url: 'faiss:.cache/demo/faiss', result: { installCommand: 'sudo apt-get install -y g++' } },
    ];
    expect(renderComparison(reference, rows, paletteFor({ isTTY: false }))).toBe(
      [
        'The same question on other backends: only the URL changes',
        '',
        'url                          index   same answers   search  on disk  opens in',
        'native:.cache/demo/native    flat         (all 3)  1.23 ms   2.9 MB     31 ms',
        'hnswlib:.cache/demo/hnswlib  flat          2 of 3  1.23 ms   2.9 MB     31 ms',
        'faiss:.cache/demo/faiss             not installed',
        '',
        'search: median, without embedding the question (10 ms); opens in: connect, load, first answer',
        'to add faiss, run: sudo apt-get install -y g++',
      ].join('\n'),
    );
  });
});
