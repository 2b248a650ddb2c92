import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksOf } from './chunks.ts';

const joined = (text: string, format?: 'text' | 'markdown') =>
  chunksOf(text, format)
    .map(({ text }) => text)
    .join('');
const markdown = fc
  .array(
    fc.constantFrom(
      '# A\n',
      '## B\n',
      '```\n',
      '~~~js\n',
      '\n',
      'word ',
      'A sentence. ',
      `${'x'.repeat(1_000)}\n`,
      '😀',
      '\r\n',
    ),
    { maxLength: 80 },
  )
  .map((parts) => parts.join(''));

describe('chunks', () => {
  it('put together again are the text, and none is too long', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 3_000 }), markdown);
    fc.assert(
      fc.property(text, fc.constantFrom('text' as const, 'markdown' as const), (each, format) => {
        expect(joined(each, format)).toBe(each);
        for (const chunk of chunksOf(each, format)) expect(chunk.text.length).toBeLessThanOrEqual(900);
      }),
    );
  });

  it('never tear a character apart', () => {
    for (const { text } of chunksOf('😀'.repeat(2_000))) expect(text.isWellFormed()).toBe(true);
  });

  it('of Markdown know the headings above them; a heading inside a fence is code', () => {
    const text = '# Guide\n\n## Install\n\nRun it.\n\n```sh\n# not a heading\n```\n\n## Use ##\n\nCall it.\n';
    expect(chunksOf(text, 'markdown').map(({ heading, text }) => [heading, text.trim()])).toEqual([
      ['Guide › Install', '# Guide\n\n## Install\n\nRun it.\n\n```sh\n# not a heading\n```'],
      ['Guide › Use', '## Use ##\n\nCall it.'],
    ]);
  });

  it('end between paragraphs where they can', () => {
    const paragraph = 'Something is said here. '.repeat(20).trim();
    const pieces = chunksOf([paragraph, paragraph, paragraph].join('\n\n'));
    expect(pieces.map(({ text }) => text.trim())).toEqual([paragraph, paragraph, paragraph]);
  });
});
