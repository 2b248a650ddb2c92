import type { CollectionDriver, DriverHybrid } from '../driver.ts';
import { invalid, unsupported } from '../errors.ts';
import { formatPath, parsePath } from '../filter/path.ts';
import { tokenize } from '../filter/tokenize.ts';
import type { FusionSettings } from '../fusion.ts';
import { compareIds } from '../score.ts';
import { checkedOptions, integerOption, wordOption } from '../validate/options.ts';
import { shown } from '../validate/text.ts';
import { validateVector } from '../validate/vector.ts';
import { rankingKeys, readRanking } from './queries.ts';

const mostTerms = 1_024;
const mostCandidates = 10_000;

/**
 * A hybrid search as the driver gets it.
 *
 * @throws `InvalidArgument` for a query or option that breaks a rule, and for a collection without a `text` field; `Unsupported` for more candidates
 *   than the backend gives.
 */
export function readHybrid(
  query: unknown,
  options: unknown,
  collection: CollectionDriver,
): { readonly driver: DriverHybrid; readonly ignoredHints: readonly string[] } {
  const given = checkedOptions(options, [...rankingKeys, 'fields', 'fusion', 'candidates'], 'options');
  const { text, terms, vector } = readQuery(query, collection);
  const [ranking, ignoredHints] = readRanking(given, collection);
  const most = collection.capabilities.limits.k;
  const usual = Math.min(mostCandidates, most, Math.max(4 * ranking.k, 50));
  const candidates = integerOption(given.candidates, 'options.candidates', ranking.k, mostCandidates, usual);
  if (candidates > most) throw unsupported(`candidates = ${candidates}`, `at most ${most} matches`);
  const driver = {
    ...ranking,
    ...{ text, terms },
    ...(vector && { vector }),
    fields: readFields(given.fields, collection),
    fusion: readFusion(given.fusion),
    candidates,
  };
  return { driver, ignoredHints };
}

function readQuery(
  query: unknown,
  { info }: CollectionDriver,
): { text: string; terms: string[]; vector: Float32Array | undefined } {
  if (query === undefined) throw invalid('query', 'an object, for example { text: "night sky" }');
  const { text, vector } = checkedOptions(query, ['text', 'vector'], 'query');
  if (typeof text !== 'string') throw invalid('query.text', `a text to rank by, not ${shown(text)}`);
  if (!text.isWellFormed()) throw invalid('query.text', 'it holds a lone surrogate');
  const terms = [...new Set(tokenize(text))].sort(compareIds);
  if (terms.length > mostTerms)
    throw invalid('query.text', `at most ${mostTerms} different terms, not ${terms.length}`);
  const checked =
    vector === undefined ? undefined : validateVector(vector, info.dimension, info.metric, 'query.vector');
  return { text, terms, vector: checked };
}

function readFields(value: unknown, { info }: CollectionDriver): DriverHybrid['fields'] {
  const declared = Object.keys(info.fields).filter((field) => info.fields[field] === 'text');
  if (declared.length === 0)
    throw invalid('query.text', "the collection declares no text field; create it with fields: { title: 'text' }");
  if (value === undefined) return declared.sort(compareIds).map((field) => ({ field, weight: 1 }));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('options.fields', `an object of weights by field, not ${shown(value)}`);
  const weights = new Map<string, number>();
  for (const [path, weight] of Object.entries(value)) {
    if (weight === undefined) continue;
    const place = `options.fields[${JSON.stringify(path)}]`;
    const field = formatPath(parsePath(path, 'options.fields'));
    if (!declared.includes(field)) throw invalid(place, `not declared as text; declared are ${declared.join(', ')}`);
    if (weights.has(field)) throw invalid(place, 'given twice, in two spellings');
    weights.set(field, readWeight(weight, place));
  }
  if (weights.size === 0) throw invalid('options.fields', 'no field; leave it out to rank by all');
  const sorted = [...weights].sort(([a], [b]) => compareIds(a, b));
  return sorted.map(([field, weight]) => ({ field, weight }));
}

function readWeight(weight: unknown, place: string): number {
  if (typeof weight === 'number' && weight >= 1e-6 && weight <= 1e6) return weight;
  throw invalid(
    place,
    `a weight from 0.000001 to 1,000,000, not ${shown(weight)}; leave out a field that does not count`,
  );
}

function readFusion(value: unknown): FusionSettings {
  const { type, rankConstant, vectorWeight } = checkedOptions(
    value,
    ['type', 'rankConstant', 'vectorWeight'],
    'options.fusion',
  );
  const chosen = wordOption(type, 'options.fusion.type', ['rrf', 'weighted'], 'rrf');
  if (chosen === 'rrf') {
    if (vectorWeight !== undefined) throw invalid('options.fusion.vectorWeight', "has no meaning under 'rrf'");
    return { type: 'rrf', rankConstant: integerOption(rankConstant, 'options.fusion.rankConstant', 1, 10_000, 60) };
  }
  if (rankConstant !== undefined) throw invalid('options.fusion.rankConstant', "has no meaning under 'weighted'");
  if (vectorWeight === undefined) return { type: 'weighted', vectorWeight: 0.5 };
  if (typeof vectorWeight === 'number' && vectorWeight >= 0 && vectorWeight <= 1)
    return { type: 'weighted', vectorWeight };
  throw invalid('options.fusion.vectorWeight', `a number from 0 to 1, not ${shown(vectorWeight)}`);
}
