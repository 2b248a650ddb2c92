import type { z } from 'zod';
import { badRequest } from './fault.ts';
import type { IndexData } from './index-data.ts';
import type { PineconeRecord, QueryVectors } from './namespace-data.ts';
import { checkedSparse, type SparseVector, type sparseSchema } from './sparse.ts';

/** The vectors in a query's body. */
interface GivenVectors {
  readonly vector?: readonly number[] | null | undefined;
  readonly sparseVector?: z.infer<typeof sparseSchema> | null | undefined;
}

/** The vectors of a record or of a change to one, as far as they are given. @throws 400 for what the index does not hold */
export function vectorsOf(
  dense: readonly number[] | null | undefined,
  sparse: z.infer<typeof sparseSchema> | null | undefined,
  index: IndexData,
  use: 'record' | 'query',
): { values?: Float32Array; sparse?: SparseVector } {
  const { vectorType, metric } = index.entry;
  const isDense = dense != null && dense.length > 0;
  if (isDense && vectorType === 'sparse') throw badRequest('Dense values cannot be stored in a sparse index');
  // The service holds them in any index, and searches by them under one metric.
  if (use === 'query' && sparse != null && metric !== 'dotproduct')
    throw badRequest(`Index configuration does not support sparse values: its metric is ${metric}, not dotproduct`);
  const values = isDense ? checkedVector(dense, index) : undefined;
  if (values !== undefined && (use === 'record' || metric === 'cosine')) checkNotZero(values);
  return {
    ...(values !== undefined && { values }),
    ...(sparse != null && { sparse: checkedSparse(sparse) }),
  };
}

/** What a query brings to be compared with. @throws 400 */
export function queryVectors(body: GivenVectors, index: IndexData): QueryVectors {
  const { values: dense, sparse } = vectorsOf(body.vector, body.sparseVector, index, 'query');
  if (index.entry.vectorType === 'dense' && dense === undefined)
    throw badRequest('A query of a dense index needs a dense vector');
  return { ...(dense && { dense }), ...(sparse && { sparse }) };
}

/** To search by a record that is there; by none nothing is found. */
export function vectorsOfRecord(record: PineconeRecord | undefined, { entry }: IndexData): QueryVectors {
  if (record === undefined) return {};
  const { values, sparse } = record;
  return {
    ...(values.length > 0 && { dense: values }),
    ...(sparse !== undefined && entry.metric === 'dotproduct' && { sparse }),
  };
}

function checkedVector(given: readonly number[], { entry }: IndexData): Float32Array {
  if (given.length !== entry.dimension) {
    throw badRequest(`Vector dimension ${given.length} does not match the dimension of the index ${entry.dimension}`);
  }
  const vector = Float32Array.from(given);
  if (!vector.every(Number.isFinite)) throw badRequest('Vector values must be finite in single precision');
  return vector;
}

/** Records have some direction; so have queries where only that counts. @throws 400 */
function checkNotZero(vector: Float32Array): void {
  if (!vector.some((x) => Math.abs(x) >= 1e-8))
    throw badRequest('Dense vectors must contain at least one non-zero value');
}
