/* The collection as a plane: where documents lie that mean like things. */
import type { Payload, VectorStore } from 'anyvec';
import { type Chunk, readChunk } from '../documents.ts';
import { principalPlane } from './pca.ts';
import { sampleDocuments } from './sample.ts';

export interface MapPoint {
  /** Of the document. */
  readonly id: string;
  readonly title: string;
  readonly x: number;
  readonly y: number;
  /** '' where the document has none. */
  readonly group: string;
}

export interface CollectionMap {
  readonly points: readonly MapPoint[];
  /** The field that `group` is of; '' for none. */
  readonly groupField: string;
  /** Shares of the variance along x and y. */
  readonly explained: readonly [number, number];
}

const readAtOnce = 500;
const colours = 8;

/**
 * At most `limit` documents that have a vector of the model.
 *
 * @param keywords Fields that may give the groups.
 */
export async function mapOf(
  store: VectorStore,
  {
    limit,
    model,
    keywords,
    signal,
  }: { limit: number; model: string; keywords: readonly string[]; signal?: AbortSignal },
): Promise<CollectionMap> {
  const { ids } = await sampleDocuments(store, limit, signal);
  const chunks: Chunk[] = [];
  const vectors: Float32Array[] = [];
  for (let at = 0; at < ids.length; at += readAtOnce) {
    for (const record of await store.get(ids.slice(at, at + readAtOnce), signal ? { signal } : {})) {
      const chunk = record && readChunk(record.payload);
      if (!record?.vector || chunk?.info.model !== model) continue;
      chunks.push(chunk);
      vectors.push(record.vector);
    }
  }
  const { points, explained } = principalPlane(vectors);
  const groupField = mostTelling(chunks, keywords);
  return {
    points: chunks.map(({ info, title, payload }, i) => ({
      id: info.id,
      title: title || info.id,
      x: points[i]![0],
      y: points[i]![1],
      group: groupOf(payload, groupField),
    })),
    groupField,
    explained,
  };
}

/** The field whose most frequent values tell most about a document: entropy in bits, of as many values as there are colours. */
function mostTelling(chunks: readonly Chunk[], fields: readonly string[]): string {
  const scores = fields.map((field) => {
    const counts = new Map<string, number>();
    for (const { payload } of chunks) {
      const value = groupOf(payload, field);
      if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const largest = [...counts.values()].sort((a, b) => b - a).slice(0, colours);
    return {
      field,
      bits: largest.reduce((sum, count) => sum - (count / chunks.length) * Math.log2(count / chunks.length), 0),
    };
  });
  return scores.reduce((best, score) => (score.bits > best.bits + 1e-9 ? score : best), { field: '', bits: 0 }).field;
}

/** The value at a path; of several the first. */
function groupOf(payload: Payload, field: string): string {
  if (field === '') return '';
  let value: unknown = payload;
  for (const key of field.split('.')) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined;
  }
  const [first] = Array.isArray(value) ? value : [value];
  return first === undefined || first === null || typeof first === 'object' ? '' : String(first);
}
