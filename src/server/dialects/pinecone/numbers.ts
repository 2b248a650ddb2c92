/** Numbers in single precision with as few digits as say which they are, as the service prints them: 0.4, not 0.4000000059604645. */
export function shortest(values: Iterable<number>): number[] {
  return Array.from(values, shortestOf);
}

function shortestOf(value: number): number {
  if (Number.isInteger(value)) return value;
  for (const digits of [7, 8]) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
