import type { Results, SetResults } from '../suites/results.ts';
import { bestRecall, qpsAtRecall, ratioAtRecall } from './at-recall.ts';

/**
 * One line for each figure: `headline NAME VALUE`. Speeds are ratios ours / peer, of builds peer / ours in time: more is better. Bytes are
 * ours / peer. `by-cpu` divides processor times, which other processes disturb less. A ratio is left out where the peer does not reach the
 * recall.
 */
export function headlines({ sets }: Results): string[] {
  return sets.flatMap((results) => [...speeds(results), ...filteredSpeeds(results), ...costs(results)]);
}

const line = (name: string, value: number) => `headline ${name} ${value.toFixed(2)}`;

function speeds({ set, curves }: SetResults): string[] {
  const ours = curves.find(({ engine }) => engine === 'anyvec');
  const own = ours && qpsAtRecall(ours, 0.95);
  if (ours === undefined || own === undefined) return [];
  const ratios = curves.flatMap((theirs) => {
    if (theirs === ours) return [];
    const wall = ratioAtRecall(ours, theirs, 0.95);
    const cpu = ratioAtRecall(ours, theirs, 0.95, 'cpuMs');
    const name = `${set.name}/${theirs.engine}`;
    if (wall === undefined || cpu === undefined) return [];
    return [line(`qps@0.95/${name}`, wall.median), line(`qps-by-cpu@0.95/${name}`, cpu.median)];
  });
  return [line(`qps@0.95/${set.name}`, own.qps), ...ratios];
}

/** Against the filter callback, each at recall 0.95, or at its best where that is less. */
function filteredSpeeds({ set, filtered }: SetResults): string[] {
  return filtered.flatMap(({ filter, curves }) => {
    const ours = curves.find(({ engine }) => engine === 'anyvec');
    const theirs = curves.find(({ engine }) => engine === 'hnswlib-node');
    if (ours === undefined || theirs === undefined) return [];
    const [a, b] = [ours, theirs].map((curve) => qpsAtRecall(curve, Math.min(0.95, bestRecall(curve))));
    if (a === undefined || b === undefined) return [];
    const name = `${set.name}/${filter.correlation}-${100 * filter.share}%`;
    return [
      line(`filtered-qps@0.95/${name}/hnswlib-node`, a.qps / b.qps),
      `headline filtered-recall/${name} ${bestRecall(ours).toFixed(4)}`,
    ];
  });
}

function costs({ set, costs: all }: SetResults): string[] {
  const ours = all.find(({ engine }) => engine === 'anyvec');
  const theirs = all.find(({ engine }) => engine === 'hnswlib-node');
  if (ours === undefined || theirs === undefined) return [];
  const lines: string[] = [];
  if (ours.buildCpuMs !== undefined && theirs.buildCpuMs !== undefined)
    lines.push(line(`build-speed/${set.name}/hnswlib-node`, theirs.buildCpuMs / ours.buildCpuMs));
  if (ours.indexBytes !== undefined && theirs.fileBytes !== undefined)
    lines.push(line(`index-bytes/${set.name}/hnswlib-node`, ours.indexBytes / theirs.fileBytes));
  return lines;
}
