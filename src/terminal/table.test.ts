import fc from 'fast-check';
import { expect, it } from 'vitest';

import { paletteFor, printable, textWidth } from './layout.ts';
import { renderTable } from './table.ts';

const palette = paletteFor({ isTTY: false });

it('aligns columns, and cuts the elastic ones where the line is too long', () => {
  const columns = [
    { title: 'ID', elastic: true },
    { title: 'N', align: 'right' as const },
    { title: 'TEXT', elastic: true },
  ];
  const rows = [
    ['a', '1', 'short'],
    ['日本', '1000', 'a text that is much too long for this'],
  ];
  expect(renderTable(columns, rows, { width: 60, palette })).toBe(
    ['ID       N  TEXT', 'a        1  short', '日本  1000  a text that is much too long for this'].join('\n'),
  );
  expect(renderTable(columns, rows, { width: 24, palette })).toBe(
    ['ID       N  TEXT', 'a        1  short', '日本  1000  a text that…'].join('\n'),
  );
});

it('keeps every line within the width, whatever the cells hold', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 80 }).map(printable);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), fc.integer({ min: 20, max: 100 }), (rows, width) => {
      const columns = [
        { title: 'ONE', elastic: true },
        { title: 'TWO', elastic: true },
      ];
      const lines = renderTable(columns, rows, { width, palette }).split('\n');
      expect(lines).toHaveLength(rows.length + 1);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
    }),
  );
});

it('shows what would move the cursor or change the reading direction, and keeps all else', () => {
  expect(printable('a\u001B[31m\nb\u0000\u009B\u202E\u2066c')).toBe(
    'a\\u001b[31m\\u000ab\\u0000\\u009b\\u202e\\u2066c',
  );
  expect(printable('naïve 日本 👩‍👩‍👧 عربي "quoted" \\')).toBe('naïve 日本 👩‍👩‍👧 عربي "quoted" \\');
});
