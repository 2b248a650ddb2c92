import fc from 'fast-check';
import { expect, it } from 'vitest';
import { snippetOf } from './snippet.ts';

it('a snippet is a part of the text, and its marks are words of it in order', () => {
  const words = fc.array(
    fc.constantFrom('retry', 'Retries', 'a', 'ünïcode', '😀', 'the request', '\n', 'x'.repeat(400), '  '),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(words, fc.constantFrom('retry a request', 'ünïcode', '', '😀', 'a'), (parts, query) => {
      const source = parts.join(' ');
      const { text, highlights } = snippetOf(source, query);
      expect(source).toContain(text.replace(/^…/, '').replace(/…$/, ''));
      expect(text.isWellFormed()).toBe(true);
      expect(text.length).toBeLessThanOrEqual(282);
      let last = 0;
      for (const [from, to] of highlights) {
        expect(from).toBeGreaterThanOrEqual(last);
        expect(text.slice(from, to)).toMatch(/^[\p{L}\p{N}\p{M}]+$/u);
        last = to;
      }
    }),
  );
});

it('shows where most of the words stand, however far down', () => {
  const filler = 'Nothing of interest is said. '.repeat(40);
  const { text, highlights } = snippetOf(`${filler}Here one retries a failed request. ${filler}`, 'failed request');
  expect(highlights.map(([from, to]) => text.slice(from, to))).toEqual(['failed', 'request']);
  expect(text.startsWith('…') && text.endsWith('…')).toBe(true);
});

it('marks words by their beginning, as one types, and no small words beside longer ones', () => {
  const { text, highlights } = snippetOf('A request is a thing to retry.', 'a req');
  expect(highlights.map(([from, to]) => text.slice(from, to))).toEqual(['request']);
});
