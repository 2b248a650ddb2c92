import { flag, isObject, type Json, text } from './body.ts';
import type { Point } from './collection.ts';
import { malformed } from './errors.ts';
import { type JsonPath, parseJsonPath, project } from './json-path.ts';
import type { VectorSchema } from './vector-schema.ts';
import { paramsOf, shownVectors } from './vectors.ts';

/** What of a point is answered, as `with_payload` and `with_vector` (also spelled `with_vectors`) say. */
export function readParts(
  body: Json,
  defaults: { readonly payload: boolean },
  schema: VectorSchema,
): (point: Point) => Json {
  const payloadOf = readPayloadSelector(body.with_payload ?? defaults.payload);
  const vectors = readVectorSelector(body.with_vector ?? body.with_vectors ?? false);
  if (typeof vectors !== 'boolean') for (const name of vectors) paramsOf(schema, name);
  return (point) => ({
    ...(payloadOf !== undefined && { payload: payloadOf(point.payload) }),
    ...(vectors !== false && { vector: shownVectors(point.vectors, vectors) }),
  });
}

function readPayloadSelector(
  value: unknown,
): ((payload: Record<string, unknown>) => Record<string, unknown>) | undefined {
  if (typeof value === 'boolean') return value ? (payload) => payload : undefined;
  if (Array.isArray(value)) return projection(value, true);
  if (isObject(value) && Array.isArray(value.include)) return projection(value.include, true);
  if (isObject(value) && Array.isArray(value.exclude)) return projection(value.exclude, false);
  throw malformed('data did not match any variant of untagged enum WithPayloadInterface');
}

function projection(
  keys: readonly unknown[],
  keep: boolean,
): (payload: Record<string, unknown>) => Record<string, unknown> {
  const paths: JsonPath[] = keys.map((key) => parseJsonPath(text(key, 'key')));
  return (payload) => project(payload, paths, keep);
}

function readVectorSelector(value: unknown): readonly string[] | boolean {
  if (Array.isArray(value)) return value.map((name) => text(name, 'with_vector'));
  return flag(value, 'with_vector');
}
