import { z } from 'zod';
import { VectorStoreError } from '../../errors.ts';
import { parseOnce } from '../../validate/parse-once.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { type FileSystem, readFile, replaceFile } from './filesystem.ts';
import { snapshotSeal } from './snapshot.ts';

/** Name of the file. */
export const manifestName = 'manifest';
const format = 'anyvec-collection';

const manifestSchema = z.strictObject({
  format: z.literal(format),
  version: z.literal(2),
  /** Drawn by lot when the collection was created: tells its files from another's. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  name: z.string(),
  dimension: z.int().positive(),
  metric: z.enum(['cosine', 'dot', 'euclidean']),
  fields: z.record(z.string(), z.enum(['keyword', 'number', 'boolean', 'datetime', 'text'])),
  index: z.looseObject({ type: z.string() }),
  ignoredHints: z.array(z.string()),
  /** Number of the log in force (`records-<generation>.log`), and of the snapshot. */
  generation: z.int().positive(),
  /** How many bytes of that log were durable when this was written: from there on it may end at any byte, but not before. */
  durable: z.int().nonnegative(),
  /** What the log goes on from: `snapshot-<generation>`. None: from nothing. */
  snapshot: snapshotSeal.optional(),
});

/** What a collection directory says of itself. Swapped as a whole, so that it always names a complete log. */
export type Manifest = Omit<z.infer<typeof manifestSchema>, 'format' | 'version'>;

export async function writeManifest(fs: FileSystem, directory: string, manifest: Manifest): Promise<void> {
  const content = await sealEnvelope({ format, version: 2, ...manifest }, []);
  await replaceFile(fs, directory, manifestName, content);
}

/** @throws `Corruption` */
export async function readManifest(fs: FileSystem, directory: string, name: string): Promise<Manifest> {
  const path = `${directory}/${manifestName}`;
  const { header } = openEnvelope(await readFile(fs, path), path);
  const parsed = manifestSchema.safeParse(header, parseOnce);
  if (!parsed.success)
    throw new VectorStoreError('Corruption', `${path} is no manifest: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.name !== name)
    throw new VectorStoreError('Corruption', `${path} belongs to the collection ${parsed.data.name}`);
  const { format: _format, version: _version, ...manifest } = parsed.data;
  return manifest;
}

/** The log of a generation. */
export function logName(generation: number): string {
  return `records-${generation}.log`;
}

/** The snapshot of a generation. */
export function snapshotName(generation: number): string {
  return `snapshot-${generation}`;
}

/** An identity that no other collection has. */
export function newIdentity(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
