const scratch = new Float32Array(1);

/** The shortest decimal that reads back to the same f32 (nine digits always do); −0 keeps its sign. */
export function f32Text(x: number): string {
  if (x === 0) return Object.is(x, -0) ? '-0' : '0';
  const exact = String(x);
  if (exact.length <= 8) return exact;
  for (const digits of [7, 8]) {
    const rounded = Number(x.toPrecision(digits));
    scratch[0] = rounded;
    if (scratch[0] === x) return String(rounded);
  }
  return String(Number(x.toPrecision(9)));
}
