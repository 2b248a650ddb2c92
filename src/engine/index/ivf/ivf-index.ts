import type { IndexDrift, IndexSpec } from '../../../types.ts';
import { joined, openVerified, type PackageIdentity, parts } from '../package.ts';
import type { IndexSearchOptions, Proposal, ResolvedIndex, VectorIndex, VectorSource } from '../vector-index.ts';
import { Generation, type IvfModules } from './generation.ts';
import { ListsMemory } from './lists-memory.ts';
import { type IvfSettings, ivfSettings, type ListKind, listsFor, usualProbes } from './settings.ts';
import { Succession } from './succession.ts';

/** Below this many vectors comparing with each is as fast. */
const minimumVectors = 256;
/** New lists are made where there should be this many times more, or fewer. */
const listGrowth = 2;
const listShrinkage = 1 / 8;
/** Proposed for each one asked for, and beyond, since codes rank near neighbours otherwise than the vectors do. */
const proposals: { readonly [K in ListKind]: { readonly perWanted: number; readonly beyond: number } } = {
  flat: { perWanted: 1, beyond: 8 },
  sq8: { perWanted: 1.5, beyond: 8 },
  pq: { perWanted: 6, beyond: 32 },
  pq4: { perWanted: 6, beyond: 32 },
};

/** Vectors that wait are all proposed: more than this many are better compared by the engine. */
const mostWaiting = 4_096;
/** Insertions between two looks at the clock. */
const together = 8;

/**
 * Inverted lists over the vectors of a partition. What is added waits until `settle` puts it into its list, and is proposed by every search until then.
 * As the vectors grow in number, or become others, lists are trained anew beside the old ones: each write pays for a little of it.
 */
export class IvfIndex implements VectorIndex {
  readonly spec: IndexSpec;
  readonly #modules: IvfModules;
  readonly #settings: IvfSettings;
  readonly #vectors: VectorSource;
  #waiting = new Set<number>();
  #current: Generation | undefined;
  #succession: Succession | undefined;
  /** Writes that nothing was done for yet. */
  #credit = 0;
  #failed = false;
  /** A failure that nobody has been told of. */
  #untold: { readonly error: unknown } | undefined;

  constructor(modules: IvfModules, { spec }: ResolvedIndex, vectors: VectorSource, saved?: Uint8Array) {
    this.spec = spec;
    this.#modules = modules;
    this.#settings = ivfSettings(spec);
    this.#vectors = vectors;
    if (saved === undefined) return;
    const [waiting, ...sections] = openVerified(saved, this.#identity, 1 + Generation.sections(this.#settings));
    this.#waiting = new Set(new Uint32Array(Uint8Array.from(waiting!).buffer));
    this.#current = Generation.load(modules, this.#settings, vectors, sections);
  }

  add(slots: readonly number[]): void {
    for (const slot of slots) {
      this.#forget(slot);
      this.#waiting.add(slot);
    }
  }

  remove(slots: readonly number[]): void {
    for (const slot of slots) {
      this.#forget(slot);
      this.#waiting.delete(slot);
    }
    if (this.#current?.lists.count === 0 && this.#waiting.size === 0) this.dispose();
    else this.#credit += slots.length;
  }

  settle(until: number): number {
    if (this.#failed) return 0;
    try {
      do {
        if (!this.#work()) return 0;
      } while (performance.now() < until);
      return Math.max(1, this.#waiting.size);
    } catch (error) {
      this.#giveUp(error);
      return 0;
    }
  }

  search(
    query: Float32Array,
    k: number,
    { params, allowed, allowedCount, trace }: IndexSearchOptions,
  ): Proposal | undefined {
    const failure = this.#untold;
    this.#untold = undefined;
    if (failure !== undefined) throw failure.error;
    if (this.#current === undefined || this.#waiting.size > mostWaiting)
      return trace?.decline('the lists are not ready: there are too few vectors, or too many wait');
    const { lists } = this.#current;
    const { perWanted, beyond } = proposals[this.#settings.kind];
    const wanted = Math.ceil(k * perWanted) + beyond;
    if (wanted > ListsMemory.mostFound) return trace?.decline('more is asked for than lists find');
    const nprobe = this.#probes(params.nprobe, lists.lists);
    // As many as a search without a filter compares with: the few that pass may lie in lists far apart.
    const usual = (nprobe * lists.count) / lists.lists;
    const enough = allowed === undefined ? wanted : Math.max(wanted, Math.ceil(usual));
    if (trace !== undefined) {
      const filtered = allowed !== undefined;
      trace.params = { nprobe };
      trace.weigh('exact-scan', filtered ? allowedCount : lists.count);
      trace.weigh(filtered ? 'lists-filtered' : 'lists', enough === wanted ? Math.max(usual, wanted) : enough);
    }
    if (allowed !== undefined && allowedCount <= enough)
      return trace?.decline(`no more than ${enough} pass the filter: comparing with each costs less than the lists`);
    const found = lists.search(query, { k, wanted, nprobe, enough, allowed });
    if (trace !== undefined) lists.explain(trace, found !== undefined, allowed !== undefined);
    if (found === undefined) return undefined;
    for (const slot of this.#waiting) if (allowed?.has(slot) ?? true) found.push(slot);
    return { slots: found };
  }

  get byteLength(): number {
    return (this.#current?.lists.byteLength ?? 0) + (this.#succession?.byteLength ?? 0);
  }

  get drift(): IndexDrift | undefined {
    return this.#current?.drift;
  }

  serialize(): Uint8Array | undefined {
    if (this.#current === undefined) return undefined;
    const waiting = Uint32Array.from(this.#waiting);
    const sections = [new Uint8Array(waiting.buffer), ...this.#current.toSections()];
    // A copy: searches make room in the memory of the lists, and views of it end there.
    return joined(parts(this.#identity, sections));
  }

  dispose(): void {
    this.#current = undefined;
    this.#succession = undefined;
    this.#waiting = new Set();
    this.#credit = 0;
  }

  get #identity(): PackageIdentity {
    const { dimension, metric } = this.#vectors;
    return { maker: 'anyvec-ivf', format: 1, dimension, metric, ...this.#settings };
  }

  /** `params`, or the default; never what makes no sense. */
  #probes(given: number | undefined, lists: number): number {
    const usual = this.#settings.nprobe ?? usualProbes(lists, this.#vectors.metric);
    return Math.min(lists, given === undefined || !Number.isFinite(given) ? usual : Math.max(1, Math.trunc(given)));
  }

  #forget(slot: number): void {
    this.#current?.lists.remove(slot);
    this.#succession?.remove(slot);
  }

  /** A piece of what was put off; false where there is none. */
  #work(): boolean {
    if (this.#current !== undefined && this.#waiting.size > 0) {
      this.#insert(this.#current);
      return true;
    }
    this.#current?.filled();
    this.#succession ??= this.#successionIfDue();
    // The first lists are needed now; later ones take their time.
    if (this.#succession === undefined || (this.#current !== undefined && this.#credit <= 0)) {
      this.#credit = Math.min(0, this.#credit);
      return false;
    }
    this.#credit -= this.#succession.step();
    const next = this.#succession.done;
    if (next === undefined) return true;
    this.#credit = this.#current === undefined ? 0 : this.#credit;
    this.#current = next;
    this.#succession = undefined;
    return true;
  }

  #insert({ lists }: Generation): void {
    let inserted = 0;
    for (const slot of this.#waiting) {
      lists.add(slot);
      this.#succession?.add(slot);
      this.#waiting.delete(slot);
      inserted += 1;
      if (inserted === together) break;
    }
    this.#credit += inserted;
  }

  #successionIfDue(): Succession | undefined {
    if (this.#current === undefined) return this.#firstIfDue();
    const { lists } = this.#current;
    const drifted = this.#current.hasDrifted();
    const ratio = listsFor(this.#settings, lists.count) / lists.lists;
    if (lists.count < minimumVectors || (ratio < listGrowth && ratio > listShrinkage && !drifted)) return undefined;
    return new Succession(this.#modules, this.#settings, this.#vectors, {
      slots: lists.slots(),
      isLive: (slot) => lists.has(slot),
      toMove: () => lists.slots(),
    });
  }

  #firstIfDue(): Succession | undefined {
    if (this.#waiting.size < minimumVectors) return undefined;
    return new Succession(this.#modules, this.#settings, this.#vectors, {
      // Of an array, since of a set it takes thrice as long.
      slots: new Uint32Array([...this.#waiting]),
      isLive: (slot) => this.#waiting.has(slot),
      // They wait already.
      toMove: () => new Uint32Array(0),
    });
  }

  /**
   * A failure (there is no more memory, say) may leave lists half written: they are given up for good, so that searches compare with every
   * vector instead. The write that met it is not to blame and goes on; the next search says what happened.
   */
  #giveUp(error: unknown): void {
    this.dispose();
    this.#failed = true;
    this.#untold = { error };
  }
}
