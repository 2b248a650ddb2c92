/** Node only. Compares two unordered streams of ids and digests in bounded memory: by buckets on disk, one after another. */

import { hash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Id } from '../types.ts';
import { digestBytes } from './digest.ts';

/** Records per bucket: what is in memory at once, about 4 MB. Beyond {@link mostBuckets} times as many, buckets grow. */
const bucketRecords = 16_384;
const mostBuckets = 1_024;
/** Bytes of a bucket that wait to be appended to its file. */
const waitingBytes = 16 * 1024;
/** Two digests, as `recordDigest` gives them. */
const digestLength = 2 * digestBytes;

/** How an id turned out. `digest` of a matched one differs in payload, vector, or both; undefined if it is equal. */
export interface Comparison {
  readonly id: Id;
  readonly outcome: 'equal' | 'different' | 'missing' | 'extra' | 'duplicate';
  /** Of the wanted one, where there is one. */
  readonly wanted?: string;
  readonly found?: string;
}

/** What is wanted and what was found, with one entry for each record. */
export class Partition {
  readonly #buckets: number;
  readonly #parent: string;
  #directory: string | undefined;
  readonly #waiting = new Map<string, Waiting>();

  /** @param records About how many there are on one side. */
  constructor(records: number, parent: string = tmpdir()) {
    this.#buckets = Math.max(1, Math.min(mostBuckets, Math.ceil(records / bucketRecords)));
    this.#parent = parent;
  }

  async add(side: 'wanted' | 'found', id: Id, digest: string): Promise<void> {
    const text = Buffer.from(id, 'utf8');
    const file = `${side}-${this.#bucketOf(text)}`;
    const waiting = this.#waiting.get(file) ?? { bytes: Buffer.alloc(1_024), length: 0 };
    this.#waiting.set(file, waiting);
    enter(waiting, text, digest);
    // A single bucket is in memory at once anyway.
    if (this.#buckets === 1 || waiting.length < waitingBytes) return;
    this.#directory ??= await mkdtemp(join(this.#parent, 'anyvec-verify-'));
    await appendFile(join(this.#directory, file), waiting.bytes.subarray(0, waiting.length));
    waiting.length = 0;
  }

  /** Every id once for each of its outcomes. */
  async *compared(): AsyncGenerator<Comparison, void, undefined> {
    for (let bucket = 0; bucket < this.#buckets; bucket++) {
      const wanted = new Map<Id, string>();
      for (const [id, digest] of await this.#entries(`wanted-${bucket}`)) {
        if (wanted.has(id)) yield { id, outcome: 'duplicate', wanted: digest };
        else wanted.set(id, digest);
      }
      const seen = new Set<Id>();
      for (const [id, digest] of await this.#entries(`found-${bucket}`)) {
        const expected = wanted.get(id);
        if (seen.has(id)) yield { id, outcome: 'duplicate', found: digest };
        else if (expected === undefined) yield { id, outcome: 'extra', found: digest };
        else yield { id, outcome: expected === digest ? 'equal' : 'different', wanted: expected, found: digest };
        seen.add(id);
      }
      for (const [id, digest] of wanted) if (!seen.has(id)) yield { id, outcome: 'missing', wanted: digest };
    }
  }

  async dispose(): Promise<void> {
    this.#waiting.clear();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }

  #bucketOf(id: Buffer): number {
    return this.#buckets === 1 ? 0 : hash('sha256', id, 'buffer').readUInt32LE(0) % this.#buckets;
  }

  async #entries(file: string): Promise<Iterable<[Id, string]>> {
    const stored = this.#directory === undefined ? undefined : await readIfThere(join(this.#directory, file));
    const waiting = this.#waiting.get(file);
    return entriesIn([stored, waiting?.bytes.subarray(0, waiting.length)]);
  }
}

/** Entries on their way to a file: the length of the id, the digest, the id. */
interface Waiting {
  bytes: Buffer;
  length: number;
}

function enter(waiting: Waiting, text: Buffer, digest: string): void {
  const end = waiting.length + 4 + digestLength + text.length;
  if (end > waiting.bytes.length) {
    const larger = Buffer.alloc(Math.max(end, 2 * waiting.bytes.length));
    waiting.bytes.copy(larger, 0, 0, waiting.length);
    waiting.bytes = larger;
  }
  waiting.bytes.writeUInt32LE(text.length, waiting.length);
  waiting.bytes.write(digest, waiting.length + 4, 'latin1');
  text.copy(waiting.bytes, waiting.length + 4 + digestLength);
  waiting.length = end;
}

function* entriesIn(parts: readonly (Buffer | undefined)[]): Generator<[Id, string], void, undefined> {
  for (const bytes of parts)
    for (let at = 0; bytes !== undefined && at < bytes.length; ) {
      const textAt = at + 4 + digestLength;
      const end = textAt + bytes.readUInt32LE(at);
      yield [bytes.toString('utf8', textAt, end), bytes.toString('latin1', at + 4, textAt)];
      at = end;
    }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
