/** What a saved HNSW index is made of, and how it comes back: from bytes, or from a file straight into the memory of the graph. */
import type { HnswModules } from '../../kernels/hnsw.ts';
import { corrupt, openContent, openVerified, type PackageIdentity } from '../package.ts';
import { Positions } from '../positions.ts';
import type { Generation } from '../renewing-index.ts';
import { readNext, type SavedContent } from '../saved-content.ts';
import type { VectorSource } from '../vector-index.ts';
import { Graph, type ThreadedSettings } from './graph.ts';

/** How rows can be kept, the shortest first: a saved index says which by its number. */
export const steps = ['sq4', 'sq8', 'none'] as const;

/** What an index goes on from. */
export interface Restored {
  /** Number of the step, when the next audit is due, comparisons per ef, error of the codes, spread of the vectors. */
  readonly head: Float64Array;
  readonly waiting: readonly number[];
  readonly generation: Generation<Graph>;
}

/** Head, waiting slots, positions, state of the graph; then the parts of its memory. */
const beforeParts = 4;
const sectionCount = beforeParts - 1 + Graph.sections;

/** What must be equal for a saved index to be of use. */
export function identityOf({ threads: _, ...settings }: ThreadedSettings, vectors: VectorSource): PackageIdentity {
  const { dimension, metric } = vectors;
  return { maker: 'anyvec', format: 2, dimension, metric, ...settings, type: 'hnsw' };
}

/**
 * From bytes that were verified.
 *
 * @throws `Corruption` where they belong to another index.
 */
export function restoredFromBytes(
  modules: HnswModules,
  settings: ThreadedSettings,
  vectors: VectorSource,
  bytes: Uint8Array,
): Restored {
  const sections = openVerified(bytes, identityOf(settings, vectors), sectionCount);
  const graph = Graph.fromSections(modules, settings, vectors, stepOf(sections), sections.slice(beforeParts - 1));
  return restoredOf(graph, sections);
}

/** The same from a file. */
export async function restoredFromContent(
  modules: HnswModules,
  settings: ThreadedSettings,
  vectors: VectorSource,
  content: SavedContent,
): Promise<Restored> {
  const lengths = await openContent(content, identityOf(settings, vectors), sectionCount);
  const sections: Uint8Array[] = [];
  for (const length of lengths.slice(0, beforeParts)) sections.push(await readNext(content, length));
  const saved = { state: sections[beforeParts - 1]!, lengths: lengths.slice(beforeParts) };
  const { graph, parts } = Graph.ofState(modules, settings, vectors, stepOf(sections), saved);
  for (const part of parts) await content.read(part);
  content.verify();
  return restoredOf(graph, sections);
}

function stepOf([head]: readonly Uint8Array[]): (typeof steps)[number] {
  const step = steps[figuresIn(head!)[0] ?? 0];
  if (step === undefined) throw corrupt('its rows are of no kind that there is');
  return step;
}

function restoredOf(index: Graph, [head, waiting, table]: readonly Uint8Array[]): Restored {
  return {
    head: figuresIn(head!),
    waiting: [...new Uint32Array(new Uint8Array(waiting!).buffer)],
    generation: { index, positions: Positions.fromBytes(table!) },
  };
}

function figuresIn(head: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(head).buffer);
}
