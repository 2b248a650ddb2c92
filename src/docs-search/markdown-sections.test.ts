import fc from 'fast-check';
import { Lexer } from 'marked';
import { describe, expect, it } from 'vitest';

import { splitMarkdown } from './markdown-sections.ts';

const split = (markdown: string) => splitMarkdown(markdown, (text) => Lexer.lex(text));
const prose = (words: number, word = 'word') => Array.from({ length: words }, (_, i) => `${word}${i}`).join(' ');

describe('splitMarkdown', () => {
  it('gives each section the headings above it, by depth', () => {
    const text = `# A\n${prose(20)}\n## B\n${prose(20)}\n### C\n${prose(20)}\n## D\n${prose(20)}\n\nE\n=\n${prose(20)}`;
    expect(split(text).map(({ path }) => path.join('/'))).toEqual(['A', 'A/B', 'A/B/C', 'A/D', 'E']);
  });

  it('takes no # inside a code fence for a heading, and keeps the code', () => {
    const [section, ...others] = split(`# A\n${prose(20)}\n\n~~~sh\n# not a heading\nnpm install\n~~~\n`);
    expect(others).toEqual([]);
    expect(section).toMatchObject({ path: ['A'], hasCode: true });
    expect(section?.text).toContain('```sh\n# not a heading\nnpm install\n```');
  });

  it('drops front matter, HTML comments, badges, images and tables of contents', () => {
    const text = [
      '---\ntitle: secret-front-matter\n---',
      '# Name',
      '[![build](https://ci.example/badge.svg)](https://ci.example) ![logo](logo.png)',
      '<!-- secret-comment\n\nover lines -->',
      '- [One](#one)\n- [Two](#two)\n  - [Three](#three)',
      '[Docs](https://a.example) | [Chat](https://b.example)',
      `${prose(20)} see [the guide](https://c.example) <!-- secret-inline --> <b>bold</b> &amp; more`,
    ].join('\n\n');
    const [section, ...others] = split(text);
    expect(others).toEqual([]);
    expect(section?.text).toBe(`${prose(20)} see the guide  bold & more`);
  });

  it('drops front matter also where no heading follows, and keeps a rule in the middle', () => {
    const [section, ...others] = split(
      `---\ntitle: secret\ntags: [a]\n---\n${prose(20)}\n\n---\n\n${prose(20, 'end')}`,
    );
    expect([others, section?.path]).toEqual([[], []]);
    expect(section?.text).toBe(`${prose(20)}\n\n${prose(20, 'end')}`);
  });

  it('understands HTML headings', () => {
    const [section] = split(`<h1 align="center">\n  <img src="x.png"><br>\n  The <b>Tool</b>\n</h1>\n\n${prose(20)}`);
    expect(section?.path).toEqual(['The Tool']);
  });

  it('merges a few words into the sibling before them, with their heading', () => {
    const sections = split(`# A\n## B\n${prose(20)}\n## C\nOne short sentence here.\n## D\n${prose(20)}`);
    expect(sections.map(({ path }) => path.at(-1))).toEqual(['B', 'D']);
    expect(sections[0]?.text).toContain('C\n\nOne short sentence here.');
  });

  it('leaves out licence and sponsor sections, with what is below them', () => {
    const text = `# A\n${prose(20)}\n## License\nMIT, ${prose(20)}\n### More\n${prose(20)}\n## ❤️ Sponsors\n${prose(20)}\n`;
    expect(split(text).map(({ path }) => path.join('/'))).toEqual(['A']);
  });

  it('numbers equal anchors as GitHub does', () => {
    const text = ['A', 'Hello, World!', 'Hello, World!'].map((title) => `# ${title}\n${prose(20)}`).join('\n');
    expect(split(text).map(({ anchor }) => anchor)).toEqual(['a', 'hello-world', 'hello-world-1']);
  });

  it('cuts long sections so that every gist stays short and no word is lost', () => {
    const sections = split(`# A\n${prose(400)}\n\n${prose(400, 'other')}\n\n\`\`\`js\n${prose(900, 'code')}\n\`\`\`\n`);
    expect(sections.length).toBeGreaterThan(5);
    for (const { gist } of sections) expect(gist.length).toBeLessThanOrEqual(900);
    const words = sections.flatMap(({ text }) => text.match(/\w+\d+/g));
    const expected = [prose(400), prose(400, 'other'), prose(900, 'code')].join(' ').split(' ');
    expect(words).toEqual(expected);
    for (const { text } of sections) expect((text.match(/```/g) ?? []).length % 2).toBe(0);
  });

  it('reads lists and tables as lines', () => {
    const [section] = split(
      `# A\n1. first ${prose(9)}\n2. second\n   - nested\n\n| a | b |\n|---|---|\n| c | [d](x) |\n`,
    );
    expect(section?.text).toBe(`1. first ${prose(9)}\n2. second\n   - nested\n\na | b\nc | d`);
  });

  it('gives well-formed text of bounded size for any input, without throwing', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '# ',
        '\n',
        '```',
        '---\n',
        '<!--',
        '-->',
        '<h2>',
        '| a |',
        '[x](#y)',
        '&#xD800;',
        '\uD83D',
        '😀',
      ),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        for (const { text, gist, path } of split(pieces.join(''))) {
          expect([text, gist, ...path].every((part) => part.isWellFormed())).toBe(true);
          expect(gist.length).toBeLessThanOrEqual(1200);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each(['', '```\n'])('tears no surrogate pair when it cuts a word without spaces (after %j)', (fence) => {
    const sections = split(`# A\n\n${prose(20)}\n\n${fence}a${'😀'.repeat(2000)}`);
    expect(sections.every(({ text, gist }) => text.isWellFormed() && gist.isWellFormed())).toBe(true);
  });
});
