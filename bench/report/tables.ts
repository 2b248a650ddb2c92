import { seconds } from '../../scripts/lib/report.mjs';
import type { Machine } from '../lib/machine.ts';
import { median, quantile } from '../lib/statistics.ts';
import type { ColdStart, Curve, IndexCost, Results, SetResults } from '../suites/results.ts';
import { bestRecall, medianCpuQps, medianQps, qpsAtRecall, ratioAtRecall, recallAt } from './at-recall.ts';
import { inSeconds, megabytes, milliseconds, share, short, table } from './format.ts';

const recalls = [0.9, 0.95, 0.99];
/** What ratios and latencies are given at. */
const main = 0.95;

/** All of it as a person reads it, at most 120 columns wide. */
export function render({ machine, mode, sets }: Results): string {
  return [describe(machine, mode), ...sets.map(renderSet)].join('\n\n');
}

function describe(machine: Machine, mode: string): string {
  const { processor, cores, flags, memoryGiB, node, v8, system, compiler, libfaiss, anyvec, commit, load, at } =
    machine;
  return [
    `Benchmark (${mode}), ${at}; load when it began ${load.toFixed(1)} on ${cores} cores`,
    `  ${processor}, ${system}, ${memoryGiB} GiB; ${flags.join(' ')}`,
    `  Node ${node} (V8 ${v8}), anyvec ${anyvec} at ${commit}`,
    `  ${compiler}; libfaiss ${libfaiss}`,
    '  One thread each; k 10; queries one after another; a query counts from its call to its answer, rescoring included.',
  ].join('\n');
}

function renderSet(results: SetResults): string {
  const { set, conversionUs, curves, filtered, costs, coldStarts, absences } = results;
  const part = set.count === set.available ? 'all' : `a part of ${set.available}`;
  const parts = [
    `== ${set.name}: ${set.count} x ${set.dimension} (${part}), ${set.metric}, ${set.queries} queries, hash ${set.hash} ==`,
    ...absences.map(({ engine, reason }) => `  ${engine} is left out: ${reason}`),
    ...(curves.length > 0 ? [settings(curves, conversionUs), unfiltered(curves)] : []),
    ...atEffort(curves),
    ...(filtered.length > 0 ? [filteredTable(results)] : []),
    ...(costs.length > 0 ? [costTable(costs)] : []),
    ...(coldStarts.length > 0 ? [coldTable(coldStarts)] : []),
  ];
  return parts.join('\n\n');
}

function settings(curves: readonly Curve[], conversionUs: number): string {
  const note = `  Arrays for packages that take no typed ones are made before the clock starts: ${conversionUs.toFixed(1)} us a query.`;
  return [...curves.map((curve) => `  ${curve.engine}: ${curve.settings}`), note].join('\n');
}

function unfiltered(curves: readonly Curve[]): string {
  const ours = curves.find(({ engine }) => engine === 'anyvec');
  const rows = curves.map((curve) => {
    const at = recalls.map((recall) => {
      const found = qpsAtRecall(curve, recall);
      return found === undefined ? '-' : `${found.isLeast ? '>=' : ''}${short(found.qps)}`;
    });
    const cpu = qpsAtRecall(curve, main, medianCpuQps);
    return [
      curve.engine,
      ...at,
      short(cpu?.qps),
      ...latencies(curve),
      share(bestRecall(curve)),
      ratio(ours, curve),
      cpuRatio(ours, curve),
    ];
  });
  const head = [
    'QPS at recall@10',
    '.90',
    '.95',
    '.99',
    '.95 cpu',
    'p50 ms',
    'p95',
    'p99',
    'best',
    'anyvec is',
    'by cpu',
  ];
  return table([head, ...rows]);
}

/** The settings that many take over from articles. */
const usualEffort = 40;

function atEffort(curves: readonly Curve[]): string[] {
  const rows = curves.flatMap((curve) => {
    const point = curve.points.find(({ effort }) => effort === usualEffort);
    if (point === undefined) return [];
    const times = (['p50', 'p95', 'p99'] as const).map((name) =>
      milliseconds(median(point.repetitions.map((one) => one[name]))),
    );
    return [[curve.engine, share(recallAt(point)), short(medianQps(point)), ...times]];
  });
  if (rows.length === 0) return [];
  return [table([[`ef (nprobe) ${usualEffort}`, 'recall@10', 'QPS', 'p50 ms', 'p95', 'p99'], ...rows])];
}

/** Of the narrowest search that reaches the recall. */
function latencies(curve: Curve): string[] {
  const point = curve.points.find((candidate) => recallAt(candidate) >= main);
  if (point === undefined) return ['-', '-', '-'];
  return (['p50', 'p95', 'p99'] as const).map((name) =>
    milliseconds(median(point.repetitions.map((one) => one[name]))),
  );
}

function ratio(ours: Curve | undefined, theirs: Curve): string {
  if (ours === undefined || ours === theirs || qpsAtRecall(ours, main) === undefined) return '';
  const found = ratioAtRecall(ours, theirs, main);
  if (found === undefined) return 'alone there';
  return `${found.median.toFixed(2)} x (${found.low.toFixed(2)}-${found.high.toFixed(2)})`;
}

function cpuRatio(ours: Curve | undefined, theirs: Curve): string {
  if (ours === undefined || ours === theirs) return '';
  return ratioAtRecall(ours, theirs, main, 'cpuMs')?.median.toFixed(2) ?? '';
}

/** The fastest that reaches the recall in each cell, or the best recall that is reached. */
function filteredTable({ filtered }: SetResults): string {
  const engines = filtered[0]!.curves.map(({ engine }) => engine);
  const rows = filtered.map(({ filter, curves }) => [
    `${filter.correlation} ${(100 * filter.share).toFixed(1)} %`,
    ...curves.map(cell),
  ]);
  return table([['QPS at .95, filtered', ...engines], ...rows]);
}

/** Speed and recall together: at .95 where that is reached, at the best recall where not. */
function cell(curve: Curve): string {
  const found = qpsAtRecall(curve, main);
  if (found !== undefined) {
    const least = curve.points.find((point) => recallAt(point) >= main)!;
    return found.isLeast ? `${short(found.qps)} @${recallAt(least).toFixed(3)}` : `${short(found.qps)} @.95 `;
  }
  const best = bestRecall(curve);
  return `${short(qpsAtRecall(curve, best)?.qps)} @${best.toFixed(3)}`;
}

function costTable(costs: readonly IndexCost[]): string {
  const rows = costs.map((cost) => [
    cost.engine,
    inSeconds(cost.buildMs),
    inSeconds(cost.buildCpuMs),
    megabytes(cost.fileBytes),
    inSeconds(cost.loadMs),
    megabytes(cost.indexBytes),
    megabytes(cost.residentBytes),
  ]);
  return table([['index', 'build s', 'cpu s', 'file MB', 'load s', 'own MB', 'RSS MB'], ...rows]);
}

function coldTable(starts: readonly ColdStart[]): string {
  const rows = starts.map(({ engine, openMs, processMs }) => [
    engine,
    milliseconds(median(openMs)),
    milliseconds(quantile(openMs, 1)),
    seconds(median(processMs)),
  ]);
  return table([['cold start to first answer', 'ms', 'slowest', 'with Node'], ...rows]);
}
