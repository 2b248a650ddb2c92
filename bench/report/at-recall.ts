import { median } from '../lib/statistics.ts';
import type { Curve, Point } from '../suites/results.ts';

/** Queries a second at a given recall. */
export interface AtRecall {
  readonly qps: number;
  /** The narrowest search already finds more: it could be faster still. */
  readonly isLeast: boolean;
}

type QpsOf = (point: Point) => number;

/** Of all repetitions, by the clock. */
export const medianQps: QpsOf = ({ repetitions }) =>
  median(repetitions.map(({ queries, wallMs }) => (queries / wallMs) * 1_000));

/** Of all repetitions, by processor time. */
export const medianCpuQps: QpsOf = ({ repetitions }) =>
  median(repetitions.map(({ queries, cpuMs }) => (queries / cpuMs) * 1_000));

export const recallAt = ({ repetitions }: Point): number => repetitions[0]!.recall;

/**
 * Interpolated between the two points of the Pareto front around the recall, in the logarithm of the speed; undefined where the recall is
 * not reached.
 */
export function qpsAtRecall({ points }: Curve, recall: number, qpsOf: QpsOf = medianQps): AtRecall | undefined {
  const front = paretoFront(points, qpsOf);
  const above = front.findIndex((point) => point.recall >= recall);
  const upper = front[above];
  if (upper === undefined) return undefined;
  const lower = front[above - 1];
  // Narrower searches that are slower are beaten; where there are none at all, a faster one was not tried.
  if (lower === undefined) return { qps: upper.qps, isLeast: points.every((point) => recallAt(point) > recall) };
  const share = (recall - lower.recall) / (upper.recall - lower.recall);
  return { qps: Math.exp(Math.log(lower.qps) + share * (Math.log(upper.qps) - Math.log(lower.qps))), isLeast: false };
}

/** By recall, ascending; each slower than the one before. */
export function paretoFront(points: readonly Point[], qpsOf: QpsOf = medianQps): { recall: number; qps: number }[] {
  const sorted = points
    .map((point) => ({ recall: recallAt(point), qps: qpsOf(point) }))
    .sort((a, b) => b.recall - a.recall || b.qps - a.qps);
  const front: { recall: number; qps: number }[] = [];
  for (const point of sorted) {
    if (front.length === 0 || point.qps > front.at(-1)!.qps) front.push(point);
  }
  return front.reverse();
}

/** The best recall that any breadth came to. */
export const bestRecall = ({ points }: Curve): number => Math.max(0, ...points.map(recallAt));

/** How many times faster one engine is than another. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The ratio of two engines in each repetition, which ran next to each other: by the clock, or by processor time. */
export function ratioAtRecall(
  ours: Curve,
  theirs: Curve,
  recall: number,
  of: 'wallMs' | 'cpuMs' = 'wallMs',
): Ratio | undefined {
  const repetitions = Math.min(...[...ours.points, ...theirs.points].map((point) => point.repetitions.length));
  const ratios: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const own: QpsOf = ({ repetitions: all }) => (all[i]!.queries / all[i]![of]) * 1_000;
    const [a, b] = [qpsAtRecall(ours, recall, own), qpsAtRecall(theirs, recall, own)];
    if (a !== undefined && b !== undefined) ratios.push(a.qps / b.qps);
  }
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}
