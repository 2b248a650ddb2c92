/** Versions against ranges of the form `>=1.2 <3`, the only one that this package's own manifest uses. */

/** Whether a version is in the range. A pre-release counts as what it comes before. @throws TypeError for any other form of range. */
export function satisfies(version: string, range: string): boolean {
  return range.split(/\s+/).every((part) => {
    const [, operator, bound] = /^(>=|<)(\d+(?:\.\d+){0,2})$/.exec(part) ?? [];
    if (bound === undefined) throw new TypeError(`a range like >=1.2 <3, not ${JSON.stringify(range)}`);
    const order = compare(version, bound);
    return operator === '<' ? order < 0 : order >= 0;
  });
}

function compare(version: string, bound: string): number {
  const [ours, theirs] = [version, bound].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number));
  const differences = [0, 1, 2].map((at) => (ours![at] ?? 0) - (theirs![at] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
