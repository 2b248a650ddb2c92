/** Node only. Questions to the documentation. */
import { VectorStoreError } from '../errors.ts';
import type { Filter } from '../filter/types.ts';
import type { Match } from '../types.ts';
import type { Embedder } from './embedder.ts';
import type { DocsStore } from './index-docs.ts';
import type { SectionPayload } from './sections.ts';

/** A section that may answer. */
export type DocsMatch = Match<SectionPayload>;

/** What may be asked of sections, as plain JSON. */
export type DocsFilter = Filter<SectionPayload>;

export interface AskOptions {
  /** How many sections, 1–10,000. Default 5. */
  readonly k?: number;
  readonly filter?: DocsFilter;
  readonly signal?: AbortSignal;
}

/**
 * The sections whose meaning is nearest to the question, best first.
 *
 * Errors: `InvalidArgument` (an empty question, a wrong filter or k), and those of `search`.
 */
export async function ask(
  store: DocsStore,
  embedder: Embedder,
  question: string,
  options: AskOptions = {},
): Promise<DocsMatch[]> {
  const { k = 5, filter, signal } = options;
  const text = question.trim();
  if (text === '') throw new VectorStoreError('InvalidArgument', 'the question is empty', { operation: 'docs' });
  const [vector] = await embedder.embed([text], signal);
  return store.search(vector!, { k, filter, signal });
}
