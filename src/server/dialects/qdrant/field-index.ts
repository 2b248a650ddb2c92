import { flag, isObject, type Json, optional, text } from './body.ts';
import { parseMicros } from './datetime.ts';
import { invalidBody, malformed } from './errors.ts';
import { geoPointOf } from './geo.ts';
import { canonicalUuid } from './ids.ts';
import { parseJsonPath } from './json-path.ts';
import { type Analyzer, defaultAnalyzer, readAnalyzer } from './text-analysis.ts';

export const indexTypes = ['keyword', 'integer', 'float', 'bool', 'geo', 'datetime', 'text', 'uuid'] as const;
export type IndexType = (typeof indexTypes)[number];

/** A payload index as it is kept: what it was asked for. */
export interface IndexConfig {
  readonly type: IndexType;
  readonly params?: Json;
}

/** A payload index as filters see it. */
export interface FieldIndex extends IndexConfig {
  /** How texts are taken apart; of type `text` only. */
  readonly analyzer?: Analyzer;
}

/** The payload indexes of a collection, by the canonical spelling of their paths. */
export type FieldIndexes = ReadonlyMap<string, FieldIndex>;

export function fieldIndexes(configs: { readonly [field: string]: IndexConfig }): FieldIndexes {
  return new Map(
    Object.entries(configs).map(([field, config]) => [
      parseJsonPath(field).text,
      config.type === 'text'
        ? { ...config, analyzer: config.params === undefined ? defaultAnalyzer : readAnalyzer(config.params) }
        : config,
    ]),
  );
}

/** The payload index that a body asks for. */
export function readIndex(body: Json): { field: string; index: IndexConfig } {
  const field = text(body.field_name, 'field_name');
  parseJsonPath(field);
  const schema = body.field_schema ?? body.field_type;
  if (schema === undefined || schema === null) throw malformed('missing field `field_schema`');
  const type = isObject(schema) ? schema.type : schema;
  const known = indexTypes.find((name) => name === type);
  if (known === undefined) throw malformed('data did not match any variant of untagged enum PayloadFieldSchema');
  if (!isObject(schema)) return { field, index: { type: known } };
  optional(schema.is_tenant, (value) => flag(value, 'is_tenant'));
  optional(schema.is_principal, (value) => flag(value, 'is_principal'));
  optional(schema.on_disk, (value) => flag(value, 'on_disk'));
  if (known === 'integer') readIntegerParams(schema);
  if (known === 'text') readAnalyzer(schema);
  return { field, index: { type: known, params: schema } };
}

function readIntegerParams({ lookup, range }: Json): void {
  optional(lookup, (value) => flag(value, 'lookup'));
  optional(range, (value) => flag(value, 'range'));
  if (lookup === false && range === false)
    throw invalidBody(
      "field_schema: Validation error: the 'lookup' and 'range' capabilities can't be both disabled [{}]",
    );
}

/** Whether an index of a type holds a value. */
export function isIndexed(type: IndexType, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return isInteger(value);
    case 'float':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'bool':
      return typeof value === 'boolean';
    case 'geo':
      return geoPointOf(value) !== undefined;
    case 'datetime':
      return typeof value === 'string' && parseMicros(value) !== undefined;
    case 'uuid':
      return typeof value === 'string' && canonicalUuid(value) !== undefined;
    default:
      return typeof value === 'string';
  }
}

/** A signed integer of 64 bits. */
export function isInteger(value: unknown): value is number | bigint {
  if (typeof value === 'bigint') return value >= -(2n ** 63n) && value < 2n ** 63n;
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}
