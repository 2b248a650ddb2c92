import type { FilterSpec } from '../data/filters.ts';
import type { Searched } from '../engines/messages.ts';
import type { Entrant } from './field.ts';
import type { Curve, Point } from './results.ts';

/** How much is measured. */
export interface SweepPlan {
  /** Breadths of search, ascending. */
  readonly efforts: readonly number[];
  readonly repetitions: number;
  /** Before the clock counts: caches are filled, V8 has compiled. */
  readonly warmUpMs: number;
  /** Longest that one pass over the queries may take. */
  readonly maxMs: number;
  /** Beyond this recall an engine is asked no more. */
  readonly enough: number;
}

/**
 * Every breadth in turn; at each of them the engines take turns (A B C A B C …), so that a machine that slows down slows all of them, and
 * only one of them runs at a time.
 */
export async function sweep(entrants: readonly Entrant[], plan: SweepPlan, filter?: FilterSpec): Promise<Curve[]> {
  const measured = entrants.map((entrant) => ({ entrant, points: [] as Point[], done: false }));
  for (const effort of plan.efforts) {
    const running = measured.filter(({ done }) => !done).map((one) => ({ ...one, of: one, taken: [] as Searched[] }));
    for (const { entrant } of running) {
      await entrant.contestant.tell({ do: 'effort', effort });
      await entrant.contestant.tell({ do: 'search', filter, maxMs: plan.warmUpMs });
    }
    for (let repetition = 0; repetition < plan.repetitions; repetition++) {
      for (const { entrant, taken } of running) {
        taken.push(await entrant.contestant.tell<Searched>({ do: 'search', filter, maxMs: plan.maxMs }));
      }
    }
    for (const { of, taken } of running) {
      of.points.push({ effort, repetitions: taken });
      const unbounded = of.entrant.contestant.engine === 'brute-force';
      of.done = unbounded || taken[0]!.recall >= plan.enough;
    }
  }
  return measured.map(({ entrant, points }) => ({
    engine: entrant.contestant.engine,
    settings: entrant.settings,
    points,
  }));
}
