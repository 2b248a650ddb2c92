import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { clip, paletteFor, textWidth, widthOf, wrap } from './layout.ts';

describe('paletteFor', () => {
  it('colours only on a terminal without NO_COLOR that is not dumb', () => {
    const bold = (isTTY: boolean, env: NodeJS.ProcessEnv) => paletteFor({ isTTY }, env).bold('x');
    expect(bold(true, {})).toBe('\u001B[1mx\u001B[22m');
    for (const plain of [bold(false, {}), bold(true, { NO_COLOR: '1' }), bold(true, { TERM: 'dumb' })])
      expect(plain).toBe('x');
  });
});

describe('widthOf', () => {
  it('is that of the terminal between 60 and 100, else 100', () => {
    expect([{ columns: 20 }, { columns: 80 }, { columns: 300 }, {}].map(widthOf)).toEqual([60, 80, 100, 100]);
  });
});

describe('wrap', () => {
  it('never exceeds the width or the number of lines, and says where something is left out', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.integer({ min: 5, max: 40 }),
        fc.integer({ min: 1, max: 4 }),
        (text, width, count) => {
          const lines = wrap(text, width, count);
          expect(lines.length).toBeLessThanOrEqual(count);
          for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
          const all = text
            .split(/\s+/)
            .filter((word) => word !== '')
            .join(' ');
          if (lines.join(' ') !== all) expect(lines.join(' ')).toContain('…');
        },
      ),
    );
  });

  it('breaks by columns: a wide letter takes two, an accent of its own none', () => {
    expect(wrap('日本 日本 e\u0301e\u0301 ab', 5, 4)).toEqual(['日本', '日本', 'e\u0301e\u0301 ab']);
    // A consonant that is not assigned, with a vowel sign: one column, two characters.
    expect(wrap('\uD7FC\u1920\0\0\0\0', 5, 1)).toEqual(['\uD7FC\u1920\0\0\0\0']);
  });

  it('clips by columns, and never a character in halves', () => {
    expect(clip('😀😀😀😀', 5)).toBe('😀😀…');
    expect(clip('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…');
  });
});
