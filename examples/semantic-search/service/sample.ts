/* A fair sample of a tenant's documents, in bounded memory. */
import type { VectorStore } from 'anyvec';

/** Ids of the records of at most `limit` documents (their first chunks), each as likely as any other, and how many documents there are. */
export async function sampleDocuments(
  store: VectorStore,
  limit: number,
  signal?: AbortSignal,
): Promise<{ readonly ids: string[]; readonly total: number }> {
  const random = uniforms(1);
  const ids: string[] = [];
  let total = 0;
  const heads = store.scan({
    filter: { '_doc.part': 0 },
    include: { payload: false, vector: false },
    ...(signal && { signal }),
  });
  for await (const { id } of heads) {
    total += 1;
    if (ids.length < limit) ids.push(id);
    else {
      const at = Math.floor(random() * total);
      if (at < limit) ids[at] = id;
    }
  }
  return { ids, total };
}

/** Numbers in [0, 1) that a seed decides (mulberry32), so that the same documents give the same sample. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
