import { malformed } from './errors.ts';

/** A step of a path: a key, one element, or all elements of an array. */
type Step = { readonly key: string } | { readonly at: number } | 'each';

/** A parsed path, with its canonical spelling. */
export interface JsonPath {
  readonly text: string;
  readonly steps: readonly Step[];
}

const token = /(?:([\p{L}\p{N}_-]+)|"([^"\\]*)")((?:\[\d*\])*)/uy;

/** @throws 400 for a path that Qdrant cannot read: a key with `"` or `\` cannot be said at all. */
export function parseJsonPath(text: string): JsonPath {
  const steps: Step[] = [];
  for (let at = 0; ; at++) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) throw malformed(`Invalid json path: '${text}'`);
    steps.push({ key: found[1] ?? found[2] ?? '' });
    for (const [, index] of (found[3] ?? '').matchAll(/\[(\d*)\]/g))
      steps.push(index === '' ? 'each' : { at: Number(index) });
    at += found[0].length;
    if (at === text.length) return { text: spelled(steps), steps };
    if (text[at] !== '.') throw malformed(`Invalid json path: '${text}'`);
  }
}

function spelled(steps: readonly Step[]): string {
  return steps
    .map((step) =>
      step === 'each'
        ? '[]'
        : 'at' in step
          ? `[${step.at}]`
          : `.${/^[\p{L}\p{N}_-]+$/u.test(step.key) ? step.key : `"${step.key}"`}`,
    )
    .join('')
    .slice(1);
}

/** The key of a path that is one key of the top level; undefined for another. */
export function plainKey({ steps }: JsonPath): string | undefined {
  const [step] = steps;
  return steps.length === 1 && step !== undefined && step !== 'each' && 'key' in step ? step.key : undefined;
}

/** All values at a path: none where it is missing, several where it steps through arrays. */
export function valuesAt(payload: unknown, { steps }: JsonPath): unknown[] {
  let values = [payload];
  for (const step of steps) values = values.flatMap((value) => stepInto(value, step));
  return values;
}

function stepInto(value: unknown, step: Step): unknown[] {
  if (step === 'each') return Array.isArray(value) ? value : [];
  if ('at' in step) return Array.isArray(value) && step.at < value.length ? [value[step.at]] : [];
  return isRecord(value) && Object.hasOwn(value, step.key) ? [value[step.key]] : [];
}

/** The payload with `set` merged into the object at a path, which is made where it is missing. The payload itself stays. */
export function mergedAt(payload: unknown, steps: JsonPath['steps'], set: Record<string, unknown>): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return merged(isRecord(payload) ? payload : {}, set);
  // Where an array should be and is not, an empty one takes the place of what is there.
  if (step === 'each') return Array.isArray(payload) ? payload.map((element) => mergedAt(element, rest, set)) : [];
  if ('at' in step)
    return Array.isArray(payload)
      ? payload.map((element, at) => (at === step.at ? mergedAt(element, rest, set) : element))
      : [];
  const object = isRecord(payload) ? payload : {};
  return withKey(object, step.key, mergedAt(Object.hasOwn(object, step.key) ? object[step.key] : undefined, rest, set));
}

/** Keys set one by one; null removes a key. */
export function merged(payload: Record<string, unknown>, set: Record<string, unknown>): Record<string, unknown> {
  const result = copyOf(payload);
  for (const [key, value] of Object.entries(set)) {
    if (value === null) delete result[key];
    else define(result, key, value);
  }
  return result;
}

/** The payload without what stands at a path. */
export function withoutPath(payload: unknown, steps: JsonPath['steps']): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return payload;
  if (step === 'each')
    return Array.isArray(payload)
      ? rest.length === 0
        ? []
        : payload.map((element) => withoutPath(element, rest))
      : payload;
  if ('at' in step) {
    if (!Array.isArray(payload)) return payload;
    return rest.length === 0
      ? payload.filter((_, at) => at !== step.at)
      : payload.map((element, at) => (at === step.at ? withoutPath(element, rest) : element));
  }
  if (!isRecord(payload) || !Object.hasOwn(payload, step.key)) return payload;
  if (rest.length > 0) return withKey(payload, step.key, withoutPath(payload[step.key], rest));
  const result = copyOf(payload);
  delete result[step.key];
  return result;
}

function withKey(object: Record<string, unknown>, key: string, value: unknown): Record<string, unknown> {
  const result = copyOf(object);
  define(result, key, value);
  return result;
}

/** Assignment would change the prototype for the key `__proto__`. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function copyOf(object: Record<string, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(object)) define(copy, key, object[key]);
  return copy;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parts of a payload at some paths (`keep`), or the payload without them. Paths pass through arrays. */
export function project(
  payload: Record<string, unknown>,
  paths: readonly JsonPath[],
  keep: boolean,
): Record<string, unknown> {
  const keys = paths.map(({ steps }) => steps.flatMap((step) => (step !== 'each' && 'key' in step ? [step.key] : [])));
  return projectObject(payload, keys, keep);
}

function projectObject(
  object: Record<string, unknown>,
  paths: readonly (readonly string[])[],
  keep: boolean,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const inner = paths.filter(([first]) => first === key).map((path) => path.slice(1));
    const whole = inner.some((path) => path.length === 0);
    if (keep ? inner.length === 0 : whole) continue;
    define(result, key, whole || inner.length === 0 ? object[key] : projectValue(object[key], inner, keep));
  }
  return result;
}

function projectValue(value: unknown, paths: readonly (readonly string[])[], keep: boolean): unknown {
  if (Array.isArray(value)) return value.map((element) => projectValue(element, paths, keep));
  return isRecord(value) ? projectObject(value, paths, keep) : value;
}
