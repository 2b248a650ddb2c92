import { z } from 'zod';

/** Settings of {@link ColumnOptions}, for the schema of a configuration. */
export const columnSchema = {
  id: z.string().optional(),
  vector: z.string().optional(),
  payload: z.string().optional(),
  namespace: z.string().optional(),
  metric: z.enum(['cosine', 'dot', 'euclidean']).optional(),
};
