import { refusal, requireSupport } from '../capabilities.ts';
import type { CollectionDriver, DriverPatch } from '../driver.ts';
import { invalid, unsupported } from '../errors.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { formatPath, parsePath, valueAt } from '../filter/path.ts';
import type { Id, Payload } from '../types.ts';
import { validateId } from '../validate/identifiers.ts';
import { checkedOptions, wordOption } from '../validate/options.ts';
import { checkDeclaredFields, copyPayload } from '../validate/payload.ts';
import { shown } from '../validate/text.ts';
import { readFilter } from './queries.ts';
import { payloadText, preparePayload, type RecordRules } from './records.ts';

/** What a delete or setPayload is about. */
export type Target = { readonly ids: readonly Id[] } | { readonly filter: FilterNode } | { readonly all: true };

/** One id or an array of ids; duplicates kept. */
export function readIds(value: string | readonly unknown[], collection: CollectionDriver, place: string): Id[] {
  const { limits } = collection.capabilities;
  if (typeof value === 'string') return [validateId(value, limits, place)];
  return Array.from(value, (id, i) => validateId(id, limits, `${place}[${i}]`));
}

/** @throws `InvalidArgument` for a filter that is always true: everything must be said in so many words. */
export function readTarget(value: unknown, collection: CollectionDriver, mayBeAll: boolean): Target {
  if (typeof value === 'string' || Array.isArray(value))
    return { ids: [...new Set(readIds(value, collection, 'target'))] };
  const forms = mayBeAll
    ? 'an id, an array of ids, { filter } or { all: true }'
    : 'an id, an array of ids or { filter }';
  if (typeof value !== 'object' || value === null) throw invalid('target', `${forms}, not ${shown(value)}`);
  const given = checkedOptions(value, mayBeAll ? ['filter', 'all'] : ['filter'], 'target') as {
    filter?: unknown;
    all?: unknown;
  };
  if (Object.keys(given).length !== 1) throw invalid('target', forms);
  if ('all' in given) {
    if (given.all !== true) throw invalid('target.all', `true, not ${shown(given.all)}`);
    return { all: true };
  }
  if (given.filter === undefined) throw invalid('target.filter', 'a filter, not undefined');
  const filter = readFilter(given.filter, collection, 'target.filter');
  if (filter.kind === 'all') {
    throw invalid(
      'target.filter',
      `it matches every record; ${mayBeAll ? 'say { all: true } if that is meant' : 'name the ids, or a narrower filter'}`,
    );
  }
  return { filter };
}

/** A patch as an own, checked copy. */
export async function readPatch(
  patch: unknown,
  options: { mode?: unknown; unset?: unknown },
  rules: RecordRules,
): Promise<DriverPatch> {
  const { capabilities, info } = rules.collection;
  const mode = wordOption(options.mode, 'options.mode', ['merge', 'replace'], 'merge');
  if (mode === 'replace') requireSupport(capabilities.options.replacePayload, "setPayload({ mode: 'replace' })");
  const unset = readUnset(options.unset, rules);
  let set: Payload;
  if (mode === 'replace') {
    set = await preparePayload(patch, rules, 'patch');
  } else {
    set = copyPayload(patch, 'patch');
    checkDeclaredFields(set, info.fields, 'patch');
  }
  for (const path of unset) {
    if (valueAt(set, path) !== undefined)
      throw invalid('options.unset', `${formatPath(path)} is set by the patch as well`);
  }
  return { mode, set, json: payloadText(set, rules, 'patch'), unset };
}

function readUnset(unset: unknown, rules: RecordRules): DriverPatch['unset'] {
  if (unset === undefined) return [];
  if (!Array.isArray(unset)) throw invalid('options.unset', `an array of paths, not ${shown(unset)}`);
  const reason = refusal(rules.collection.capabilities.options.unset);
  if (reason !== undefined && unset.length > 0) throw unsupported('setPayload({ unset })', reason);
  return Array.from(unset, (path: unknown, i) => {
    if (typeof path !== 'string') throw invalid(`options.unset[${i}]`, `a path, not ${shown(path)}`);
    return parsePath(path, `options.unset[${i}]`);
  });
}
