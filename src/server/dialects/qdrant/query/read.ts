import { flag, isObject, type Json, number, object, optional, unsigned } from '../body.ts';
import { invalidBody, malformed, notCovered, QdrantError, wrongInput } from '../errors.ts';
import { type Condition, readFilter } from '../filter.ts';
import { Examples } from './examples.ts';
import { readFormula } from './formula.ts';
import { readOrder } from './order.ts';
import type { Ask, Fusion, Query, Scope } from './query.ts';
import { usingOf, VectorQueries } from './vector-query.ts';

const deepest = 64;

/** Reads a query with its prefetches. @param place Where it stands in the body, for validation messages. */
export function readQuery(body: Json, scope: Scope, place: string, outer?: Condition, depth = 0): Query {
  if (depth > deepest) throw wrongInput(`prefetches depth ${depth} exceeds max depth ${deepest}`);
  const limit = optional(body.limit, unsigned) ?? 10;
  if (limit === 0) throw invalidBody(`${place}.limit: value 0 invalid, must be 1 or larger`);
  readParams(body.params, place);
  const offset = optional(body.offset, unsigned) ?? 0;
  const using = usingOf(body);
  const examples = new Examples(body, using, scope);
  const ask = readAsk(body, scope, using, examples, limit + offset);
  const filter = readFilter(body.filter, scope.collection.indexes, `${place}.filter`);
  const { named } = examples;
  // What a query asks of its points, it asks of those that it prefetches.
  const matches: Condition = (point) => !named.has(point.id) && filter(point) && (outer === undefined || outer(point));
  const given = body.prefetch ?? [];
  const prefetch = (Array.isArray(given) ? given : [given]).map((inner) =>
    readQuery(object(inner, 'struct Prefetch'), scope, `${place}.prefetch`, matches, depth + 1),
  );
  validate(ask, prefetch, body);
  return {
    ask,
    matches,
    threshold: optional(body.score_threshold, (value) => Math.fround(number(value, 'score_threshold'))),
    limit,
    offset,
    prefetch,
  };
}

/** Searches here are exact and look at every point, so that settings of an index have no effect. */
function readParams(value: unknown, place: string): void {
  const params = optional(value, (given) => object(given, 'struct SearchParams'));
  if (params === undefined) return;
  const ef = optional(params.hnsw_ef, unsigned);
  if (ef === 0) throw invalidBody(`${place}.params.hnsw_ef: value 0 invalid, must be 1 or larger`);
  optional(params.exact, (exact) => flag(exact, 'exact'));
  if (params.idf !== undefined && params.idf !== null) throw notCovered('params.idf');
}

function validate(ask: Ask, prefetch: readonly Query[], { using, score_threshold: threshold }: Json): void {
  const bad = (message: string) => new QdrantError(400, `Bad request: ${message}`);
  if (ask.kind === 'fusion' && using !== undefined && using !== null)
    throw bad("Fusion queries cannot be combined with the 'using' field.");
  if (ask.kind === 'ids' && threshold !== undefined && threshold !== null)
    throw bad("A query is needed to use the score_threshold. Can't have score_threshold without defining a query.");
  if (ask.kind === 'order' && threshold !== undefined && threshold !== null)
    throw bad("Can't use score_threshold with an order_by query.");
  if (prefetch.length > 0 && ask.kind === 'ids')
    throw bad("A query is needed to merge the prefetches. Can't have prefetches without defining a query.");
  if (prefetch.length === 0 && ask.kind === 'fusion') throw bad('cannot apply Fusion without prefetches');
  if (prefetch.length === 0 && ask.kind === 'formula') throw bad('cannot apply Formula without prefetches');
}

function readAsk(body: Json, scope: Scope, using: string, examples: Examples, limit: number): Ask {
  const { query } = body;
  if (query === undefined || query === null) return { kind: 'ids' };
  if (isObject(query)) {
    if ('fusion' in query) return { kind: 'fusion', fusion: readFusion(query.fusion) };
    if ('rrf' in query) return { kind: 'fusion', fusion: readRrf(object(query.rrf, 'struct Rrf')) };
    if ('order_by' in query) return { kind: 'order', order: readOrder(query.order_by, scope.collection) };
    if ('formula' in query) return { kind: 'formula', formula: readFormula(query, scope.collection.indexes) };
    if ('sample' in query) {
      if (query.sample !== 'random')
        throw malformed(`unknown variant \`${String(query.sample)}\`, expected \`random\``);
      return { kind: 'sample' };
    }
  }
  return new VectorQueries(scope.collection, using, examples).read(query, limit);
}

function readFusion(name: unknown): Fusion {
  if (name === 'rrf') return { method: 'rrf', k: 2, weights: undefined };
  if (name === 'dbsf') return { method: 'dbsf' };
  throw malformed(`unknown variant \`${String(name)}\`, expected \`rrf\` or \`dbsf\``);
}

function readRrf({ k, weights }: Json): Fusion {
  const constant = optional(k, unsigned) ?? 2;
  if (constant < 1) throw invalidBody('query.rrf.k: value 0 invalid, must be 1 or larger');
  const factors = optional(weights, (value) => {
    if (!Array.isArray(value)) throw malformed('invalid type: expected a sequence (weights)');
    return value.map((weight) => number(weight, 'weights'));
  });
  return { method: 'rrf', k: constant, weights: factors };
}
