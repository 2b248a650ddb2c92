import type { Correlation } from '../data/filters.ts';
import type { SetPlan } from '../data/prepared.ts';
import type { EngineName } from '../engines/index.ts';
import type { SweepPlan } from './sweep.ts';

/** What is measured on one set. */
export interface Contest {
  readonly data: SetPlan;
  readonly engines: readonly EngineName[];
  readonly sweep: SweepPlan;
  /** Those with whom filters are compared; none where filters are not. */
  readonly filterEngines: readonly EngineName[];
  readonly correlations: readonly Correlation[];
  readonly filterSweep: SweepPlan;
  /** Repetitions of cold starts; 0 for none. */
  readonly coldStarts: number;
}

/** One way to run the benchmark. */
export interface Plan {
  readonly mode: 'quick' | 'full';
  /** Builds at a time: more than one where their time is not measured. */
  readonly buildsAtOnce: number;
  /** The two builds of hnswlib-node load one graph. */
  readonly sharedGraphs: boolean;
  readonly contests: readonly Contest[];
}

const hnswlibs: EngineName[] = ['hnswlib-node', 'hnswlib-node-native'];

const quickSweep: SweepPlan = {
  efforts: [10, 14, 20, 28, 40, 70, 140, 300],
  repetitions: 3,
  warmUpMs: 250,
  maxMs: 2_000,
  enough: 0.955,
};
const quick = {
  sweep: quickSweep,
  filterEngines: [] as EngineName[],
  correlations: ['random', 'negative'] as Correlation[],
  filterSweep: { efforts: [10, 16, 64, 256], repetitions: 2, warmUpMs: 250, maxMs: 500, enough: 0.955 },
  coldStarts: 0,
};

/** Headlines in less than five minutes: parts of the sets, few breadths. */
export const quickPlan: Plan = {
  mode: 'quick',
  buildsAtOnce: 2,
  sharedGraphs: true,
  contests: [
    {
      ...quick,
      data: { name: 'fashion-mnist', count: 25_000, queries: 1_000, shares: [] },
      // usearch scales every vector to one length before it makes 8 bits of it: Euclidean neighbours are lost.
      engines: ['anyvec', ...hnswlibs, 'faiss-node', 'usearch-f32'],
    },
    {
      ...quick,
      data: { name: 'wordnet', count: 16_000, queries: 1_000, shares: [0.1, 0.01] },
      engines: ['anyvec', ...hnswlibs, 'faiss-node', 'usearch-f32', 'usearch-i8'],
      filterEngines: ['anyvec', 'hnswlib-node', 'brute-force'],
    },
    {
      ...quick,
      data: { name: 'word-vectors', count: 25_000, queries: 1_000, shares: [] },
      engines: ['anyvec', ...hnswlibs, 'faiss-node', 'usearch-f32', 'usearch-i8'],
    },
  ],
};

const everyone: EngineName[] = ['anyvec', 'anyvec-store', ...hnswlibs, 'faiss-node', 'usearch-f32', 'usearch-i8'];
const shares = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001];
const full = {
  engines: everyone,
  sweep: {
    efforts: [10, 14, 18, 24, 32, 40, 52, 68, 90, 120, 160, 220, 320, 500],
    repetitions: 5,
    warmUpMs: 500,
    maxMs: 10_000,
    enough: 0.995,
  },
  filterEngines: ['anyvec', 'anyvec-store', 'hnswlib-node', 'brute-force', 'usearch-f32'] as EngineName[],
  correlations: ['random', 'positive', 'negative'] as Correlation[],
  filterSweep: {
    efforts: [10, 16, 32, 64, 128, 256, 512, 1_024],
    repetitions: 2,
    warmUpMs: 300,
    maxMs: 1_000,
    enough: 0.98,
  },
  coldStarts: 5,
};

/** Everything, on all there is. */
export const fullPlan: Plan = {
  mode: 'full',
  buildsAtOnce: 1,
  sharedGraphs: false,
  contests: [
    { ...full, data: { name: 'fashion-mnist', count: 60_000, queries: 1_000, shares } },
    {
      ...full,
      data: { name: 'wordnet', count: 116_791, queries: 1_000, shares },
      engines: [...everyone, 'anyvec-ivf-flat', 'anyvec-ivf-pq'],
    },
    {
      ...full,
      data: { name: 'word-vectors', count: 340_479, queries: 1_000, shares: [] },
      filterEngines: [],
      coldStarts: 0,
    },
  ],
};
