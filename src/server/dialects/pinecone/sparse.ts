import { z } from 'zod';
import { badRequest } from './fault.ts';

/** A sparse vector as it is stored: indices ascending. */
export interface SparseVector {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

const mostValues = 2_048;

export const sparseSchema = z.looseObject({
  indices: z.array(
    z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
  ),
  values: z.array(z.number()),
});

/** @throws 400 */
export function checkedSparse({ indices, values }: z.infer<typeof sparseSchema>): SparseVector {
  if (indices.length === 0 || indices.length !== values.length)
    throw badRequest('Sparse vector must have as many indices as values, and at least one');
  if (indices.length > mostValues)
    throw badRequest(`Sparse vector has ${indices.length} values; at most ${mostValues} are supported`);
  if (new Set(indices).size !== indices.length) throw badRequest('Sparse vector indices must be unique');
  const pairs = indices.map((index, i) => [index, Math.fround(values[i]!)] as const).sort(([a], [b]) => a - b);
  if (!pairs.every(([, value]) => Number.isFinite(value)))
    throw badRequest('Sparse vector values must be finite in single precision');
  return { indices: pairs.map(([index]) => index), values: pairs.map(([, value]) => value) };
}

/** The dot product; undefined where no index is in both. */
export function sparseProduct(a: SparseVector | undefined, b: SparseVector | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  let product: number | undefined;
  for (let i = 0, j = 0; i < a.indices.length && j < b.indices.length; ) {
    const difference = a.indices[i]! - b.indices[j]!;
    if (difference === 0) product = (product ?? 0) + a.values[i++]! * b.values[j++]!;
    else if (difference < 0) i++;
    else j++;
  }
  return product;
}
