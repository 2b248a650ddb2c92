/** Node only. The same exact searches of both sides, by vectors of the source. */
import { VectorStoreError } from '../errors.ts';
import { norm } from '../score.ts';
import type { VectorStore } from '../store.ts';
import type { Metric } from '../types.ts';
import type { Expected, Hit } from './neighbours.ts';
import { inNamespace, type NamespaceScope } from './scope.ts';
import type { SearchCheck, VerifyOptions } from './types.ts';

/** A vector of the source, to search by. */
export interface SearchSample {
  readonly namespace: NamespaceScope;
  readonly vector: Float32Array;
}

/** Matches asked for. */
export const matches = 10;
const listedQueries = 20;
/** Queries asked at once: their answers are in memory together. */
const together = 20;
/** Queries where what they should find is computed. */
const computedQueries = 20;
/** What two backends' scores may differ by, relative to the numbers that they are made of where these are above 1. */
const scoreTolerance = 1e-5;

/** How many searches there will be: few where each reads every record of a side. */
export function queryCount({ queries }: VerifyOptions, ...sides: readonly VectorStore[]): number {
  return queries ?? (sides.every(({ capabilities }) => capabilities.options.exact === 'native') ? 200 : 10);
}

/** The same where the answers are computed from the records. */
export function computedCount(options: VerifyOptions, target: VectorStore): number {
  return Math.min(computedQueries, queryCount(options, target));
}

/** Why a store cannot search exactly. */
export function inexact({ capabilities }: VectorStore): string | undefined {
  const { exact } = capabilities.options;
  return typeof exact === 'object' && 'refused' in exact ? exact.refused : undefined;
}

/** Asks both sides. */
export async function checkSearches(
  source: VectorStore,
  target: VectorStore,
  samples: readonly SearchSample[],
  options: VerifyOptions,
): Promise<SearchCheck> {
  return compared(target, samples, options, async (namespace, vectors) =>
    inNamespace(source, namespace.source).searchBatch(vectors, {
      ...asked(options),
      ...(options.where && { filter: options.where }),
    }),
  );
}

/** Asks the target for what was computed. */
export async function checkNeighbours(
  target: VectorStore,
  expected: readonly Expected[],
  options: VerifyOptions,
): Promise<SearchCheck> {
  const byVector = new Map(expected.map(({ vector, hits }) => [vector, hits]));
  const check = await compared(target, expected, options, async (_, vectors) =>
    vectors.map((vector) => byVector.get(vector) ?? []),
  );
  return { ...check, computed: true };
}

function asked({ signal }: VerifyOptions) {
  return { k: matches, exact: true, include: { payload: false, vector: true }, ...(signal && { signal }) } as const;
}

async function compared(
  target: VectorStore,
  samples: readonly SearchSample[],
  options: VerifyOptions,
  wantedOf: (namespace: NamespaceScope, vectors: Float32Array[]) => Promise<readonly (readonly Hit[])[]>,
): Promise<SearchCheck> {
  const byNamespace = new Map<NamespaceScope, Float32Array[]>();
  for (const { namespace, vector } of samples)
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), vector]);
  const none = { queries: 0, k: matches, agreeing: 0, overlap: 1, differing: [] };
  let [queries, agreeing, overlap] = [0, 0, 0];
  const differing: string[] = [];
  try {
    for (const [namespace, all] of byNamespace)
      for (let at = 0; at < all.length; at += together) {
        const vectors = all.slice(at, at + together);
        const wanted = await wantedOf(namespace, vectors);
        const found = await inNamespace(target, namespace.target).searchBatch(vectors, asked(options));
        for (const [i, hits] of wanted.entries()) {
          const difference = differenceOf(hits, found[i] ?? [], magnitudeFor(target.metric, vectors[i]!));
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
