/** Node only. Measures the searches of a collection: how long they take, and how much of the exact answer they give. Reads only. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Filter } from '../filter/types.ts';
import { type Answer, recallOf } from '../observability/recall.ts';
import type { VectorStore } from '../store.ts';
import type { CallOptions, Payload, SearchParams, VectorInput } from '../types.ts';

/** A question. `id`: of the stored record whose vector it is, which is left out of its own answer. */
export interface Question {
  readonly vector: VectorInput;
  readonly id?: string;
}

/** What is measured. */
export interface BenchPlan {
  readonly store: VectorStore;
  readonly questions: readonly Question[];
  readonly k: number;
  readonly filter?: Filter<Payload>;
  /** Beside the settings of the collection itself, which come first. */
  readonly ladder: readonly SearchParams[];
  /** Whether the backend can compare with every record, for the recall. */
  readonly exact: boolean;
  /** Questions under way at once. */
  readonly concurrency: number;
  /** Milliseconds for all of it. One question of each setting is always asked. */
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  onProgress(elapsedMs: number): void;
}

/** One way to search, measured. */
export interface Measured {
  /** `exact`, `default`, `ef 64`, `nprobe 16`. */
  readonly search: string;
  readonly params: SearchParams;
  /** Milliseconds of each search, sorted. */
  readonly latencies: readonly number[];
  /** Searches per second of the time in which they ran. */
  readonly perSecond: number;
  /** The mean share of the exact answer; undefined where that is not known. */
  readonly recall?: number;
  /** How many different questions the recall is of. */
  readonly recallOf: number;
}

interface Way {
  readonly search: string;
  readonly params: SearchParams;
  readonly exact: boolean;
  readonly latencies: number[];
  /** Milliseconds in which at least one search of it was under way. */
  busyMs: number;
  /** The share of the exact answer, by question. */
  readonly recalls: Map<number, number>;
}

/**
 * Exact answers first, in at most 40 % of the time. Then all ways in turns, round after round, so that what else the machine does
 * falls on all of them alike. Every way is warmed up by questions that are not counted.
 */
export async function runBench(plan: BenchPlan): Promise<Measured[]> {
  const began = performance.now();
  const deadline = began + plan.budgetMs;
  const exact = wayOf('exact', {}, true);
  const truths = plan.exact
    ? await findTruths(plan, exact, began + plan.budgetMs * 0.4, began)
    : new Map<number, Answer>();
  const ways = [wayOf('default', {}), ...plan.ladder.map((params) => wayOf(nameOf(params), params))];
  for (const way of ways) await warmUp(plan, way, performance.now() + (deadline - performance.now()) * 0.02);
  do {
    for (const way of ways) {
      await runRound(plan, way, deadline, (at, answer) => {
        const truth = truths.get(at);
        if (truth !== undefined) way.recalls.set(at, recallOf(truth, answer));
      });
      plan.onProgress(performance.now() - began);
    }
  } while (performance.now() < deadline);
  return [...(plan.exact ? [exact] : []), ...ways].map(measured);
}

const wayOf = (search: string, params: SearchParams, exact = false): Way => ({
  search,
  params,
  exact,
  latencies: [],
  busyMs: 0,
  recalls: new Map(),
});

const nameOf = (params: SearchParams) =>
  Object.entries(params)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

async function findTruths(plan: BenchPlan, way: Way, deadline: number, began: number): Promise<Map<number, Answer>> {
  const truths = new Map<number, Answer>();
  await warmUp(plan, way, performance.now() + plan.budgetMs * 0.02);
  await runRound(plan, way, deadline, (at, answer) => {
    truths.set(at, answer);
    plan.onProgress(performance.now() - began);
  });
  return truths;
}

const warmUpQuestions = 10;

async function warmUp(plan: BenchPlan, way: Way, deadline: number): Promise<void> {
  for (const question of plan.questions.slice(0, warmUpQuestions)) {
    await ask(plan, way, question);
    if (performance.now() >= deadline) return;
  }
}

type OnAnswer = (at: number, answer: Answer) => void;

/** Every question once, or as many as there is time for, and at least one. */
async function runRound(plan: BenchPlan, way: Way, deadline: number, onAnswer: OnAnswer): Promise<void> {
  const began = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < plan.questions.length && (next < plan.concurrency || performance.now() < deadline)) {
      const at = next;
      next += 1;
      await breathe();
      const started = performance.now();
      const hits = await ask(plan, way, plan.questions[at]!);
      way.latencies.push(performance.now() - started);
      onAnswer(at, { ids: hits.map(({ id }) => id), distances: hits.map(({ distance }) => distance) });
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, worker));
  way.busyMs += performance.now() - began;
}

let lastTurn = 0;

/** An embedded store answers without the event loop ever having its turn, and Ctrl-C would not be heard. Not within what is measured. */
async function breathe(): Promise<void> {
  if (performance.now() - lastTurn < 50) return;
  await nextTurn();
  lastTurn = performance.now();
}

async function ask({ store, k, filter, signal }: BenchPlan, { params, exact }: Way, { vector, id }: Question) {
  const call: CallOptions = { signal };
  const hits = await store.search(vector, {
    k: id === undefined ? k : k + 1,
    include: { payload: false },
    ...(filter && { filter }),
    ...(exact ? { exact } : { params }),
    ...call,
  });
  return id === undefined ? hits : hits.filter((hit) => hit.id !== id).slice(0, k);
}

function measured({ search, params, exact, latencies, busyMs, recalls }: Way): Measured {
  const shares = [...recalls.values()];
  const known = !exact && shares.length > 0;
  return {
    search,
    params,
    latencies: latencies.toSorted((a, b) => a - b),
    perSecond: latencies.length / (busyMs / 1_000),
    ...(exact && { recall: 1 }),
    ...(known && { recall: shares.reduce((sum, share) => sum + share, 0) / shares.length }),
    recallOf: exact ? latencies.length : shares.length,
  };
}
