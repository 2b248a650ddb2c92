/* Rows of a table as documents. */
import type { JsonValue } from 'anyvec';
import { VectorStoreError } from 'anyvec';
import { type Document, documentInput, toDocument } from '../documents.ts';

/** Which columns are what. Default: those of the same names. */
export interface Columns {
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly text?: string | undefined;
}

/** One row by its columns. */
export type Row = { readonly [column: string]: unknown };

/**
 * The document of a row; columns that are neither id, title nor text are its payload.
 *
 * @throws `InvalidArgument`, naming the place.
 */
export function rowDocument(row: Row, { id = 'id', title = 'title', text = 'text' }: Columns, place: string): Document {
  const { [id]: key, [title]: name, [text]: body, ...payload } = row;
  const given = {
    ...payload,
    ...(key !== undefined && { id: asText(key) }),
    ...(name !== undefined && { title: asText(name) }),
  };
  const checked = documentInput.safeParse({ ...given, text: body });
  if (checked.success) return toDocument(checked.data);
  const [issue] = checked.error.issues;
  const column = issue?.path[0] === 'text' ? `column ${text}: ` : '';
  throw new VectorStoreError('InvalidArgument', `${place}: ${column}${issue?.message ?? 'not a document'}`);
}

/** Numbers make good ids. */
const asText = (value: unknown) => (typeof value === 'number' || typeof value === 'bigint' ? String(value) : value);

/** A value as JSON has it: dates as RFC 3339, whole numbers as numbers, else text. */
export function jsonValue(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as Iterable<unknown>, jsonValue);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item)]));
}
