import { type Capabilities, refusal, requireSupport } from '../capabilities.ts';
import type { CollectionDriver, DriverSearch, Parts, ReadOptions } from '../driver.ts';
import { invalid, unsupported } from '../errors.ts';
import { type FilterNode, matchAll } from '../filter/normal-form.ts';
import { parseFilter } from '../filter/parse.ts';
import { distanceOf } from '../score.ts';
import type { Consistency, Metric, SearchParams } from '../types.ts';
import { booleanOption, checkedOptions, integerOption, numberOption, wordOption } from '../validate/options.ts';
import { callKeys } from './call.ts';

/** A filter in normal form, refused operators refused. `undefined` asks for everything. */
export function readFilter(filter: unknown, collection: CollectionDriver, place = 'filter'): FilterNode {
  if (filter === undefined) return matchAll;
  const { filterOperators } = collection.capabilities;
  return parseFilter(
    filter,
    { fields: collection.info.fields, refused: (operator) => refusal(filterOperators[operator]) },
    place,
  );
}

function readInclude(include: unknown, defaults: Parts): Parts {
  const { payload, vector } = checkedOptions(include, ['payload', 'vector'], 'options.include');
  return {
    payload: booleanOption(payload, 'options.include.payload', defaults.payload),
    vector: booleanOption(vector, 'options.include.vector', defaults.vector),
  };
}

export function readConsistency(value: unknown, capabilities: Capabilities): Consistency {
  const wanted = wordOption(value, 'options.consistency', ['session', 'strong', 'eventual'], 'session');
  const { strongConsistency, eventualConsistency } = capabilities.options;
  if (wanted === 'strong') requireSupport(strongConsistency, "consistency: 'strong'");
  if (wanted === 'eventual') requireSupport(eventualConsistency, "consistency: 'eventual'");
  return wanted;
}

/** A search as the driver gets it, with what the portable layer applies itself: the exact inclusive bounds. */
export interface ReadSearch {
  readonly driver: DriverSearch;
  /** Whether a match of this score and distance passes `minScore` and `maxDistance`. */
  readonly passes: (score: number, distance: number) => boolean;
  /** Hints of `params` without effect here. */
  readonly ignoredHints: readonly string[];
}

/** The options that every ranking takes. */
export const rankingKeys = ['k', 'filter', 'include', 'exact', 'params', 'strict', 'consistency', ...callKeys] as const;

/** Reads the options of {@link rankingKeys}; the second part is the hints of `params` without effect here. */
export function readRanking(
  given: { readonly [key in (typeof rankingKeys)[number]]?: unknown },
  collection: CollectionDriver,
): [ReadOptions & Pick<DriverSearch, 'k' | 'filter' | 'exact' | 'params'>, readonly string[]] {
  const { capabilities } = collection;
  const k = integerOption(given.k, 'options.k', 1, 10_000, 10);
  if (k > capabilities.limits.k) throw unsupported(`k = ${k}`, `at most ${capabilities.limits.k} matches`);
  const exact = booleanOption(given.exact, 'options.exact', false);
  if (exact) requireSupport(capabilities.options.exact, 'exact: true');
  if (given.filter !== undefined) requireSupport(capabilities.options.searchFilter, 'A filter on search');
  const strict = booleanOption(given.strict, 'options.strict', false);
  const { params, ignoredHints } = readParams(given.params, capabilities, strict);
  const ranking = {
    ...{ k, exact, params },
    filter: readFilter(given.filter, collection),
    include: readInclude(given.include, { payload: true, vector: false }),
    consistency: readConsistency(given.consistency, capabilities),
  };
  return [ranking, ignoredHints];
}

const searchKeys = [...rankingKeys, 'minScore', 'maxDistance'] as const;

export function readSearch(options: unknown, collection: CollectionDriver): ReadSearch {
  const { metric } = collection.info;
  const given = checkedOptions(options, searchKeys, 'options');
  const [ranking, ignoredHints] = readRanking(given, collection);
  const minScore = readMinScore(given.minScore, metric);
  const maxDistance = numberOption(given.maxDistance, 'options.maxDistance', Number.POSITIVE_INFINITY);
  return {
    driver: { ...ranking, maxDistance: looseBound(Math.min(maxDistance, distanceOf(metric, minScore))) },
    passes: (score, distance) => score >= minScore && distance <= maxDistance,
    ignoredHints,
  };
}

function readMinScore(value: unknown, metric: Metric): number {
  const minScore = numberOption(value, 'options.minScore', Number.NEGATIVE_INFINITY);
  if (minScore > 0 && metric === 'euclidean') {
    throw invalid('options.minScore', 'scores under euclidean are −distance, so none is above 0; say maxDistance');
  }
  return minScore;
}

/** A little beyond the bound: a distance computed from a score, and the other way round, may be off by an ulp. */
function looseBound(distance: number): number {
  return Number.isFinite(distance) ? distance + 1e-12 * Math.max(1, Math.abs(distance)) : distance;
}

function readParams(
  value: unknown,
  capabilities: Capabilities,
  strict: boolean,
): { params: SearchParams; ignoredHints: string[] } {
  const given = checkedOptions(value, ['ef', 'nprobe'], 'options.params');
  const params: { ef?: number; nprobe?: number } = {};
  const ignoredHints: string[] = [];
  for (const name of ['ef', 'nprobe'] as const) {
    if (given[name] === undefined) continue;
    const hint = integerOption(given[name], `options.params.${name}`, 1, 65_536, 0);
    if (capabilities.searchParams.includes(name)) params[name] = hint;
    else ignoredHints.push(`params.${name}`);
  }
  if (strict && ignoredHints.length > 0) throw unsupported(ignoredHints.join(', '), 'this index has no use for it');
  return { params, ignoredHints };
}

/** The options of a read that is no search. */
export function readOptions(
  given: { readonly include?: unknown; readonly consistency?: unknown },
  capabilities: Capabilities,
  defaults: Parts,
): ReadOptions {
  return {
    include: readInclude(given.include, defaults),
    consistency: readConsistency(given.consistency, capabilities),
  };
}
