import { type Interval, meanWithInterval } from './autotune/interval.ts';
import { answersTo, type Question, storedQuestions } from './autotune/questions.ts';
import { requireSupport } from './capabilities.ts';
import { invalid, unsupported } from './errors.ts';
import type { Filter } from './filter/types.ts';
import { uniform } from './random.ts';
import type { VectorStore } from './store.ts';
import type { CallOptions, Match, Payload, SearchParams, VectorInput } from './types.ts';
import { checkedOptions, integerOption, numberOption } from './validate/options.ts';

/** What {@link autotune} takes. */
export interface AutotuneOptions<P extends object = Payload> extends CallOptions {
  /** The mean recall to reach, above 0 and below 1. Default 0.95. */
  readonly recall?: number;
  /** Matches per search, 1–1,000. Default 10. */
  readonly k?: number;
  /** What will be asked: the best sample there is. At least 20. Default: vectors of stored records, each left out of its own answer. */
  readonly queries?: readonly VectorInput[];
  /** How many stored vectors are asked, 20–10,000. Default 400. */
  readonly sample?: number;
  /** The filter of the searches to come. */
  readonly filter?: Filter<P>;
  /** Of the sample. Default 1. */
  readonly seed?: number;
  /** The highest `ef` or `nprobe` tried, 1–65,536. Default 4,096. */
  readonly most?: number;
}

/** One setting that was tried. */
export interface AutotuneTrial {
  readonly params: SearchParams;
  /** Mean over the queries. */
  readonly recall: number;
  /** Where the mean recall of all such queries lies with 95 % confidence. */
  readonly interval: Interval;
  /** Wall time of a query in milliseconds, in batches, as it was here and now. */
  readonly milliseconds: number;
}

/** What {@link autotune} found. */
export interface AutotuneResult {
  /** For `search`: the smallest setting that was found to reach the recall, or, if none did, the one that came nearest. */
  readonly params: SearchParams;
  readonly recall: number;
  readonly interval: Interval;
  /** Whether the low end of the interval is at the recall asked for, or above. */
  readonly reached: boolean;
  /** How many queries were asked. */
  readonly queries: number;
  /** In the order tried. */
  readonly tried: readonly AutotuneTrial[];
}

const fewestQueries = 20;
/** Settings closer together than this are not told apart. */
const grain = 1.06;

/**
 * Finds the smallest `ef` (graphs) or `nprobe` (lists) with which searches reach a recall, by asking the store itself: sampled queries, answered exactly
 * and with one setting after another. Changes nothing: pass `params` to `search`.
 *
 * A setting counts as good enough when the low end of its 95 % interval reaches the recall (see `interval.ts` for the statistics), so that queries like
 * those of the sample get it on the average with 97.5 % confidence. Stored vectors are easier to find the neighbours of than others: where there are real queries,
 * pass them.
 *
 * @throws `Unsupported` where the index has no such parameter, or the backend no exact search; `InvalidArgument` for options out of range, and where there
 *   is nothing to ask.
 */
export async function autotune<P extends object>(
  store: VectorStore<P>,
  options: AutotuneOptions<P> = {},
): Promise<AutotuneResult> {
  const { recall, k, sample, seed, most } = readOptions(options);
  const { queries, filter, signal, timeoutMs } = options;
  const hint = effortOf(store);
  requireSupport(store.capabilities.options.exact, 'exact: true, which tells what a search misses,');
  const search = {
    ...(filter && { filter }),
    ...(signal && { signal }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  const questions: readonly Question[] =
    queries?.map((vector) => ({ vector })) ??
    (await storedQuestions(store, { wanted: sample, random: uniform(seed), search }));
  const truth = await answersTo(store, questions, k, { ...search, exact: true });
  if (truth.every((matches) => matches.length === 0))
    throw invalid('store', 'no record can be found: there is nothing to tune');
  const tried = new Map<number, AutotuneTrial>();
  const trial = async (effort: number): Promise<AutotuneTrial> => {
    const params = { [hint]: effort };
    const began = performance.now();
    const answers = await answersTo(store, questions, k, { ...search, params });
    const milliseconds = (performance.now() - began) / questions.length;
    const shares = truth.flatMap((nearest, i) => (nearest.length === 0 ? [] : [recallOf(answers[i]!, nearest)]));
    const { mean, interval } = meanWithInterval(shares);
    const made = { params, recall: mean, interval, milliseconds };
    tried.set(effort, made);
    return made;
  };
  const reaches = async (effort: number) => (tried.get(effort) ?? (await trial(effort))).interval[0] >= recall;
  const effort = await smallest(hint === 'ef' ? Math.min(k, most) : 1, most, reaches);
  const all = [...tried.values()];
  const best = effort === undefined ? all.reduce((a, b) => (b.recall > a.recall ? b : a)) : tried.get(effort)!;
  const { params, recall: found, interval } = best;
  return { params, recall: found, interval, reached: effort !== undefined, queries: questions.length, tried: all };
}

/** By doubling, then by halving what is in between; undefined where not even the most is enough. */
async function smallest(
  least: number,
  most: number,
  isEnough: (effort: number) => Promise<boolean>,
): Promise<number | undefined> {
  let [below, enough] = [0, least];
  while (!(await isEnough(enough))) {
    if (enough === most) return undefined;
    below = enough;
    enough = Math.min(most, 2 * enough);
  }
  while (below > 0 && enough - below > 1 && enough > below * grain) {
    const middle = Math.min(enough - 1, Math.max(below + 1, Math.round(Math.sqrt(below * enough))));
    if (await isEnough(middle)) enough = middle;
    else below = middle;
  }
  return enough;
}

/** The share of the nearest that was found. What is as near as the last of them may stand in for it. */
function recallOf(
  found: readonly Match<object, { payload: false }>[],
  nearest: readonly Match<object, { payload: false }>[],
): number {
  const bound = nearest.at(-1)!.distance;
  const ids = new Set(nearest.map(({ id }) => id));
  const hits = found.filter(({ id, distance }) => ids.has(id) || distance <= bound).length;
  return Math.min(1, hits / nearest.length);
}

function effortOf<P extends object>({ capabilities }: VectorStore<P>): 'ef' | 'nprobe' {
  const [hint] = capabilities.searchParams;
  if (hint === undefined)
    throw unsupported('autotune', 'the index of this collection has neither an ef nor an nprobe to tune');
  return hint;
}

function readOptions<P extends object>(options: AutotuneOptions<P>) {
  const keys = ['recall', 'k', 'queries', 'sample', 'filter', 'seed', 'most', 'signal', 'timeoutMs'] as const;
  const given = checkedOptions(options, keys, 'options');
  const recall = numberOption(given.recall, 'options.recall', 0.95);
  if (recall <= 0 || recall >= 1) throw invalid('options.recall', 'a number above 0 and below 1');
  if (given.queries !== undefined && !(Array.isArray(given.queries) && given.queries.length >= fewestQueries))
    throw invalid('options.queries', `an array of at least ${fewestQueries} vectors: fewer say too little`);
  return {
    recall,
    k: integerOption(given.k, 'options.k', 1, 1_000, 10),
    sample: integerOption(given.sample, 'options.sample', fewestQueries, 10_000, 400),
    seed: integerOption(given.seed, 'options.seed', 0, 2 ** 32 - 1, 1),
    most: integerOption(given.most, 'options.most', 1, 65_536, 4_096),
  };
}
