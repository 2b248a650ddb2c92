/**
 * The engine and its peers on one machine in one run: `npm run bench`; `-- --quick` for the headlines in less than five minutes, `-- --table`
 * for the table of the last run without measuring, `-- --only wordnet` for one set, `-- --engines anyvec,hnswlib-node` for some engines,
 * `-- --count 20000` for so many rows at most, `-- --no-filters`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SetupError, seconds } from '../scripts/lib/report.mjs';
import { type EngineName, engines } from './engines/index.ts';
import { describeMachine } from './lib/machine.ts';
import { resultsDir } from './lib/places.ts';
import { headlines } from './report/headlines.ts';
import { plot } from './report/plot.ts';
import { render } from './report/tables.ts';
import { fullPlan, type Plan, quickPlan } from './suites/plans.ts';
import { format, keepResults, lastResults, type Results } from './suites/results.ts';
import { runPlan } from './suites/run.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      table: { type: 'boolean', default: false },
      only: { type: 'string' },
      engines: { type: 'string' },
      count: { type: 'string' },
      'no-filters': { type: 'boolean', default: false },
    },
  });
  const plan = narrowed(values.quick ? quickPlan : fullPlan, values);
  const started = performance.now();
  if (!values.table) await measure(plan);
  const results = lastResults(plan.mode);
  if (results === undefined) throw new SetupError('bench  nothing was measured yet');
  writePlots(results);
  console.log(`\n${render(results)}\n`);
  console.log(`Raw results and plots: bench/results (${seconds(performance.now() - started)})\n`);
  console.log(headlines(results).join('\n'));
}

async function measure(plan: Plan): Promise<void> {
  const machine = await describeMachine();
  await runPlan(plan, (sets) => keepResults({ format, mode: plan.mode, machine, sets }));
}

interface Wanted {
  readonly only?: string;
  readonly engines?: string;
  readonly count?: string;
  readonly 'no-filters': boolean;
}

/** The part of a plan that is asked for. */
function narrowed(plan: Plan, { only, engines: names, count, 'no-filters': noFilters }: Wanted): Plan {
  const wanted = names?.split(',');
  const unknown = wanted?.find((name) => !(name in engines));
  if (unknown !== undefined) throw new SetupError(`bench  no engine ${unknown}: ${Object.keys(engines).join(', ')}`);
  const keep = (list: readonly EngineName[]) => list.filter((name) => wanted?.includes(name) ?? true);
  const contests = plan.contests
    .filter(({ data }) => only === undefined || data.name === only)
    .map((contest) => ({
      ...contest,
      engines: keep(contest.engines),
      filterEngines: noFilters ? [] : keep(contest.filterEngines),
      data: {
        ...contest.data,
        count: Math.min(contest.data.count, Number(count ?? contest.data.count)),
        shares: noFilters ? [] : contest.data.shares,
      },
    }));
  if (contests.length === 0)
    throw new SetupError(`bench  no data set ${only}: ${plan.contests.map(({ data }) => data.name).join(', ')}`);
  return { ...plan, contests };
}

function writePlots({ mode, sets }: Results): void {
  for (const results of sets) {
    const svg = plot(results);
    if (svg !== '') writeFileSync(join(resultsDir, `${mode}-${results.set.name}.svg`), svg);
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof SetupError ? error.message : error);
  process.exit(1);
});
