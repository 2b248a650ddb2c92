import { isObject, type Json, text } from '../body.ts';
import { malformed, QdrantError } from '../errors.ts';

/*
 * The endpoints that `points/query` took the place of: their bodies, as bodies of a query.
 */

/** `points/search`: a vector, perhaps with its name. */
export function fromSearch(body: Json): Json {
  const { vector, ...rest } = body;
  if (vector === undefined) throw malformed('missing field `vector`');
  if (!isObject(vector)) return { ...rest, query: vector };
  if (!('name' in vector) || !('vector' in vector))
    throw malformed('data did not match any variant of untagged enum NamedVectorStruct');
  return { ...rest, query: vector.vector, using: text(vector.name, 'name') };
}

/** `points/recommend`. */
export function fromRecommend({ positive, negative, strategy, using, ...rest }: Json): Json {
  return { ...rest, ...usingIn(using), query: { recommend: { positive, negative, strategy } } };
}

/** `points/discover`. */
export function fromDiscover({ target, context, using, ...rest }: Json): Json {
  const pairs = Array.isArray(context) && context.length > 0 ? context : undefined;
  if (target !== undefined && target !== null)
    return { ...rest, ...usingIn(using), query: { discover: { target, context: pairs ?? [] } } };
  if (pairs === undefined) throw new QdrantError(400, 'Bad request: target and/or context_pairs must be specified');
  return { ...rest, ...usingIn(using), query: { context: pairs } };
}

/** A name, or an object with one. */
function usingIn(using: unknown): Json {
  if (using === undefined || using === null) return {};
  return { using: isObject(using) ? text(using.name, 'name') : text(using, 'using') };
}
