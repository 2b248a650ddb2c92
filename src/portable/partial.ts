const marks = new WeakMap<object, unknown>();

/** Notes beside a result that something is missing from it, and what. */
export function markPartial(result: object, what: unknown): void {
  marks.set(result, what);
}

/** What {@link markPartial} noted; undefined where the result is whole. */
export function partialMark(result: object): unknown {
  return marks.get(result);
}

/** A result that was made from another is as incomplete as that. */
export function inheritMark<T extends object>(from: object, to: T): T {
  if (marks.has(from)) marks.set(to, marks.get(from));
  return to;
}
