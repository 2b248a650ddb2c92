/* Vectors without a model: words and their letter triples, hashed. Knows no meaning, but typing errors and word forms; for trying things out. */
import type { Embedder } from '../embedder.ts';

/** Instant and deterministic. `version` stands in for that of a model. */
export function hashingEmbedder({ dimension = 256, version = '1' } = {}): Embedder {
  return {
    name: 'hashing',
    version,
    dimension,
    embed: async (texts) => texts.map((text) => embed(text, dimension, version)),
  };
}

function embed(text: string, dimension: number, version: string): Float32Array {
  const vector = new Float32Array(dimension);
  for (const word of text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []) {
    const marked = `^${word}$`;
    const triples = Array.from({ length: marked.length - 2 }, (_, i) => marked.slice(i, i + 3));
    for (const part of [marked, ...triples]) {
      const hash = fnv1a(`${version}:${part}`);
      vector[hash % dimension]! += hash & 0x80000000 ? 1 : -1;
    }
  }
  const length = Math.hypot(...vector);
  // A text without words must still have a direction.
  if (length === 0) vector[0] = 1;
  return length === 0 ? vector : vector.map((value) => value / length);
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}
