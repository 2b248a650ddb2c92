import { utf8Length } from '../../../validate/text.ts';
import { badRequest } from './fault.ts';
import type { PineconeQuirks } from './quirks.ts';

export type MetadataValue = string | number | boolean | readonly string[];
export type Metadata = { readonly [key: string]: MetadataValue };

/** Most bytes of one record's metadata. */
const maximumBytes = 40 * 1024;

/**
 * Metadata as it is stored: flat, of strings, numbers, booleans and lists of strings.
 *
 * @throws 400
 */
export function readMetadata(given: object, quirks: PineconeQuirks): Metadata {
  const entries = Object.entries(given).flatMap(([key, value]: [string, unknown]) => {
    if (key.startsWith('$')) throw badRequest(`Metadata key cannot begin with '$': ${JSON.stringify(key)}`);
    const stored = readValue(value, key, quirks);
    return stored === undefined ? [] : [[key, stored] as const];
  });
  const metadata = Object.fromEntries(entries);
  checkMetadataSize(metadata);
  return metadata;
}

export function checkMetadataSize(metadata: Metadata): void {
  const bytes = utf8Length(JSON.stringify(metadata));
  if (bytes > maximumBytes) {
    throw badRequest(`Metadata size is ${bytes} bytes, which exceeds the limit of ${maximumBytes} bytes per vector`);
  }
}

/** Undefined: passed over. */
function readValue(value: unknown, key: string, quirks: PineconeQuirks): MetadataValue | undefined {
  const refuse = () =>
    badRequest(
      `Metadata value must be a string, number, boolean or list of strings, got ${JSON.stringify(value)} for field ${JSON.stringify(key)}`,
    );
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === null && quirks.nullMetadata === 'drop') return undefined;
  if (!Array.isArray(value) || !isStrings(value)) throw refuse();
  if (value.length === 0) {
    if (quirks.emptyList === 'refuse') throw refuse();
    return undefined;
  }
  return value.length === 1 && quirks.listOfOne === 'scalar' ? value[0] : value;
}

function isStrings(value: readonly unknown[]): value is readonly string[] {
  return value.every((element) => typeof element === 'string');
}
