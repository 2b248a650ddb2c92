import { z } from 'zod';
import { VectorStoreError } from '../../errors.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { type FileSystem, readFile, replaceFile } from './filesystem.ts';

const manifestName = 'manifest';
const format = 'anyvec-collection';

const manifestSchema = z.strictObject({
  format: z.literal(format),
  version: z.literal(1),
  name: z.string(),
  dimension: z.int().positive(),
  metric: z.enum(['cosine', 'dot', 'euclidean']),
  fields: z.record(z.string(), z.enum(['keyword', 'number', 'boolean', 'datetime', 'text'])),
  index: z.looseObject({ type: z.string() }),
  ignoredHints: z.array(z.string()),
  /** Number of the log in force: `records-<generation>.log`. */
  generation: z.int().positive(),
});

/** What a collection directory says of itself. Swapped as a whole, so that it always names a complete log. */
export type Manifest = Omit<z.infer<typeof manifestSchema>, 'format' | 'version'>;

export async function writeManifest(fs: FileSystem, directory: string, manifest: Manifest): Promise<void> {
  await replaceFile(fs, directory, manifestName, sealEnvelope({ format, version: 1, ...manifest }, new Uint8Array(0)));
}

/** @throws `Corruption` */
export async function readManifest(fs: FileSystem, directory: string): Promise<Manifest> {
  const path = `${directory}/${manifestName}`;
  const { header } = openEnvelope(await readFile(fs, path), path);
  const parsed = manifestSchema.safeParse(header);
  if (!parsed.success)
    throw new VectorStoreError('Corruption', `${path} is no manifest: ${z.prettifyError(parsed.error)}`);
  const { format: _format, version: _version, ...manifest } = parsed.data;
  return manifest;
}

/** The log of a generation. */
export function logName(generation: number): string {
  return `records-${generation}.log`;
}
