/** Node only. The same exact searches of both sides, by vectors of the source. */
import type { Support } from '../capabilities.ts';
import { VectorStoreError } from '../errors.ts';
import { norm } from '../score.ts';
import type { VectorStore } from '../store.ts';
import type { Match, Metric } from '../types.ts';
import { inNamespace, type NamespaceScope } from './scope.ts';
import type { SearchCheck, VerifyOptions } from './types.ts';

/** A vector of the source, to search by. */
export interface SearchSample {
  readonly namespace: NamespaceScope;
  readonly vector: Float32Array;
}

type Hit = Match<object, { payload: false; vector: true }>;

const matches = 10;
const listedQueries = 20;
/** What two backends' scores may differ by, relative to the numbers that they are made of where these are above 1. */
const scoreTolerance = 1e-5;

/** How many searches there will be: few where each reads every record of a side. */
export function queryCount({ queries }: VerifyOptions, source: VectorStore, target: VectorStore): number {
  const isNative = ({ capabilities }: VectorStore) => capabilities.options.exact === 'native';
  return queries ?? (isNative(source) && isNative(target) ? 200 : 10);
}

/** Asks both sides. */
export async function checkSearches(
  source: VectorStore,
  target: VectorStore,
  samples: readonly SearchSample[],
  options: VerifyOptions,
): Promise<SearchCheck> {
  const none = { queries: 0, k: matches, agreeing: 0, overlap: 1, differing: [] };
  const refused = [source, target]
    .map(({ capabilities }) => reasonOf(capabilities.options.exact))
    .find((reason) => reason !== undefined);
  if (refused !== undefined) return { ...none, unverifiable: `no exact search: ${refused}` };
  const byNamespace = new Map<NamespaceScope, SearchSample[]>();
  for (const sample of samples)
    byNamespace.set(sample.namespace, [...(byNamespace.get(sample.namespace) ?? []), sample]);
  let [queries, agreeing, overlap] = [0, 0, 0];
  const differing: string[] = [];
  try {
    for (const [namespace, some] of byNamespace) {
      const vectors = some.map(({ vector }) => vector);
      const base = {
        k: matches,
        exact: true,
        include: { payload: false, vector: true },
        ...(options.signal && { signal: options.signal }),
      } as const;
      const wanted = await inNamespace(source, namespace.source).searchBatch(vectors, {
        ...base,
        ...(options.where && { filter: options.where }),
      });
      const found = await inNamespace(target, namespace.target).searchBatch(vectors, base);
      for (const [i, hits] of wanted.entries()) {
        const difference = differenceOf(hits, found[i] ?? [], magnitudeFor(source.metric, vectors[i]!));
        queries += 1;
        overlap += difference.overlap;
        if (difference.text === undefined) agreeing += 1;
        else if (differing.length < listedQueries) differing.push(difference.text);
      }
    }
  } catch (error) {
    if (!VectorStoreError.is(error, 'Unsupported')) throw error;
    return { ...none, unverifiable: error.message };
  }
  return { queries, k: matches, agreeing, overlap: queries === 0 ? 1 : overlap / queries, differing };
}

/** Ties at the end of the list may be broken in two ways, and scores differ in their last digits: neither is a difference. */
function differenceOf(
  wanted: readonly Hit[],
  found: readonly Hit[],
  magnitude: (hit: Hit) => number,
): { overlap: number; text?: string } {
  const [inWanted, inFound] = [new Map(wanted.map((hit) => [hit.id, hit])), new Map(found.map((hit) => [hit.id, hit]))];
  const [lastWanted, lastFound] = [wanted.at(-1), found.at(-1)];
  const tolerance = (hit: Hit) => 2 * scoreTolerance * Math.max(1, magnitude(hit));
  const isClose = (hit: Hit, other: Hit | undefined) =>
    other !== undefined && Math.abs(hit.score - other.score) <= Math.max(tolerance(hit), tolerance(other));
  const lost = wanted.filter((hit) => !inFound.has(hit.id) && !isClose(hit, lastFound));
  const added = found.filter((hit) => !inWanted.has(hit.id) && !isClose(hit, lastWanted));
  const rescored = wanted.filter((hit) => !isClose(hit, inFound.get(hit.id) ?? hit));
  const overlap = wanted.length === 0 ? 1 : 1 - lost.length / wanted.length;
  const shown = (hits: readonly Hit[]) =>
    hits
      .slice(0, 3)
      .map(({ id }) => JSON.stringify(id))
      .join(', ');
  if (wanted.length !== found.length)
    return { overlap, text: `${wanted.length} matches at the source, ${found.length} at the target` };
  if (lost.length > 0) return { overlap, text: `not found at the target: ${shown(lost)}` };
  if (added.length > 0) return { overlap, text: `found at the target only: ${shown(added)}` };
  return rescored.length > 0 ? { overlap, text: `other scores: ${shown(rescored)}` } : { overlap };
}

/** How large the numbers are that a score is made of: with the dot product a small score may be the difference of large ones. */
function magnitudeFor(metric: Metric, query: Float32Array): (hit: Hit) => number {
  if (metric === 'cosine') return () => 1;
  const length = norm(query);
  const lengthOf = ({ vector }: Hit) => (vector === null ? 0 : norm(vector));
  return metric === 'dot' ? (hit) => length * lengthOf(hit) : (hit) => length + lengthOf(hit);
}

const reasonOf = (support: Support) =>
  typeof support === 'object' && 'refused' in support ? support.refused : undefined;
