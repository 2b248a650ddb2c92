/* The two directions along which vectors differ most. */

/** Places in the plane, and which shares of the variance the two axes hold. */
export interface Plane {
  readonly points: readonly (readonly [number, number])[];
  readonly explained: readonly [number, number];
}

const rounds = 60;
const enough = 1e-6;

/** Principal components by power iteration, from a fixed start: the same vectors give the same plane. */
export function principalPlane(vectors: readonly Float32Array[]): Plane {
  const dimension = vectors[0]?.length ?? 0;
  const centred = centre(vectors, dimension);
  const total = centred.reduce((sum, row) => sum + dot(row, row), 0);
  const first = component(centred, total, []);
  const second = component(centred, total, [first.direction]);
  const points = centred.map((row): [number, number] => [dot(row, first.direction), dot(row, second.direction)]);
  return { points, explained: total === 0 ? [0, 0] : [share(first.variance, total), share(second.variance, total)] };
}

const share = (variance: number, total: number) => Math.min(1, variance / total);

function centre(vectors: readonly Float32Array[], dimension: number): Float64Array[] {
  const mean = new Float64Array(dimension);
  for (const vector of vectors) for (let i = 0; i < dimension; i++) mean[i]! += vector[i]! / vectors.length;
  return vectors.map((vector) => Float64Array.from(vector, (value, i) => value - mean[i]!));
}

function component(rows: readonly Float64Array[], total: number, others: readonly Float64Array[]) {
  const dimension = rows[0]?.length ?? 0;
  // Not the same everywhere, so that no symmetry of the data keeps it from the answer.
  let direction = unit(
    apart(
      Float64Array.from({ length: dimension }, (_, i) => Math.cos(i + 1)),
      others,
    ),
  );
  for (let round = 0; round < rounds; round++) {
    const next = new Float64Array(dimension);
    for (const row of rows) {
      const along = dot(row, direction);
      for (let i = 0; i < dimension; i++) next[i]! += along * row[i]!;
    }
    const rest = apart(next, others);
    // What is left is rounding: all vectors lie on a line, or in a point.
    if (dot(rest, rest) <= 1e-18 * total ** 2) return { direction: new Float64Array(dimension), variance: 0 };
    const turned = unit(rest);
    const change = 1 - Math.abs(dot(turned, direction));
    direction = turned;
    if (change < enough) break;
  }
  return { direction, variance: rows.reduce((sum, row) => sum + dot(row, direction) ** 2, 0) };
}

/** What is left without the parts along `others`. */
function apart(vector: Float64Array, others: readonly Float64Array[]): Float64Array {
  return others.reduce((rest, other) => {
    const along = dot(rest, other);
    return rest.map((value, i) => value - along * other[i]!);
  }, vector);
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
