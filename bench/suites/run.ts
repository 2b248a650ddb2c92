import { seconds } from '../../scripts/lib/report.mjs';
import type { FilterSpec } from '../data/filters.ts';
import { preparedSet } from '../data/prepared.ts';
import { readSet, type SetPlace } from '../data/vector-set.ts';
import { asArrays, type GraphOptions } from '../engines/engine.ts';
import type { EngineName } from '../engines/index.ts';
import { limited } from '../lib/limit.ts';
import { median } from '../lib/statistics.ts';
import { coldStarts, nativeDirectory } from './cold-start.ts';
import { buildIndexes, type Entrant, endAll, filesOf, type GraphOf, openField } from './field.ts';
import type { Contest, Plan } from './plans.ts';
import type { ColdStart, SetResults } from './results.ts';
import { sweep } from './sweep.ts';

const graph = { m: 16, efConstruction: 200 };

/** Prepares everything, then measures set after set; `keep` is told after each of them. */
export async function runPlan(plan: Plan, keep: (sets: readonly SetResults[]) => void): Promise<void> {
  const turn = limited(plan.buildsAtOnce);
  const graphOf: GraphOf = (name) => (plan.sharedGraphs && name === 'hnswlib-node' ? 'hnswlib-node-native' : name);
  const started = performance.now();
  const sets = await Promise.all(
    plan.contests.map(async ({ data, engines }) => {
      const set = await turn(() => preparedSet(data));
      const absences = await buildIndexes(set, engines, { ...graph, filters: [] }, graphOf, turn);
      return { set, absences };
    }),
  );
  console.log(`bench  data and indexes are there after ${seconds(performance.now() - started)}`);
  const results: SetResults[] = [];
  for (const [i, contest] of plan.contests.entries()) {
    const before = performance.now();
    const { set, absences } = sets[i]!;
    const absent = new Set(absences.map(({ engine }) => engine));
    const present = { ...contest, engines: contest.engines.filter((name) => !absent.has(graphOf(name))) };
    // Part by part, so that what was measured is not lost.
    for await (const part of measure(set, present, graphOf, plan.sharedGraphs)) {
      results[i] = { ...part, absences: [...absences, ...part.absences] };
      keep(results);
    }
    console.log(`bench  ${contest.data.name} measured in ${seconds(performance.now() - before)}`);
  }
}

/** Gives what is known so far after each suite. */
async function* measure(
  set: SetPlace,
  contest: Contest,
  graphOf: GraphOf,
  untimedBuilds: boolean,
): AsyncGenerator<SetResults> {
  const { directory: _, ...description } = set;
  const filters = filtersOf(contest);
  const { entrants, absences } = await openField(set, contest.engines, { ...graph, filters: [] }, graphOf);
  const costs = entrants.map(({ cost: { buildMs, buildCpuMs, ...cost } }) =>
    untimedBuilds ? cost : { ...cost, ...(buildMs !== undefined && { buildMs, buildCpuMs }) },
  );
  const curves = await sweep(entrants, contest.sweep);
  await endAll(entrants);
  console.log(`bench  ${set.name}: unfiltered measured`);
  const common = { set: description, conversionUs: conversionUs(set), curves, costs, absences };
  yield { ...common, filtered: [], coldStarts: [] };
  const filtered = await filteredCurves(set, contest, { ...graph, filters }, graphOf);
  yield { ...common, filtered, coldStarts: [] };
  if (contest.coldStarts > 0) yield { ...common, filtered, coldStarts: await cold(set, contest, entrants) };
}

/** The median of a few passes over all queries. */
function conversionUs({ directory, dimension, queries }: SetPlace): number {
  const { asked } = readSet(directory);
  const passes = Array.from({ length: 5 }, () => {
    const started = performance.now();
    asArrays(asked, dimension);
    return ((performance.now() - started) / queries) * 1_000;
  });
  return median(passes);
}

const filtersOf = ({ data: { shares }, correlations }: Contest): FilterSpec[] =>
  correlations.flatMap((correlation) => shares.map((share) => ({ correlation, share })));

async function filteredCurves(set: SetPlace, contest: Contest, options: GraphOptions, graphOf: GraphOf) {
  if (contest.filterEngines.length === 0) return [];
  const { entrants } = await openField(set, contest.filterEngines, options, graphOf);
  const filtered = [];
  for (const filter of options.filters) {
    filtered.push({ filter, curves: await sweep(entrants, contest.filterSweep, filter) });
    console.log(`bench  ${set.name}: ${filter.correlation} filter of ${100 * filter.share} % measured`);
  }
  await endAll(entrants);
  return filtered;
}

async function cold(
  set: SetPlace,
  { coldStarts: repetitions }: Contest,
  entrants: readonly Entrant[],
): Promise<ColdStart[]> {
  const places = new Map<EngineName, string>();
  for (const { contestant } of entrants) {
    const { engine } = contestant;
    if (engine === 'anyvec-store') places.set(engine, await nativeDirectory(set));
    else if (!engine.startsWith('anyvec') && engine !== 'hnswlib-node-native')
      places.set(engine, filesOf(set, engine, { ...graph, filters: [] }).file);
  }
  return coldStarts(set, places, repetitions);
}
