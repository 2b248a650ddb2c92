import { VectorStoreError } from '../../src/errors.ts';
import { parseInstant } from '../../src/filter/datetime.ts';
import { formatPath, type Segments } from '../../src/filter/path.ts';
import type { FieldType, Payload } from '../../src/types.ts';
import { isPlainObject, setOwn } from '../../src/validate/payload.ts';
import { elementsKey, instantKey, isPlainKey, payloadKey, presentKey, tagged, valueKey } from './twins.ts';

/** Metadata as the service holds it: flat, no null, lists of strings only. */
export type MetadataValue = string | number | boolean | readonly string[];
export type Metadata = { readonly [key: string]: MetadataValue };

/**
 * A payload as metadata. What metadata can hold stands there under its own key, readable by everybody. Anything else gets twins that filters
 * can be compiled to, and beside them the whole payload as JSON text:
 *
 * | value at a path | metadata |
 * |---|---|
 * | string, number, boolean, list of strings, at a top-level key | the same key and value |
 * | the same at a nested path, or under a key with a reserved beginning | `_av.path` |
 * | any other array with scalars in it | `_av#path`: its scalars, tagged by type |
 * | object, array without scalars | `path` is listed in `_av?` |
 * | null | nothing |
 * | text of a field declared datetime | also `_av@path`: epoch milliseconds; an array of such also `_av#path` |
 *
 * Under `json` is the payload's text, written whenever a rule but the first was used; `force` writes it in any case.
 */
export function toMetadata(
  payload: Payload,
  json: string,
  fields: { readonly [field: string]: FieldType },
  force = false,
): Metadata {
  const encoder = new Encoder(fields);
  for (const key of Object.keys(payload)) encoder.add([key], payload[key]);
  return encoder.finish(json, force);
}

class Encoder {
  readonly #fields: { readonly [field: string]: FieldType };
  readonly #metadata: Record<string, unknown> = {};
  readonly #present: string[] = [];
  /** Whether the metadata alone gives the payload back. */
  #lossless = true;

  constructor(fields: { readonly [field: string]: FieldType }) {
    this.#fields = fields;
  }

  add(path: Segments, value: unknown): void {
    if (value === undefined) return;
    if (value === null) this.#lossless = false;
    else if (Array.isArray(value)) this.#addArray(path, value);
    else if (isPlainObject(value)) this.#addObject(path, value);
    else this.#addScalar(path, value);
  }

  #addScalar(path: Segments, value: unknown): void {
    this.#set(valueKey(path), value, path);
    if (typeof value !== 'string' || !this.#isDatetime(path)) return;
    const instant = parseInstant(value);
    if (instant !== undefined) this.#setTwin(instantKey(path), instant);
  }

  #addArray(path: Segments, value: readonly unknown[]): void {
    const isStrings = value.length > 0 && value.every((element) => typeof element === 'string');
    if (isStrings) {
      this.#set(valueKey(path), value, path);
      // Whether a list of one comes back as a list is not known of the service.
      if (value.length === 1) this.#lossless = false;
      if (!this.#isDatetime(path)) return;
    }
    const elements = value.flatMap((element) =>
      typeof element === 'string' || typeof element === 'number' || typeof element === 'boolean'
        ? [tagged(element)]
        : [],
    );
    if (elements.length > 0) this.#setTwin(elementsKey(path), [...new Set(elements)]);
    else this.#markPresent(path);
  }

  #addObject(path: Segments, value: Record<string, unknown>): void {
    this.#markPresent(path);
    for (const key of Object.keys(value)) this.add([...path, key], value[key]);
  }

  #markPresent(path: Segments): void {
    this.#present.push(formatPath(path));
    this.#lossless = false;
  }

  #set(key: string, value: unknown, path: Segments): void {
    setOwn(this.#metadata, key, value);
    if (path.length > 1 || !isPlainKey(path[0]!)) this.#lossless = false;
  }

  #setTwin(key: string, value: unknown): void {
    setOwn(this.#metadata, key, value);
    this.#lossless = false;
  }

  #isDatetime(path: Segments): boolean {
    const field = formatPath(path);
    return Object.hasOwn(this.#fields, field) && this.#fields[field] === 'datetime';
  }

  finish(json: string, force: boolean): Metadata {
    if (this.#present.length > 0) this.#metadata[presentKey] = this.#present;
    if (!this.#lossless || force) this.#metadata[payloadKey] = json;
    return this.#metadata as Metadata;
  }
}

/**
 * The payload of a record's metadata, also of one that another program wrote.
 *
 * @throws `Corruption` where the text of the payload is no JSON object.
 */
export function fromMetadata(metadata: Payload, id: string): Payload {
  const text = Object.hasOwn(metadata, payloadKey) ? metadata[payloadKey] : undefined;
  if (typeof text !== 'string') return metadata;
  try {
    const payload: unknown = JSON.parse(text);
    if (isPlainObject(payload)) return payload as Payload;
  } catch {
    // Said below, without the text.
  }
  throw new VectorStoreError(
    'Corruption',
    `the metadata key ${payloadKey} of a record does not hold the JSON text of its payload`,
    { ids: [id] },
  );
}
