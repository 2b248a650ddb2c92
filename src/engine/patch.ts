import type { DriverPatch } from '../driver.ts';
import type { Segments } from '../filter/path.ts';
import type { Payload } from '../types.ts';
import { isPlainObject, setOwn } from '../validate/payload.ts';

/** A payload after a patch: top-level keys set (or all replaced), then paths removed. The payload itself stays as it is. */
export function patched(payload: Payload, { mode, set, unset }: DriverPatch): Payload {
  const result: Record<string, unknown> = mode === 'replace' ? {} : copyTop(payload);
  for (const key of Object.keys(set)) setOwn(result, key, set[key]);
  return unset.reduce<Record<string, unknown>>(without, result) as Payload;
}

/** A copy without a path; only the objects on the way are copied. A path that is not there changes nothing. */
function without(object: Record<string, unknown>, [key, ...rest]: Segments): Record<string, unknown> {
  if (key === undefined || !Object.hasOwn(object, key)) return object;
  const copy = copyTop(object);
  const inner = object[key];
  if (rest.length === 0) delete copy[key];
  else if (isPlainObject(inner)) setOwn(copy, key, without(inner, rest));
  return copy;
}

function copyTop(object: Record<string, unknown> | Payload): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(object)) setOwn(copy, key, object[key]);
  return copy;
}
