import type { FileSystem } from '../../engine/storage/filesystem.ts';
import { LogSegments } from './log-segments.ts';
import { type Mark, weightOf } from './marks.ts';

/** A mark that waits. */
interface Waiting {
  readonly seq: number;
  readonly mark: Mark;
  readonly since: number;
  /** While the write that it is about is under way nobody may take it. */
  isHeld: boolean;
}

/** Marks of one kind and place, to be worked off together. */
export interface Batch {
  readonly seqs: readonly number[];
  /** With `ids`: those of all of them, each once. */
  readonly mark: Mark;
}

/** When a mark is safe from a loss of power: within a second, or before the write that it is about begins. */
export type QueueDurability = 'interval' | 'always';

/** How many ids may wait before their namespaces are copied anew instead. */
const defaultMost = 1_000_000;

/** What is still to be made equal, in memory and on disk. */
export class MarkQueue {
  readonly #log: LogSegments;
  readonly #durability: QueueDurability;
  readonly #most: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<() => void>();
  #nextSeq: number;
  #weight = 0;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  /** A mark that could not be written down: nobody knows any more what differs. */
  #lost: unknown;

  private constructor(log: LogSegments, durability: QueueDurability, most: number, nextSeq: number) {
    this.#log = log;
    this.#durability = durability;
    this.#most = most;
    this.#nextSeq = nextSeq;
  }

  static async open(
    fs: FileSystem,
    directory: string,
    { durability = 'interval', most = defaultMost }: { durability?: QueueDurability; most?: number } = {},
  ): Promise<{ queue: MarkQueue; damaged: boolean }> {
    const { log, marks, damaged } = await LogSegments.open(fs, directory);
    const queue = new MarkQueue(log, durability, most, marks.reduce((last, { seq }) => Math.max(last, seq), 0) + 1);
    for (const { seq, mark } of marks) queue.#enter(seq, mark, false);
    return { queue, damaged };
  }

  /** Ids, and what stands for an unknown number of them. */
  get length(): number {
    return this.#weight;
  }

  /** The number of the latest mark. */
  get latest(): number {
    return this.#nextSeq - 1;
  }

  /** Whether a mark up to this number waits. */
  isWaitingFor(latest: number): boolean {
    for (const seq of this.#waiting.keys()) if (seq <= latest) return true;
    return false;
  }

  /** Whether whole namespaces or collections wait. */
  get isCoarse(): boolean {
    for (const { mark } of this.#waiting.values()) if (mark.kind !== 'ids') return true;
    return false;
  }

  /** Milliseconds since the oldest mark was made; 0 if none waits. */
  get ageMs(): number {
    const [first] = this.#waiting.values();
    return first === undefined ? 0 : Date.now() - first.since;
  }

  /** Why a mark could not be kept, if that ever happened since {@link forgive}. */
  get lost(): unknown {
    return this.#lost;
  }

  forgive(): void {
    this.#lost = undefined;
  }

  /**
   * Writes down that something may differ soon. Never rejects: that is no reason for the caller's write to fail; what cannot be written down is
   * remembered as {@link lost}.
   *
   * @returns To be called when the write is over. With marks: these take the place of those before.
   */
  async hold(marks: readonly Mark[]): Promise<(instead?: readonly Mark[]) => Promise<void>> {
    const seqs = await this.#add(marks, true);
    return async (instead) => {
      if (instead !== undefined) {
        await this.#add(instead, false);
        await this.#drop(seqs);
      }
      for (const seq of seqs) {
        const entry = this.#waiting.get(seq);
        if (entry !== undefined) entry.isHeld = false;
      }
      await this.#foldIfTooMany();
      this.#tell();
    };
  }

  /** Marks that may be worked off at once. */
  async add(marks: readonly Mark[]): Promise<void> {
    await this.#add(marks, false);
    await this.#foldIfTooMany();
    this.#tell();
  }

  /** The oldest marks that belong together, with at most so many ids (or one mark with more); undefined while there is none to take. */
  take(most: number): Batch | undefined {
    const seqs: number[] = [];
    const ids = new Set<string>();
    let first: Mark | undefined;
    for (const { seq, mark, isHeld } of this.#waiting.values()) {
      if (isHeld) continue;
      if (first === undefined) {
        first = mark;
        if (mark.kind !== 'ids') return { seqs: [seq], mark };
      }
      // Nothing overtakes what is about whole namespaces.
      if (mark.kind !== 'ids') break;
      if (first.kind !== 'ids' || mark.collection !== first.collection || mark.namespace !== first.namespace) continue;
      if (ids.size > 0 && ids.size + mark.ids.length > most) break;
      for (const id of mark.ids) ids.add(id);
      seqs.push(seq);
    }
    return first?.kind === 'ids' ? { seqs, mark: { ...first, ids: [...ids] } } : undefined;
  }

  /** A batch has been worked off. */
  async done({ seqs, mark }: Batch): Promise<void> {
    for (const seq of seqs) this.#leave(seq);
    try {
      // A few records are soon copied again after a crash; whole collections are not.
      if (mark.kind !== 'ids') await this.#log.append(seqs.map((cancel) => ({ cancel })));
      await this.#log.done(seqs);
    } catch (error) {
      this.#lose(error);
    }
    this.#tell();
  }

  /** Forgets everything; returns how much. */
  async clear(): Promise<number> {
    const length = this.#weight;
    const seqs = [...this.#waiting.keys()];
    for (const seq of seqs) this.#leave(seq);
    await this.#log.done(seqs);
    this.#tell();
    return length;
  }

  /** Called whenever something has changed, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  sync(): Promise<void> {
    return this.#log.sync();
  }

  async close(): Promise<void> {
    clearTimeout(this.#syncTimer);
    await this.#log.close();
  }

  async #add(marks: readonly Mark[], isHeld: boolean): Promise<number[]> {
    const lines = marks.map((mark) => ({ seq: this.#nextSeq++, mark }));
    // In memory first: what cannot be written is still made equal as long as this process lives.
    for (const { seq, mark } of lines) this.#enter(seq, mark, isHeld);
    try {
      if (lines.length > 0) await this.#log.append(lines);
      if (this.#durability === 'always') await this.#log.sync();
      else this.#syncSoon();
    } catch (error) {
      this.#lose(error);
    }
    return lines.map(({ seq }) => seq);
  }

  async #drop(seqs: readonly number[]): Promise<void> {
    for (const seq of seqs) this.#leave(seq);
    try {
      await this.#log.append(seqs.map((cancel) => ({ cancel })));
    } catch (error) {
      this.#lose(error);
    }
  }

  #syncSoon(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      this.#log.sync().catch((error: unknown) => this.#lose(error));
    }, 1_000);
    (this.#syncTimer as { unref?: () => void }).unref?.();
  }

  /** Too many marks become whole namespaces, or collections: memory and disk stay bounded however long the other side is away. */
  async #foldIfTooMany(): Promise<void> {
    if (this.#weight <= this.#most) return;
    const foldable = [...this.#waiting.values()].filter(({ mark, isHeld }) => mark.kind !== 'collection' && !isHeld);
    const places = new Map<string, Mark>();
    for (const { mark } of foldable) places.set(placeOf(mark), wholePlace(mark));
    if (places.size > this.#most / 2) {
      const collections = new Set(foldable.map(({ mark }) => mark.collection));
      places.clear();
      for (const collection of collections) places.set(collection, { kind: 'content', collection });
    }
    await this.#add([...places.values()], false);
    await this.#drop(foldable.map(({ seq }) => seq));
  }

  #enter(seq: number, mark: Mark, isHeld: boolean): void {
    this.#waiting.set(seq, { seq, mark, isHeld, since: Date.now() });
    this.#weight += weightOf(mark);
  }

  #leave(seq: number): void {
    const entry = this.#waiting.get(seq);
    if (entry === undefined) return;
    this.#waiting.delete(seq);
    this.#weight -= weightOf(entry.mark);
  }

  #lose(error: unknown): void {
    this.#lost ??= error;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function placeOf(mark: Mark): string {
  return JSON.stringify('namespace' in mark ? [mark.collection, mark.namespace] : [mark.collection]);
}

/** All that a mark may be about, and more. */
function wholePlace(mark: Mark): Mark {
  const { collection } = mark;
  return 'namespace' in mark
    ? { kind: 'namespace', collection, namespace: mark.namespace }
    : { kind: 'content', collection };
}
