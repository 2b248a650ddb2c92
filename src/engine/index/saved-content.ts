import type { ResolvedIndex, VectorIndex, VectorIndexProvider, VectorSource } from './vector-index.ts';

/** The bytes of a saved index, from the first to the last. They may be damaged until `verify` has said otherwise. */
export interface SavedContent {
  readonly byteLength: number;
  /**
   * Fills `target` with what comes next.
   *
   * @throws `Corruption` where there is not so much.
   */
  read(target: Uint8Array): Promise<void>;
  /** @throws `Corruption` unless everything has been read, and is as it was written. */
  verify(): void;
}

/** What comes next, in memory of its own. */
export async function readNext(content: SavedContent, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await content.read(bytes);
  return bytes;
}

/**
 * An index from a file: verified, whatever the provider reads it into.
 *
 * @throws as {@link VectorIndexProvider.load} does; `Corruption`.
 */
export async function loadVerified(
  provider: VectorIndexProvider,
  content: SavedContent,
  resolved: ResolvedIndex,
  vectors: VectorSource,
): Promise<VectorIndex> {
  const index = await provider.loadFrom?.(content, resolved, vectors);
  if (index === undefined) {
    const bytes = await readNext(content, content.byteLength);
    content.verify();
    return provider.load(bytes, resolved, vectors);
  }
  try {
    content.verify();
  } catch (error) {
    index.dispose();
    throw error;
  }
  return index;
}
