import { invalid } from '../errors.ts';
import type { VectorStore } from '../store.ts';
import type { CallOptions, Id, Match, SearchOptions, VectorInput } from '../types.ts';

/** A query, and whose vector it is: that record is no answer to it. */
export interface Question {
  readonly vector: VectorInput;
  readonly own?: Id;
}

/** Records of which vectors are read at once. */
const readAtOnce = 100;

/** Vectors of stored records that match, chosen at random, each as likely as another. Reads all ids, and only the chosen vectors. */
export async function storedQuestions<P extends object>(
  store: VectorStore<P>,
  {
    wanted,
    random,
    search,
  }: { readonly wanted: number; readonly random: () => number; readonly search: SearchOptions<P> },
): Promise<Question[]> {
  const { filter, signal, timeoutMs } = search;
  const call: CallOptions = { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
  const chosen: Id[] = [];
  let seen = 0;
  const include = { payload: false, vector: false };
  for await (const { id } of store.scan({ ...call, ...(filter && { filter }), include })) {
    seen += 1;
    // Vitter's reservoir; a few more than wanted, for some may have no vector.
    if (chosen.length < wanted + Math.ceil(wanted / 4)) chosen.push(id);
    else {
      const at = Math.floor(random() * seen);
      if (at < chosen.length) chosen[at] = id;
    }
  }
  const questions: Question[] = [];
  for (let from = 0; from < chosen.length && questions.length < wanted; from += readAtOnce) {
    const ids = chosen.slice(from, from + readAtOnce);
    for (const record of await store.get(ids, { ...call, include: { payload: false, vector: true } })) {
      if (record?.vector != null && questions.length < wanted)
        questions.push({ vector: record.vector, own: record.id });
    }
  }
  if (questions.length === 0)
    throw invalid('store', 'it has no record with a vector (that matches) to ask for; say `queries`');
  return questions;
}

/** The `k` nearest to each question but the record that it was made of. */
export async function answersTo<P extends object>(
  store: VectorStore<P>,
  questions: readonly Question[],
  k: number,
  options: SearchOptions<P>,
): Promise<Match<P, { payload: false }>[][]> {
  const held = questions.some(({ own }) => own !== undefined);
  const vectors = questions.map(({ vector }) => vector);
  const include = { payload: false } as const;
  const answers = await store.searchBatch(vectors, { ...options, include, k: held ? k + 1 : k });
  return answers.map((matches, i) => matches.filter(({ id }) => id !== questions[i]!.own).slice(0, k));
}
