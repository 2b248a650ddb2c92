import { type Json, list, object } from '../body.ts';
import { readParts } from '../parts.ts';
import type { Scope } from './query.ts';
import { readQuery } from './read.ts';
import { run } from './run.ts';
import { shownHit } from './show.ts';

/** `points/query`: the answer's points. */
export function queryPoints(body: Json, scope: Scope, place = 'internal'): Json[] {
  const asked = readQuery(body, scope, place);
  const show = readParts(body, { payload: false }, scope.collection.schema);
  return run(asked, scope).map((hit) => shownHit(hit, show(hit.point)));
}

/** The `searches` of a batch, one after another. */
export function batch<T>(body: Json, each: (search: Json) => T): T[] {
  return list(body.searches, 'searches').map((search) => each(object(search, 'struct SearchRequest')));
}
