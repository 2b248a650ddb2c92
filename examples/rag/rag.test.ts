import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connect, type VectorDatabase } from 'anyvec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passagesOf } from './passages.ts';
import { type Citation, type Embedder, readDocuments } from './rag.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const linesOf = async ({ file, from, to }: Citation) =>
  (await readFile(`${docs}${file}`, 'utf8'))
    .split('\n')
    .slice(from - 1, to)
    .join('\n');

describe("the repository's own documentation, by BM25 alone", () => {
  let db: VectorDatabase;
  let documents: Awaited<ReturnType<typeof readDocuments>>;
  beforeAll(async () => {
    db = await connect('native:');
    documents = await readDocuments(db, docs);
  });
  afterAll(() => db.close());

  it.each([
    { question: 'Does $ne match a missing field?', file: 'semantics.md', words: 'missing field matches' },
    {
      question: 'How does reciprocal rank fusion compute the score, 1 / (rankConstant + rank)?',
      file: 'semantics.md',
      words: 'rankConstant',
    },
    { question: 'Why CRC-32 and not CRC-32C?', file: 'decisions.md', words: 'CRC-32C' },
  ])('"$question" is answered from $file', async ({ question, file, words }) => {
    const { citations } = await documents.ask(question);
    const right = citations.filter((citation) => citation.file === file && citation.text.includes(words));
    expect(right.map(({ number }) => number)).not.toEqual([]);
  });

  it('every quotation stands word for word at the place it cites', async () => {
    const { text, citations } = await documents.ask('What happens to writes that fail?', { passages: 5 });
    expect(citations).toHaveLength(5);
    for (const citation of citations) {
      expect(await linesOf(citation)).toBe(citation.text);
      expect(text).toContain(`[${citation.number}] ${citation.file}, lines ${citation.from}–${citation.to}`);
    }
    const quotations = text
      .split('\n')
      .filter((line) => line.startsWith('>'))
      .map((line) => line.slice(2));
    expect(quotations).toEqual(citations.flatMap((citation) => citation.text.split('\n')));
  });

  it('a language model gets the sources, numbered, and the question; its words are the answer', async () => {
    const { text, citations } = await documents.ask('Does $ne match a missing field?', {
      passages: 2,
      generate: async (prompt, sources) => {
        for (const { number, heading, text } of sources) expect(prompt).toContain(`[${number}] ${heading}\n${text}`);
        expect(prompt).toContain('Question: Does $ne match a missing field?');
        return 'Yes [1].';
      },
    });
    expect(text).toBe('Yes [1].');
    expect(citations.map(({ number }) => number)).toEqual([1, 2]);
  });

  it('what the documents do not speak of is not answered', async () => {
    expect(await documents.ask('Xylophon zzyzx?')).toEqual({
      text: 'The documents say nothing about that.',
      citations: [],
    });
  });
});

it('with an embedder, passages are found by their vectors as well', async () => {
  // Counts letters: enough to tell a question from everything else.
  const embedder: Embedder = {
    dimension: 26,
    embed: async (texts) =>
      texts.map((text) => Array.from({ length: 26 }, (_, i) => 0.01 + text.split(String.fromCharCode(97 + i)).length)),
  };
  await using db = await connect('native:');
  const { ask } = await readDocuments(db, docs, embedder);
  const { citations } = await ask('zzyzx xylophon', { passages: 4 });
  expect(citations).toHaveLength(4);
});

it('passages are whole blocks under one heading, and together all that was written', () => {
  const markdown = '# A\n\none\n\n## B\n```\n# no heading\n\ncode\n```\n\nafter\n### C\n## D\nlast';
  expect(passagesOf('x.md', markdown)).toEqual([
    { file: 'x.md', heading: 'A', from: 3, to: 3, text: 'one' },
    { file: 'x.md', heading: 'A › B', from: 6, to: 12, text: '```\n# no heading\n\ncode\n```\n\nafter' },
    { file: 'x.md', heading: 'A › D', from: 15, to: 15, text: 'last' },
  ]);
});
