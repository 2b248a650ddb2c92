import type { TrainingMemory } from './training-memory.ts';

/** Multiplications of 8-bit codes done between two yields: a millisecond or less. */
const sliceCost = 4e6;
/** What preparing a point costs, in comparisons with a centroid. */
const preparing = 24;
/** More lists than this are found in two steps: clusters first, then lists within each. */
const mostInOneStep = 128;
const iterations = 8;
/** Rounds over all lists at the end, so that points find lists of other clusters that are nearer. */
const polishing = 1;

/** A stretch of `members`, and of the centroids. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly lists: number;
}

/** What assigning so many points to so many lists costs. */
export function assigningCost(points: number, lists: number, padded: number): number {
  return points * (lists + preparing) * padded;
}

/** What {@link cluster} costs, about. */
export function clusteringCost(points: number, lists: number, padded: number): number {
  if (lists <= mostInOneStep) return iterations * assigningCost(points, lists, padded);
  return (
    2 * iterations * assigningCost(points, Math.sqrt(lists), padded) + polishing * assigningCost(points, lists, padded)
  );
}

/**
 * Finds centroids for the points, by Lloyd's algorithm from random points. Yields the cost of each piece of work.
 *
 * Many lists are found in two steps, each with the square root of their number: clusters, then lists in each cluster, as many as it has points for.
 */
export function* cluster(memory: TrainingMemory, lists: number, random: () => number): Generator<number, void, void> {
  const all = { from: 0, to: memory.points, first: 0, lists };
  memory.members.set(Uint32Array.from({ length: memory.points }, (_, i) => i));
  if (lists <= mostInOneStep) {
    yield* lloyd(memory, all, random);
    return;
  }
  const clusters = Math.ceil(Math.sqrt(lists));
  yield* lloyd(memory, { ...all, lists: clusters }, random);
  const sizes = groupMembers(memory, clusters);
  let from = 0;
  let first = 0;
  for (const [i, share] of shares(sizes, lists).entries()) {
    const to = from + sizes[i]!;
    yield* lloyd(memory, { from, to, first, lists: share }, random);
    from = to;
    first += share;
  }
  memory.members.set(Uint32Array.from({ length: memory.points }, (_, i) => i));
  for (let round = 0; round < polishing; round++) {
    yield* assign(memory, all);
    moveCentroids(memory, 0, lists, () => memory.point(Math.floor(random() * memory.points)));
    memory.kernels.encodeCentroids(0, lists);
  }
}

/** Assigns members to the nearest of some centroids; adds them up. Yields costs, returns the sum of squared distances. */
export function* assign(memory: TrainingMemory, { from, to, first, lists }: Stretch): Generator<number, number, void> {
  const { kernels, at, layout } = memory;
  const chunk = Math.max(1, Math.floor(sliceCost / assigningCost(1, lists, layout.padded)));
  let error = 0;
  new Uint32Array(memory.buffer, at.counts, lists).fill(0);
  new Float32Array(memory.buffer, at.sums, lists * layout.padded).fill(0);
  for (let start = from; start < to; start += chunk) {
    const count = Math.min(chunk, to - start);
    error += kernels.assignPoints(
      at.points,
      at.members + 4 * start,
      count,
      first,
      lists,
      at.labels + 4 * start,
      at.sums,
      at.counts,
    );
    yield assigningCost(count, lists, layout.padded);
  }
  return error;
}

function* lloyd(memory: TrainingMemory, stretch: Stretch, random: () => number): Generator<number, void, void> {
  const { from, to, first, lists } = stretch;
  const anyMember = () => memory.point(memory.members[from + Math.floor(random() * (to - from))]!);
  // Members are in random order at first; groups keep it.
  for (let i = 0; i < lists; i++) {
    const point = from + i < to ? memory.point(memory.members[from + i]!) : to > from ? anyMember() : undefined;
    if (point !== undefined) memory.centroid(first + i).set(point);
  }
  memory.kernels.encodeCentroids(first, lists);
  if (to - from <= lists) return;
  for (let round = 0; round < iterations; round++) {
    yield* assign(memory, stretch);
    moveCentroids(memory, first, lists, anyMember);
    memory.kernels.encodeCentroids(first, lists);
  }
}

/** Puts each centroid in the middle of its points; one without points to some other point, likely in a large cluster. */
function moveCentroids(memory: TrainingMemory, first: number, lists: number, anyPoint: () => Float32Array): void {
  const { at, layout } = memory;
  const counts = new Uint32Array(memory.buffer, at.counts, lists);
  const sums = new Float32Array(memory.buffer, at.sums, lists * layout.padded);
  for (let i = 0; i < lists; i++) {
    const centroid = memory.centroid(first + i);
    const count = counts[i]!;
    if (count === 0) centroid.set(anyPoint());
    else for (let j = 0; j < centroid.length; j++) centroid[j] = sums[i * layout.padded + j]! / count;
  }
}

/** Brings the members of each cluster together. Returns how many each has. */
function groupMembers(memory: TrainingMemory, clusters: number): number[] {
  const { labels } = memory;
  const members = memory.members.slice();
  const sizes = new Array<number>(clusters).fill(0);
  for (const label of labels) sizes[label]! += 1;
  const ends: number[] = [];
  let end = 0;
  for (const size of sizes) {
    ends.push(end);
    end += size;
  }
  for (const [i, member] of members.entries()) memory.members[ends[labels[i]!]!++] = member;
  return sizes;
}

/** Shares of a whole number in proportion to weights, at least 1 for each weight above 0. */
function shares(weights: readonly number[], whole: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const given = weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.floor((whole * weight) / total))));
  let left = whole - given.reduce((sum, share) => sum + share, 0);
  // To, or from, those that are furthest from their due.
  while (left !== 0) {
    const step = Math.sign(left);
    let best = -1;
    let bestGap = Number.NEGATIVE_INFINITY;
    for (const [i, weight] of weights.entries()) {
      if (weight === 0 || (step < 0 && given[i] === 1)) continue;
      const gap = step * ((whole * weight) / total - given[i]!);
      if (gap > bestGap) [best, bestGap] = [i, gap];
    }
    given[best]! += step;
    left -= step;
  }
  return given;
}
