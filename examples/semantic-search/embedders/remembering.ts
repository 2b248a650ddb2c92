/* Looks a text up before it asks the model. */
import type { Embedder } from '../embedder.ts';

/** Where vectors of texts are kept. */
export interface Memory {
  get(text: string): Float32Array | undefined;
}

/** An embedder that asks `model` only for what is not in `memory`: works without the model as long as everything is. */
export function rememberingEmbedder(model: Embedder, memory: Memory): Embedder {
  return {
    name: model.name,
    version: model.version,
    dimension: model.dimension,
    async embed(texts, signal) {
      const known = texts.map((text) => memory.get(text)?.slice());
      const missing = texts.filter((_, i) => known[i] === undefined);
      const made = missing.length === 0 ? [] : [...(await model.embed(missing, signal))];
      return known.map((vector) => vector ?? made.shift()!);
    },
    ...(model.ready && { ready: () => model.ready!() }),
    ...(model.close && { close: () => model.close!() }),
  };
}
