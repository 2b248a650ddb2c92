import { anyvec, anyvecIvfFlat, anyvecIvfPq } from './anyvec.ts';
import { anyvecStore } from './anyvec-store.ts';
import { bruteForce } from './brute-force.ts';
import type { EngineFactory } from './engine.ts';
import { faissNode } from './faiss-node.ts';
import { hnswlibNode, hnswlibNodeNative } from './hnswlib-node.ts';
import { usearchF32, usearchI8 } from './usearch.ts';

/** Who takes part, by the name in headlines. */
export const engines = {
  anyvec,
  'anyvec-store': anyvecStore,
  'anyvec-ivf-flat': anyvecIvfFlat,
  'anyvec-ivf-pq': anyvecIvfPq,
  'hnswlib-node': hnswlibNode,
  'hnswlib-node-native': hnswlibNodeNative,
  'faiss-node': faissNode,
  'usearch-f32': usearchF32,
  'usearch-i8': usearchI8,
  'brute-force': bruteForce,
} satisfies Record<string, EngineFactory>;

export type EngineName = keyof typeof engines;
