import type { ListsShape } from './lists-memory.ts';
import type { TrainingMemory } from './training-memory.ts';

const iterations = 6;
/** With so few points for each entry, more than one round changes nothing. */
const fewPoints = 2;
/** What one f32 costs, in multiplications of 8-bit codes. */
const costPerFloat = 4;

/** What {@link learnCodebooks} costs, about. */
export function codebooksCost(points: number, { dimension, entries }: ListsShape): number {
  return points * entries * dimension * costPerFloat * roundsFor(points, entries);
}

function roundsFor(points: number, entries: number): number {
  return points <= fewPoints * entries ? 1 : iterations;
}

/** Learns the entries of each part of product codes from the first points, by Lloyd's algorithm. Yields costs. */
export function* learnCodebooks(memory: TrainingMemory, points: number): Generator<number, void, void> {
  const { parts, entries } = memory.shape;
  const starts = memory.words('starts', parts + 1).slice();
  for (let part = 0; part < parts; part++) {
    const [from, to] = [starts[part]!, starts[part + 1]!];
    for (let entry = 0; entry < entries; entry++) setEntry(memory, entry, entry % points, from, to);
    for (let round = 0; round < roundsFor(points, entries); round++) {
      memory.kernels.assignEntries(memory.at.points, points, part, memory.at.labels);
      moveEntries(memory, points, from, to, (entry) => (entry * 31 + round * 17) % points);
      yield points * entries * (to - from) * costPerFloat;
    }
  }
}

function setEntry(memory: TrainingMemory, entry: number, point: number, from: number, to: number): void {
  const { entries } = memory.shape;
  const x = memory.point(point);
  for (let j = from; j < to; j++) memory.floats('codebooks', entries, j * entries)[entry] = x[j]!;
}

/** Puts each entry in the middle of its points; one without points to another point. */
function moveEntries(
  memory: TrainingMemory,
  points: number,
  from: number,
  to: number,
  anyPoint: (entry: number) => number,
): void {
  const { padded, entries } = memory.layout;
  const labels = new Uint8Array(memory.buffer, memory.at.labels, points);
  const all = new Float32Array(memory.buffer, memory.at.points, points * padded);
  const counts = new Uint32Array(entries);
  for (const label of labels) counts[label]! += 1;
  for (let j = from; j < to; j++) {
    const sums = new Float64Array(entries);
    for (let i = 0; i < points; i++) sums[labels[i]!]! += all[i * padded + j]!;
    const column = memory.floats('codebooks', entries, j * entries);
    for (let entry = 0; entry < entries; entry++) if (counts[entry]! > 0) column[entry] = sums[entry]! / counts[entry]!;
  }
  for (const [entry, count] of counts.entries()) if (count === 0) setEntry(memory, entry, anyPoint(entry), from, to);
}
