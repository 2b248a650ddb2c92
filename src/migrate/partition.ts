/** Node only. Compares two unordered streams of ids and digests in bounded memory: by buckets on disk, one after another. */

import { hash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Id } from '../types.ts';
import { digestBytes } from './digest.ts';

/** Records per bucket: what is in memory at once, about 10 MB. Beyond {@link mostBuckets} times as many, buckets grow. */
const bucketRecords = 50_000;
const mostBuckets = 512;
/** Bytes of a bucket that wait to be appended to its file. */
const waitingBytes = 32 * 1024;
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
  readonly #waiting = new Map<string, { parts: Buffer[]; bytes: number }>();

  /** @param records About how many there are on one side. */
  constructor(records: number, parent: string = tmpdir()) {
    this.#buckets = Math.max(1, Math.min(mostBuckets, Math.ceil(records / bucketRecords)));
    this.#parent = parent;
  }

  async add(side: 'wanted' | 'found', id: Id, digest: string): Promise<void> {
    const text = Buffer.from(id, 'utf8');
    const entry = Buffer.alloc(4 + digestLength + text.length);
    entry.writeUInt32LE(text.length, 0);
    entry.write(digest, 4, 'latin1');
    text.copy(entry, 4 + digestLength);
    const file = `${side}-${this.#bucketOf(text)}`;
    const waiting = this.#waiting.get(file) ?? { parts: [], bytes: 0 };
    this.#waiting.set(file, waiting);
    waiting.parts.push(entry);
    waiting.bytes += entry.length;
    // A single bucket is in memory at once anyway.
    if (this.#buckets === 1 || waiting.bytes < waitingBytes) return;
    this.#waiting.delete(file);
    this.#directory ??= await mkdtemp(join(this.#parent, 'anyvec-verify-'));
    await appendFile(join(this.#directory, file), Buffer.concat(waiting.parts));
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

  async #entries(file: string): Promise<[Id, string][]> {
    const stored = this.#directory === undefined ? Buffer.alloc(0) : await readIfThere(join(this.#directory, file));
    const bytes = Buffer.concat([stored, ...(this.#waiting.get(file)?.parts ?? [])]);
    const entries: [Id, string][] = [];
    for (let at = 0; at < bytes.length; ) {
      const textAt = at + 4 + digestLength;
      const end = textAt + bytes.readUInt32LE(at);
      entries.push([bytes.toString('utf8', textAt, end), bytes.toString('latin1', at + 4, textAt)]);
      at = end;
    }
    return entries;
  }
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
