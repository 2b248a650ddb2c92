/** What rotating two rows costs, in multiplications of 8-bit codes. */
const costPerComponent = 40;
/** What one product of f64 costs in JavaScript. */
const costPerProduct = 8;
const mostSweeps = 6;
/** Rows are perpendicular enough where the cosine between them is below this. */
const perpendicular = 1e-3;

/** What {@link principalAxes} costs, about. */
export function axesCost(points: number, width: number): number {
  return (points + width) * width * width * costPerProduct + (mostSweeps * costPerComponent * width ** 3) / 2;
}

/**
 * The principal axes of some vectors, one after another, the widest first: the eigenvectors of their covariance, by one-sided Jacobi rotations. Yields
 * the cost of each piece of work.
 *
 * @param at The numbers of one vector in which the axes are looked for.
 */
export function* principalAxes(
  points: number,
  width: number,
  at: (point: number) => Float32Array,
): Generator<number, { readonly axes: Float64Array; readonly variances: Float64Array }, void> {
  const rows = yield* covariance(points, width, at);
  const row = (i: number) => rows.subarray(i * width, (i + 1) * width);
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let turned = false;
    for (let p = 0; p < width - 1; p++) {
      for (let q = p + 1; q < width; q++) turned = makePerpendicular(row(p), row(q)) || turned;
      yield (width - p) * width * costPerComponent;
    }
    if (!turned) break;
  }
  // The rows are the eigenvectors now, each as long as its eigenvalue.
  const variances = Float64Array.from({ length: width }, (_, i) => Math.sqrt(product(row(i), row(i))));
  const order = Array.from(variances.keys()).sort((a, b) => variances[b]! - variances[a]!);
  const axes = new Float64Array(width * width);
  for (const [i, from] of order.entries()) {
    const axis = axes.subarray(i * width, (i + 1) * width);
    axis.set(row(from));
    // Rows that are perpendicular but for a little become so altogether.
    for (let j = 0; j < i; j++) {
      const other = axes.subarray(j * width, (j + 1) * width);
      const shadow = product(axis, other);
      for (let c = 0; c < width; c++) axis[c]! -= shadow * other[c]!;
    }
    const length = Math.sqrt(product(axis, axis));
    for (let c = 0; c < width; c++) axis[c]! /= length;
    yield 2 * i * width * costPerProduct;
  }
  return { axes, variances: Float64Array.from(order, (i) => variances[i]!) };
}

function* covariance(
  points: number,
  width: number,
  at: (point: number) => Float32Array,
): Generator<number, Float64Array, void> {
  const rows = new Float64Array(width * width);
  let trace = 0;
  for (let point = 0; point < points; point++) {
    const x = at(point);
    for (let i = 0; i < width; i++) {
      const xi = x[i]!;
      trace += xi * xi;
      for (let j = 0; j <= i; j++) rows[i * width + j]! += xi * x[j]!;
    }
    if (point % 16 === 15) yield 16 * width * width * costPerProduct;
  }
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < i; j++) rows[j * width + i] = rows[i * width + j]!;
    // No row is zero, so that each becomes an axis.
    rows[i * width + i]! += 1e-6 * (trace / width) + Number.MIN_VALUE * 2 ** 60;
  }
  return rows;
}

/** Turns two rows against each other so that they are perpendicular; false where they were. */
function makePerpendicular(a: Float64Array, b: Float64Array): boolean {
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  if (Math.abs(ab) <= perpendicular * Math.sqrt(aa * bb)) return false;
  const zeta = (bb - aa) / (2 * ab);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
  return true;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * Which axis comes to which place, so that all parts of a product code get the same share: the next widest axis goes to the part whose axes have
 * the least product, and that has room.
 *
 * @param variances Descending.
 * @param capacities Places of each part, in order.
 */
export function allotAxes(variances: Float64Array, capacities: readonly number[]): number[] {
  const places = capacities.map((): number[] => []);
  const weights = capacities.map(() => 0);
  for (const [axis, variance] of variances.entries()) {
    let best = -1;
    for (const [part, capacity] of capacities.entries()) {
      if (places[part]!.length === capacity) continue;
      if (best < 0 || weights[part]! < weights[best]!) best = part;
    }
    places[best]!.push(axis);
    weights[best]! += Math.log(Math.max(variance, Number.MIN_VALUE));
  }
  return places.flat();
}
