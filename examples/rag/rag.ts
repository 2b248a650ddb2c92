/*
 * Answers from documents, each with its sources: Markdown is cut into passages, found by BM25 (and by vectors, where there is an embedder), and
 * quoted word for word with file and lines. No language model is needed; `generate` is where one goes.
 *
 *   const documents = await readDocuments(await connect('native:./index'), './docs');
 *   console.log((await documents.ask('Does $ne match a missing field?')).text);
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VectorDatabase } from 'anyvec';
import { z } from 'zod';
import { type Passage, passagesOf } from './passages.ts';

/** Anything that makes vectors of texts: a model on this machine, or a service. */
export interface Embedder {
  readonly dimension: number;
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}

/** A source of an answer. `[1]` in the text means the one with `number` 1. */
export interface Citation extends Passage {
  readonly number: number;
}

export interface AskOptions {
  /** How many passages an answer rests on. Default 3. */
  readonly passages?: number;
  /**
   * Writes the answer from the sources. A language model goes here: give it `prompt`, and hand back what it says. Default: the sources themselves,
   * as quotations.
   */
  readonly generate?: (prompt: string, sources: readonly Citation[]) => Promise<string>;
}

export interface Answer {
  readonly text: string;
  readonly citations: readonly Citation[];
}

const passage = z.object({ file: z.string(), heading: z.string(), from: z.int(), to: z.int(), text: z.string() });

/** Reads the Markdown files of a directory into a collection, which takes the place of an earlier one. */
export async function readDocuments(db: VectorDatabase, directory: string, embedder?: Embedder) {
  const store = await db.createCollection(
    'passages',
    // Without an embedder the records have no vectors, and are found by their text.
    {
      dimension: embedder?.dimension ?? 1,
      metric: 'cosine',
      payload: passage,
      fields: { text: 'text', heading: 'text', file: 'keyword' },
    },
    { ifExists: 'recreate' },
  );
  for (const file of (await readdir(directory)).filter((name) => name.endsWith('.md')).sort()) {
    const passages = passagesOf(file, await readFile(join(directory, file), 'utf8'));
    const vectors = await embedder?.embed(passages.map(({ heading, text }) => `${heading}\n${text}`));
    await store.upsert(
      passages.map((payload, i) => ({ id: `${file}:${payload.from}`, vector: vectors?.[i] ?? null, payload })),
    );
  }

  return {
    store,
    async ask(question: string, { passages = 3, generate = quoted }: AskOptions = {}): Promise<Answer> {
      const vector = (await embedder?.embed([question]))?.[0];
      const found = await store.searchHybrid(
        { text: question, ...(vector && { vector }) },
        { k: passages, fields: { text: 1, heading: 1 } },
      );
      const citations = found.map(({ payload }, i) => ({ number: i + 1, ...payload }));
      if (citations.length === 0) return { text: 'The documents say nothing about that.', citations };
      return { text: await generate(promptFor(question, citations), citations), citations };
    },
  };
}

/** What a language model is told. */
function promptFor(question: string, citations: readonly Citation[]): string {
  const sources = citations.map(({ number, heading, text }) => `[${number}] ${heading}\n${text}`);
  return [
    'Answer from these sources only. Put the number of the source, as in [1], behind each statement. If they do not say it, say so.',
    ...sources,
    `Question: ${question}`,
  ].join('\n\n');
}

/** The sources as quotations, each with its place. */
async function quoted(_: string, citations: readonly Citation[]): Promise<string> {
  return citations
    .map(({ number, file, heading, from, to, text }) => {
      const quotation = text.split('\n').map((line) => `> ${line}`.trimEnd());
      return `${quotation.join('\n')}\n\n[${number}] ${file}, lines ${from}–${to} (${heading})`;
    })
    .join('\n\n');
}
