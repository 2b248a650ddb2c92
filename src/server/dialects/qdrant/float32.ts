const leastNormal = 2 ** -126;

/**
 * The double that prints as the shortest decimal which reads back as this f32: 0.19 for the f32 nearest to it, whose exact value would be printed
 * as 0.1899999976158142. Other values than f32 are rounded to one first.
 */
export function shortest(value: number): number {
  const single = Math.fround(value);
  if (Number.isInteger(single) && Math.abs(single) < 2 ** 24) return single;
  if (!Number.isFinite(single)) return single;
  // Six digits survive in any f32 that is not subnormal, and nine always suffice.
  for (let digits = Math.abs(single) < leastNormal ? 1 : 6; digits < 9; digits++) {
    const decimal = Number(single.toPrecision(digits));
    if (Math.fround(decimal) === single) return decimal;
  }
  return Number(single.toPrecision(9));
}
