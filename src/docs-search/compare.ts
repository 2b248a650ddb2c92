/** Node only. The same questions to the same documentation on several backends. */
import { connect } from '../connect.ts';
import type { Progress } from '../terminal/progress.ts';
import type { DocsFilter, DocsMatch } from './ask.ts';
import type { Corpus } from './corpus.ts';
import { type DocsStore, type IndexReport, indexSections } from './index-docs.ts';
import { sectionPayload } from './sections.ts';

/** What every backend is asked. */
export interface Comparison {
  readonly collection: string;
  readonly questions: readonly string[];
  readonly k: number;
  readonly filter?: DocsFilter;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** What one backend did. */
export interface Measurement {
  readonly report: IndexReport;
  /** The type of vector index that the backend chose. */
  readonly index: string;
  /** Per question. */
  readonly answers: readonly (readonly DocsMatch[])[];
  /** Median of embedding one question in milliseconds. */
  readonly embedMs: number;
  /** Median of one search in milliseconds; the question was embedded before. */
  readonly searchMs: number;
  /** Size of its files, where it has any. */
  readonly diskBytes?: number;
  /** From connecting to the first answer in milliseconds, with the index stored before. */
  readonly openMs: number;
}

const repetitions = 25;

/** Indexes the corpus at `url` and asks all questions; then closes it, and opens it again to see how long that takes. */
export async function measure(url: string, corpus: Corpus, comparison: Comparison): Promise<Measurement> {
  const { collection } = comparison;
  const { vectors, embedMs } = await embedQuestions(corpus, comparison);
  const indexed = await withDatabase(url, async (db) => {
    const { store, report } = await indexSections(db, corpus.sections, { ...comparison, ...corpus });
    const answers = await searchAll(store, vectors, comparison);
    const searchMs = await searchTime(store, vectors, comparison);
    const { diskBytes, index } = await store.stats();
    return { report, index: index.type, answers, embedMs, searchMs, ...(diskBytes !== undefined && { diskBytes }) };
  });
  const started = performance.now();
  return withDatabase(url, async (db) => {
    const store = await db.collection(collection, { payload: sectionPayload });
    await searchAll(store, vectors.slice(0, 1), comparison);
    return { ...indexed, openMs: performance.now() - started };
  });
}

async function withDatabase<T>(url: string, work: (db: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> {
  const db = await connect(url);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

async function embedQuestions(corpus: Corpus, { questions, signal }: Comparison) {
  const embedder = await corpus.embedder();
  const vectors: Float32Array[] = [];
  const times: number[] = [];
  for (const question of questions) {
    const started = performance.now();
    vectors.push(...(await embedder.embed([question], signal)));
    times.push(performance.now() - started);
  }
  return { vectors, embedMs: median(times) };
}

async function searchAll(store: DocsStore, vectors: readonly Float32Array[], { k, filter, signal }: Comparison) {
  const answers: DocsMatch[][] = [];
  for (const vector of vectors) answers.push(await store.search(vector, { k, filter, signal }));
  return answers;
}

async function searchTime(store: DocsStore, vectors: readonly Float32Array[], comparison: Comparison): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    for (const vector of vectors) {
      const started = performance.now();
      await searchAll(store, [vector], comparison);
      times.push(performance.now() - started);
    }
  }
  return median(times);
}

/** How many of the `expected` answers were found, in any order, and how many there were. */
export function overlap(expected: Measurement['answers'], found: Measurement['answers']): { same: number; of: number } {
  const same = expected.map((matches, i) => {
    const ids = new Set(found[i]?.map(({ id }) => id));
    return matches.filter(({ id }) => ids.has(id)).length;
  });
  return { same: sum(same), of: sum(expected.map(({ length }) => length)) };
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
