import { sampleOf, uniform } from '../../../random.ts';
import { norm } from '../../../score.ts';
import type { VectorSource } from '../vector-index.ts';
import { Frame } from './frame.ts';
import { assign, assigningCost, cluster, clusteringCost } from './k-means.ts';
import { type ListsMemory, type ListsShape, mostRotatedTogether } from './lists-memory.ts';
import { codebooksCost, learnCodebooks } from './product-training.ts';
import { allotAxes, axesCost, principalAxes } from './rotation.ts';
import { type IvfSettings, listsFor } from './settings.ts';
import { TrainingMemory } from './training-memory.ts';

/** Points for each list, where there are as many. */
const pointsPerList = 32;
/** Points at least, where there are as many; but never more than so many for each list. */
const leastPoints = 4_096;
const mostPointsPerList = 256;
/** Components that are rotated together need so many times as many points; otherwise they stay as they are. */
const pointsPerAxis = 16;
/** Bytes of all points at most. */
const mostBytes = 2 ** 26;
/** Points that sizes of components, rotation and codebooks are learnt from. */
const residualPoints = 8_192;
/** Points that a rotation is learnt from. */
const rotationPoints = 4_096;
/** A component counts for at least this share of the largest one: with a finer scale, one outlier would take the digits of all others. */
const leastScale = 1e-3;
/** Vectors longer than so many times the median do not tell where the middle is. */
const outlier = 8;

const pointsPerSlice = 64;
/** What one number costs in JavaScript, in multiplications of 8-bit codes. */
const costPerNumber = 16;

/** What inverted lists need to know before they take in the first vector. */
export interface Trained {
  readonly frame: Frame;
  readonly shape: ListsShape;
  /** Writes centroids, scales, rotation and codebooks. */
  install(memory: ListsMemory): void;
}

/** Entries of the codebooks. */
const entriesOf = { flat: 0, sq8: 0, pq: 256, pq4: 16 } as const;

/** The shape of lists for so many vectors. */
export function shapeFor(settings: IvfSettings, vectors: VectorSource, count: number): ListsShape {
  const entries = entriesOf[settings.kind];
  return {
    dimension: vectors.dimension,
    euclidean: vectors.metric !== 'dot',
    kind: settings.kind,
    lists: listsFor(settings, count),
    parts: entries > 0 ? settings.pqM : 0,
    entries,
    rotated: entries > 0 && settings.opq,
  };
}

/** What training for so many vectors costs, about, in multiplications of 8-bit codes. */
export function trainingCost(shape: ListsShape, count: number): number {
  const padded = Math.ceil(shape.dimension / 16) * 16;
  const points = pointsFor(shape, count);
  const learnt = Math.min(points, residualPoints);
  return (
    points * padded * costPerNumber * 5 +
    clusteringCost(points, shape.lists, padded) +
    assigningCost(learnt, shape.lists, padded) +
    (shape.rotated ? axesCost(Math.min(learnt, rotationPoints), Math.min(mostRotatedTogether, padded)) : 0) +
    (shape.parts > 0 ? codebooksCost(learnt, shape) : 0)
  );
}

function pointsFor({ lists, dimension }: ListsShape, count: number): number {
  const wanted = Math.min(mostPointsPerList * lists, Math.max(leastPoints, pointsPerList * lists));
  const room = Math.floor(mostBytes / (4 * Math.ceil(dimension / 16) * 16));
  return Math.max(1, Math.min(count, wanted, room));
}

/**
 * Learns lists from a sample of the vectors at some slots. Yields the cost of each piece of work; vectors may come and go in between.
 *
 * @param isLive Whether a slot still has a vector.
 */
export function* train(
  module: WebAssembly.Module,
  settings: IvfSettings,
  shape: ListsShape,
  vectors: VectorSource,
  slots: Uint32Array,
  isLive: (slot: number) => boolean,
): Generator<number, Trained, void> {
  const random = uniform(settings.seed);
  const chosen = sampleOf(slots, pointsFor(shape, slots.length), random);
  const memory = new TrainingMemory(module, { ...shape, kind: 'flat' }, chosen.length);
  const frame = yield* loadPoints(memory, vectors, chosen, isLive);
  memory.setScales(yield* spreads(memory, memory.points), 'coarseScales');
  yield* cluster(memory, shape.lists, random);
  const learnt = Math.min(memory.points, residualPoints);
  if (shape.kind !== 'flat') yield* residuals(memory, learnt);
  if (shape.rotated) yield* learnRotation(memory, Math.min(learnt, rotationPoints), learnt);
  if (shape.kind !== 'flat') memory.setScales(yield* spreads(memory, learnt), 'scales');
  if (shape.parts > 0) yield* learnCodebooks(memory, learnt);
  return { frame, shape, install: (target) => install(memory, target) };
}

/** Reads the points, and finds the frame to see them in. */
function* loadPoints(
  memory: TrainingMemory,
  vectors: VectorSource,
  slots: Uint32Array,
  isLive: (slot: number) => boolean,
): Generator<number, Frame, void> {
  const { dimension, metric } = vectors;
  const { padded } = memory.layout;
  const lengths = new Float64Array(memory.points);
  yield* inSlices(slots.keys(), padded, (i) => {
    const slot = slots[i]!;
    const point = memory.point(i);
    // One that went stands for another one that is there twice now.
    if (!isLive(slot)) point.set(memory.point(Math.floor(i / 2)));
    else point.set(vectors.at(slot));
    lengths[i] = norm(point.subarray(0, dimension));
    if (metric === 'cosine' && lengths[i]! > 0) {
      for (let j = 0; j < dimension; j++) point[j]! /= lengths[i]!;
      lengths[i] = 1;
    }
  });
  const median = lengths.slice().sort()[Math.floor(lengths.length / 2)]!;
  // Those that tell where the middle is, and how far from it the others are.
  const ordinary = Array.from(lengths.keys()).filter((i) => lengths[i]! <= outlier * median);
  const mean = new Float64Array(dimension);
  yield* inSlices(ordinary, padded, (i) => {
    const point = memory.point(i);
    for (let j = 0; j < dimension; j++) mean[j]! += point[j]! / ordinary.length;
  });
  let square = 0;
  yield* inSlices(ordinary, padded, (i) => {
    const point = memory.point(i);
    for (let j = 0; j < dimension; j++) square += (point[j]! - mean[j]!) ** 2;
  });
  const unit = Math.sqrt(square / ordinary.length);
  const frame = new Frame(metric, mean, unit > 0 && Number.isFinite(unit) ? unit : 1);
  // Normalised already: only middle and unit are left.
  const rest = new Frame('dot', mean, frame.unit);
  yield* inSlices(lengths.keys(), padded, (i) => {
    const point = memory.point(i);
    rest.write(point.subarray(0, dimension), point);
  });
  return frame;
}

/** Does something with each point. Yields costs. */
function* inSlices(
  points: Iterable<number>,
  padded: number,
  work: (point: number) => void,
): Generator<number, void, void> {
  let done = 0;
  for (const point of points) {
    work(point);
    done += 1;
    if (done % pointsPerSlice === 0) yield pointsPerSlice * padded * costPerNumber;
  }
}

/** For each component its root mean square among the first points. */
function* spreads(memory: TrainingMemory, points: number): Generator<number, Float32Array, void> {
  const { padded } = memory.layout;
  const squares = new Float64Array(padded);
  yield* inSlices(Array(points).keys(), padded, (i) => {
    const point = memory.point(i);
    for (let j = 0; j < padded; j++) squares[j]! += point[j]! ** 2;
  });
  const scales = Float32Array.from(squares, (sum) => Math.sqrt(sum / points));
  const largest = scales.reduce((most, scale) => Math.max(most, scale), 0);
  return scales.map((scale) => (largest === 0 ? 1 : Math.max(scale, leastScale * largest)));
}

/** Makes the first points relative to their centroids. */
function* residuals(memory: TrainingMemory, points: number): Generator<number, void, void> {
  memory.members.set(Uint32Array.from({ length: points }, (_, i) => i));
  yield* assign(memory, { from: 0, to: points, first: 0, lists: memory.shape.lists });
  const { labels } = memory;
  yield* inSlices(labels.subarray(0, points).keys(), memory.layout.padded, (i) => {
    const point = memory.point(i);
    const centroid = memory.centroid(labels[i]!);
    for (let j = 0; j < point.length; j++) point[j]! -= centroid[j]!;
  });
}

/** Learns a rotation for product codes, and turns points and centroids by it. */
function* learnRotation(memory: TrainingMemory, points: number, all: number): Generator<number, void, void> {
  const { rotationWidth, dimension, padded, lists } = memory.layout;
  const starts = memory.words('starts', memory.shape.parts + 1).slice();
  for (let from = 0; from < dimension; from += rotationWidth) {
    const width = Math.min(rotationWidth, dimension - from);
    if (points < pointsPerAxis * width) {
      for (let i = 0; i < width; i++) memory.floats('rotation', rotationWidth, (from + i) * rotationWidth)[i] = 1;
      continue;
    }
    const { axes, variances } = yield* principalAxes(points, width, (i) =>
      memory.point(i).subarray(from, from + width),
    );
    const capacities = Array.from({ length: memory.shape.parts }, (_, part) =>
      Math.max(0, Math.min(starts[part + 1]!, from + width) - Math.max(starts[part]!, from)),
    );
    for (const [i, axis] of allotAxes(variances, capacities).entries()) {
      const row = memory.floats('rotation', rotationWidth, (from + i) * rotationWidth);
      for (let j = 0; j < width; j++) row[j] = axes[axis * width + j]!;
    }
  }
  const turn = (vector: Float32Array) => {
    memory.floats('source', padded).set(vector);
    memory.kernels.ask();
    vector.set(memory.floats('asked', padded));
  };
  const cost = 4 * padded * rotationWidth;
  for (let i = 0; i < all; i++) {
    turn(memory.point(i));
    yield cost;
  }
  for (let list = 0; list < lists; list++) {
    turn(memory.centroid(list));
    yield cost;
  }
  // The spread of components is another one now. That of their parts of the centroids would do no better than one for all.
  memory.setScales(new Float32Array(padded).fill(1), 'coarseScales');
}

function install(from: TrainingMemory, to: ListsMemory): void {
  const { padded, lists, rotationWidth, dimension, entries } = from.layout;
  for (const name of ['scales', 'inverses', 'coarseScales', 'coarseInverses'] as const)
    to.floats(name, padded).set(from.floats(name, padded));
  to.floats('centroids', padded * lists).set(from.floats('centroids', padded * lists));
  if (to.shape.rotated) {
    to.floats('rotation', padded * rotationWidth).set(from.floats('rotation', padded * rotationWidth));
  }
  to.floats('codebooks', entries * dimension).set(from.floats('codebooks', entries * dimension));
  to.kernels.encodeCentroids(0, lists);
}
