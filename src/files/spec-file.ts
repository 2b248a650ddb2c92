import { z } from 'zod';
import type { IndexSpec } from '../types.ts';
import { corruptFile } from './corrupt.ts';
import type { FileSpec } from './row-store.ts';

const schema = z.strictObject({
  format: z.literal('anyvec-records'),
  version: z.literal(1),
  dimension: z.int().min(1).max(65_536),
  metric: z.enum(['cosine', 'dot', 'euclidean']),
  fields: z.record(z.string(), z.enum(['keyword', 'number', 'boolean', 'datetime', 'text'])),
  index: z.looseObject({ type: z.string() }),
  ignoredHints: z.array(z.string()),
});

/** What a collection's files say of it, as JSON text. */
export function specText({ dimension, metric, fields, index, ignoredHints }: FileSpec): string {
  return JSON.stringify({ format: 'anyvec-records', version: 1, dimension, metric, fields, index, ignoredHints });
}

/** @throws `Corruption` */
export function readSpec(text: string, place: string): FileSpec {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw corruptFile(place, 'it is no JSON');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw corruptFile(place, z.prettifyError(parsed.error));
  const { format: _format, version: _version, index, ...spec } = parsed.data;
  return { ...spec, index: index as IndexSpec };
}
