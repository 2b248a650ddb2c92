import type { Capabilities } from '../../src/capabilities.ts';
import type { Metric } from '../../src/types.ts';
import { deepEqual, equal, near, ok } from '../assertions.ts';
import type { OracleMatch, OracleRecord } from '../oracle.ts';
import { tolerance } from './scores.ts';

/** What a search was asked. */
export interface Asked {
  readonly k: number;
  readonly minScore?: number;
  readonly maxDistance?: number;
  /** Whether the backend promised to compare with every record. */
  readonly exact: boolean;
}

/** A match as the library gives it, whatever was included. */
export interface GivenMatch {
  readonly id: string;
  readonly score: number;
  readonly distance: number;
  readonly payload?: unknown;
  readonly vector?: Float32Array | null;
}

/**
 * That an answer is the right one: right scores, right order, right number, nothing better left out.
 *
 * Scores may be off by 1e-5 · max(1, |score|); records closer than that may swap places, also at rank `k` and at a threshold. Records with the
 * same vector must stand in the order of their ids, and under `exact` the cut must respect it.
 *
 * @param ranked All eligible records but for `k` and thresholds, best first, as the oracle gives them.
 */
export function checkMatches(
  given: readonly GivenMatch[],
  ranked: readonly OracleMatch[],
  asked: Asked,
  metric: Metric,
  what: string,
): void {
  const expected = new Map(ranked.map((match) => [match.id, match]));
  equal(new Set(given.map((match) => match.id)).size, given.length, `${what}: distinct ids`);
  for (const match of given) {
    const known = expected.get(match.id);
    ok(known !== undefined, `${what}: ${JSON.stringify(match.id)} should not have been found`);
    checkScore(match, known, metric, `${what}: ${JSON.stringify(match.id)}`);
    ok(mayPass(known, asked), `${what}: ${JSON.stringify(match.id)} of score ${known.score} is beyond the threshold`);
    if ('payload' in match)
      deepEqual(match.payload, known.payload, `${what}: the payload beside ${JSON.stringify(match.id)}`);
  }
  checkOrder(given, expected, what);
  checkCompleteness(given, ranked, asked, what);
}

/** That score and distance are those of the record, and of one another. */
function checkScore(given: GivenMatch, known: OracleMatch, metric: Metric, what: string): void {
  const { score, distance } = given;
  near(score, known.score, tolerance(known.score), `${what}: score`);
  near(distance, known.distance, tolerance(known.score), `${what}: distance`);
  near(
    distance,
    metric === 'cosine' ? 1 - score : -score,
    1e-9 * Math.max(1, Math.abs(score)),
    `${what}: distance of its score`,
  );
  if (metric === 'cosine') ok(score <= 1 && score >= -1, `${what}: a cosine of ${score}`);
  if (metric === 'euclidean') ok(distance >= 0, `${what}: a Euclidean distance of ${distance}`);
}

function checkOrder(given: readonly GivenMatch[], expected: ReadonlyMap<string, OracleMatch>, what: string): void {
  for (const [i, match] of given.entries()) {
    const next = given[i + 1];
    if (next === undefined) return;
    ok(
      match.distance <= next.distance,
      `${what}: rank ${i} is of distance ${match.distance}, the next of ${next.distance}`,
    );
    const isTie = match.distance === next.distance || sameVector(expected.get(match.id)!, expected.get(next.id)!);
    ok(
      !isTie || match.id < next.id,
      `${what}: of equal matches ${JSON.stringify(match.id)} stands before ${JSON.stringify(next.id)}`,
    );
  }
}

function checkCompleteness(
  given: readonly GivenMatch[],
  ranked: readonly OracleMatch[],
  asked: Asked,
  what: string,
): void {
  const certain = ranked.filter((match) => mustPass(match, asked));
  const possible = ranked.filter((match) => mayPass(match, asked));
  ok(
    given.length <= Math.min(asked.k, possible.length),
    `${what}: ${given.length} matches, ${possible.length} possible, k = ${asked.k}`,
  );
  const hasThreshold = asked.minScore !== undefined || asked.maxDistance !== undefined;
  if (!asked.exact && hasThreshold) return;
  ok(
    given.length >= Math.min(asked.k, certain.length),
    `${what}: ${given.length} matches of ${certain.length} with k = ${asked.k}`,
  );
  if (!asked.exact || given.length === 0) return;
  const found = new Set(given.map((match) => match.id));
  const byId = new Map(ranked.map((match) => [match.id, match]));
  const worst = byId.get(given.at(-1)!.id)!;
  for (const match of certain) {
    if (found.has(match.id)) continue;
    const id = JSON.stringify(match.id);
    ok(
      match.distance >= worst.distance - 2 * tolerance(worst.score),
      `${what}: ${id} is nearer than the last match, yet left out`,
    );
    const tied = given.find((other) => sameVector(byId.get(other.id)!, match));
    ok(
      tied === undefined || tied.id < match.id,
      `${what}: ${id} is left out for ${JSON.stringify(tied?.id)}, which is no nearer`,
    );
  }
}

function mustPass(match: OracleMatch, { minScore = -Infinity, maxDistance = Infinity }: Asked): boolean {
  const slack = tolerance(match.score);
  return match.score >= minScore + slack && match.distance <= maxDistance - slack;
}

function mayPass(match: OracleMatch, { minScore = -Infinity, maxDistance = Infinity }: Asked): boolean {
  const slack = tolerance(match.score);
  return match.score >= minScore - slack && match.distance <= maxDistance + slack;
}

function sameVector(a: OracleRecord, b: OracleRecord): boolean {
  return a.vector !== null && b.vector !== null && a.vector.every((x, i) => Object.is(x, b.vector![i]));
}

/** That a vector came back as the backend promises it: by bits, rounded, or in its direction. */
export function checkVector(
  given: ArrayLike<number> | null,
  stored: Float32Array | null,
  readback: Capabilities['vectorReadback'],
  what: string,
): void {
  if (stored === null || given === null) {
    equal(given, stored, what);
    return;
  }
  ok(given instanceof Float32Array, `${what}: a Float32Array`);
  equal(given.length, stored.length, `${what}: length`);
  const scale = readback === 'direction' ? Math.hypot(...stored) / Math.hypot(...given) : 1;
  for (const [i, x] of stored.entries()) {
    const back = given[i]! * scale;
    if (readback === 'bits') ok(x === back, `${what}: [${i}] is ${back} instead of ${x}`);
    else
      near(
        back,
        x,
        1e-6 * Math.abs(x) + (readback === 'direction' ? 1e-6 * Math.hypot(...stored) : 1e-38),
        `${what}: [${i}]`,
      );
  }
}

/** That a record came back whole. */
export function checkRecord(
  given: { readonly id: string; readonly payload: unknown; readonly vector: Float32Array | null } | undefined,
  stored: OracleRecord | undefined,
  readback: Capabilities['vectorReadback'],
  what: string,
): void {
  if (stored === undefined || given === undefined) {
    equal(given === undefined, stored === undefined, `${what}: absent`);
    return;
  }
  equal(given.id, stored.id, `${what}: id`);
  deepEqual(given.payload, stored.payload, `${what}: payload`);
  checkVector(given.vector, stored.vector, readback, `${what}: vector`);
}
