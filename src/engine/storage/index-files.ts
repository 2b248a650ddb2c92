import { z } from 'zod';
import { parseOnce } from '../../validate/parse-once.ts';
import type { SavedContent } from '../index/saved-content.ts';
import type { VectorIndex } from '../index/vector-index.ts';
import { OpenEnvelope, sealEnvelope } from './envelope.ts';
import { type FileSystem, replaceFile } from './filesystem.ts';

const fileName = /^index-(\d+)$/;

/** Says for which state of which partition an index was saved. */
const headerSchema = z.strictObject({
  collection: z.string(),
  namespace: z.string(),
  vectorVersion: z.int(),
  spec: z.string(),
});

/** A partition whose index is to be saved. */
export interface Indexed {
  readonly index: VectorIndex;
  readonly vectorVersion: number;
}

/** An index as it was found; nothing of it is verified yet. */
export interface SavedIndex {
  readonly path: string;
  /** Of the vectors it is an index of. */
  readonly vectorVersion: number;
}

/** The saved vector indexes of a collection, a file for each namespace. All can be made again from the vectors. */
export class IndexFiles {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #collection: string;
  /** Namespace to number of its file. */
  readonly #numbers = new Map<string, number>();
  readonly #saved = new Map<string, Indexed>();

  constructor(fs: FileSystem, directory: string, collection: string) {
    this.#fs = fs;
    this.#directory = directory;
    this.#collection = collection;
  }

  /**
   * All that are for these settings, by namespace.
   *
   * @param report Told of damaged ones, which are removed.
   */
  async read(spec: object, report: (path: string, error: unknown) => void): Promise<Map<string, SavedIndex>> {
    const found = new Map<string, SavedIndex>();
    for (const name of await this.#fs.list(this.#directory)) {
      const number = fileName.exec(name)?.[1];
      if (number === undefined) continue;
      const path = `${this.#directory}/${name}`;
      try {
        const { collection, namespace, vectorVersion, spec: savedFor } = await this.#headerOf(path);
        this.#numbers.set(namespace, Number(number));
        if (collection === this.#collection && savedFor === JSON.stringify(spec))
          found.set(namespace, { path, vectorVersion });
        else await this.check(path);
      } catch (error) {
        report(path, error);
        await this.#fs.remove(path);
      }
    }
    return found;
  }

  async #headerOf(path: string): Promise<z.infer<typeof headerSchema>> {
    const envelope = await OpenEnvelope.open(this.#fs, path);
    try {
      return headerSchema.parse(envelope.header, parseOnce);
    } finally {
      await envelope.close();
    }
  }

  /**
   * For a file that does not fit: one whose header is damaged does not, either, and somebody should know.
   *
   * @throws `Corruption`; then the file is gone.
   */
  check(path: string): Promise<void> {
    return this.#using(path, (envelope) => envelope.verifyRest());
  }

  /** Hands out the content of a file; one that cannot be used is removed. */
  open<T>(path: string, use: (content: SavedContent) => Promise<T>): Promise<T> {
    return this.#using(path, use);
  }

  async #using<T>(path: string, use: (envelope: OpenEnvelope) => Promise<T>): Promise<T> {
    const envelope = await OpenEnvelope.open(this.#fs, path);
    let isUsable = false;
    try {
      const result = await use(envelope);
      isUsable = true;
      return result;
    } finally {
      // Closed first: some systems remove no file that is open.
      await envelope.close();
      if (!isUsable) await this.#fs.remove(path);
    }
  }

  /** Notes that what is saved is this. */
  remember(namespace: string, { index, vectorVersion }: Indexed): void {
    this.#saved.set(namespace, { index, vectorVersion });
  }

  /** Saves an index unless it is as it was saved. */
  async save(namespace: string, spec: object, { index, vectorVersion }: Indexed): Promise<void> {
    const saved = this.#saved.get(namespace);
    if (saved !== undefined && saved.index === index && saved.vectorVersion === vectorVersion) return;
    const content = contentOf(index);
    if (content === undefined) return;
    const header = { collection: this.#collection, namespace, vectorVersion, spec: JSON.stringify(spec) };
    const number = this.#numbers.get(namespace) ?? Math.max(-1, ...this.#numbers.values()) + 1;
    await replaceFile(this.#fs, this.#directory, `index-${number}`, await sealEnvelope(header, content));
    this.#numbers.set(namespace, number);
    this.remember(namespace, { index, vectorVersion });
  }
}

function contentOf(index: VectorIndex): readonly Uint8Array[] | undefined {
  if (index.serializeInParts !== undefined) return index.serializeInParts();
  const bytes = index.serialize();
  return bytes && [bytes];
}
