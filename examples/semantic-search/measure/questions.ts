/* Questions with known answers: usage examples that WordNet quotes, taken out of what is indexed. */
import { shuffled } from '../../../bench/lib/random.ts';
import type { Synset } from './wordnet.ts';

/** A question and the synsets that it is an example of. */
export interface Question {
  readonly text: string;
  /** Their ids; nearly always one. */
  readonly relevant: ReadonlySet<string>;
}

const seed = 7;
const leastWords = 3;

/** `count` questions, in an order that a fixed seed decides: at most one of a synset. */
export function questionsFrom(synsets: readonly Synset[], count: number): Question[] {
  const quoting = new Map<string, Set<string>>();
  for (const { id, examples } of synsets) {
    for (const example of examples) quoting.set(example, (quoting.get(example) ?? new Set()).add(id));
  }
  const chosen = synsets.flatMap(({ examples }) => {
    const text = examples.find((example) => example.split(/\s+/).length >= leastWords);
    return text === undefined ? [] : [{ text, relevant: quoting.get(text)! }];
  });
  const distinct = [...new Map(chosen.map((question) => [question.text, question])).values()];
  return Array.from(shuffled(distinct.length, seed).subarray(0, count), (at) => distinct[at]!);
}
