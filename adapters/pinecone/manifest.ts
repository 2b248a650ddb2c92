import { z } from 'zod';
import { unsupported, VectorStoreError } from '../../src/errors.ts';
import type { FieldType, IndexSpec } from '../../src/types.ts';

/** What this library knows of an index beside what the service does; kept in the index's tags. */
export interface Manifest {
  readonly fields: { readonly [field: string]: FieldType };
  readonly ignoredHints: readonly string[];
}

const schema = z.strictObject({
  format: z.literal(1),
  // Pairs, so that a field may be called __proto__.
  fields: z.array(z.tuple([z.string(), z.enum(['keyword', 'number', 'boolean', 'datetime', 'text'])])),
  ignoredHints: z.array(z.string()),
});

/** The service takes 20 tags of 120 printable characters; two are left to the user. */
const partLength = 120;
const mostParts = 18;
const partName = (i: number) => `anyvec_${String(i).padStart(2, '0')}`;

/** The one index there is: the service builds and tunes it. */
export const managedIndex: IndexSpec = Object.freeze({ type: 'managed' });

/** @throws `Unsupported` where the declared fields do not fit. */
export function toTags(manifest: Manifest): Record<string, string> {
  const text = JSON.stringify({
    format: 1,
    fields: Object.entries(manifest.fields),
    ignoredHints: manifest.ignoredHints,
  });
  const ascii = text.replace(/[^\x21-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const parts = Math.ceil(ascii.length / partLength);
  if (parts > mostParts) {
    throw unsupported(
      'This collection',
      `its declared fields take ${ascii.length} characters, and the tags of an index hold ${mostParts * partLength}; declare fewer, or shorter paths`,
    );
  }
  return Object.fromEntries(
    Array.from({ length: parts }, (_, i) => [partName(i), ascii.slice(i * partLength, (i + 1) * partLength)]),
  );
}

/**
 * Undefined for an index that this library did not create.
 *
 * @throws `Corruption` where the tags are not what was written.
 */
export function fromTags(tags: { readonly [key: string]: string } | null | undefined): Manifest | undefined {
  if (tags == null || !Object.hasOwn(tags, partName(0))) return undefined;
  let text = '';
  for (let i = 0; Object.hasOwn(tags, partName(i)); i++) text += tags[partName(i)];
  try {
    const { fields, ignoredHints } = schema.parse(JSON.parse(text));
    return { fields: Object.fromEntries(fields), ignoredHints };
  } catch {
    throw new VectorStoreError(
      'Corruption',
      'the tags anyvec_00 … of the index are not what was written when it was created; restore them',
    );
  }
}
