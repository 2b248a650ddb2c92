import { none, Positions } from './positions.ts';

/** What native indexes are good at: growing. */
export interface GrowingIndex {
  /** Takes in the vectors of these slots, at the next positions, in this order. */
  append(slots: readonly number[]): void;
  /** Told that the vector at a position does not count any more, where it keeps account of that. */
  forget?(position: number): void;
  /** Native memory in bytes. */
  readonly byteLength: number;
  dispose(): void;
}

/** How a {@link RenewingIndex} comes by its native indexes. */
export interface IndexMaker<I extends GrowingIndex> {
  /** Vectors that must be there before there is a native index. */
  readonly minimum: number;
  /** Vectors at which one is made without waiting for the first search. At least `minimum`. */
  readonly eager: number;
  /** Called once, before the first `make`: learns what it must from the vectors. */
  prepare(slots: readonly number[]): void;
  /** An empty index. */
  make(): I;
}

/** A native index and whose vectors it holds. */
export interface Generation<I extends GrowingIndex> {
  readonly index: I;
  readonly positions: Positions;
}

/** Vectors moved to the next generation with each vector that is written. Two keep tombstones below three fifths of an index. */
const movesPerWrite = 2;
/** The most that one call of `remove` moves: callers expect removing to be cheap. */
const movesPerRemoval = 256;

/**
 * Makes an index that can only grow into one whose vectors can be replaced and removed.
 *
 * Replaced and removed vectors stay behind as tombstones. As soon as they outnumber the living, an empty next generation is begun, and each
 * write moves a few vectors over, until it can take the place of the old one: no write pays for a whole rebuild.
 */
export class RenewingIndex<I extends GrowingIndex> {
  readonly #maker: IndexMaker<I>;
  #current: Generation<I> | undefined;
  #next: (Generation<I> & { readonly waiting: number[] }) | undefined;
  /** Who lives here while there is no native index. */
  #dormant = new Positions();
  #prepared = false;
  #retired = false;
  #failed = false;
  /** A failure that nobody has been told of. */
  #untold: { readonly error: unknown } | undefined;

  constructor(maker: IndexMaker<I>, restored?: Generation<I>) {
    this.#maker = maker;
    this.#current = restored;
    this.#prepared = restored !== undefined;
  }

  get live(): number {
    return (this.#current?.positions ?? this.#dormant).live;
  }

  get byteLength(): number {
    const generations = [this.#current, this.#next].filter((generation) => generation !== undefined);
    const bytes = generations.map(({ index, positions }) => index.byteLength + positions.byteLength);
    return bytes.reduce((sum, each) => sum + each, this.#dormant.byteLength);
  }

  /** The generation to ask, if there is one. Unlike {@link RenewingIndex.ready} makes none. */
  get current(): Generation<I> | undefined {
    return this.#current;
  }

  /**
   * The generation to ask; undefined as long as there are too few vectors for one.
   *
   * @throws what the native code or the making of an index failed with, once; then it is undefined for good.
   */
  ready(): Generation<I> | undefined {
    if (this.#current === undefined && this.live >= this.#maker.minimum) this.#wake();
    const failure = this.#untold;
    this.#untold = undefined;
    if (failure !== undefined) throw failure.error;
    return this.#current;
  }

  add(slots: readonly number[]): void {
    if (this.#current === undefined) {
      for (const slot of slots) this.#dormant.append(slot);
      if (this.live >= this.#maker.eager) this.#wake();
      return;
    }
    this.#guarded(() => {
      for (const generation of [this.#current, this.#next]) if (generation !== undefined) append(generation, slots);
      this.#renew(movesPerWrite * slots.length);
    });
  }

  remove(slots: readonly number[]): void {
    this.forget(slots);
    this.renew(Math.min(movesPerWrite * slots.length, movesPerRemoval));
  }

  /** As `remove`, and moves nothing: `renew` is called by the caller, when there is time. */
  forget(slots: readonly number[]): void {
    for (const slot of slots) {
      this.#dormant.remove(slot);
      for (const generation of [this.#current, this.#next]) if (generation !== undefined) bury(generation, slot);
    }
    if (this.live === 0) this.#sleep(new Positions());
  }

  /** Begins the next generation even though there are few tombstones: this one serves no more. */
  retire(): void {
    this.#retired = true;
  }

  /** Moves up to so many vectors to the next generation, if one is due. */
  renew(moves: number): void {
    if (this.#current !== undefined) this.#guarded(() => this.#renew(moves));
  }

  /** Vectors that have yet to move to the next generation. */
  get moving(): number {
    return this.#next?.waiting.length ?? 0;
  }

  dispose(): void {
    this.#sleep(new Positions());
  }

  #wake(): void {
    // What failed once would fail again, each time after as much work.
    if (this.#failed) return;
    this.#guarded(() => {
      const slots = this.#dormant.liveSlots();
      if (!this.#prepared) this.#maker.prepare(slots);
      this.#prepared = true;
      const generation = this.#make();
      try {
        append(generation, slots);
      } catch (error) {
        generation.index.dispose();
        throw error;
      }
      this.#current = generation;
      this.#dormant = new Positions();
    });
  }

  #renew(moves: number): void {
    const { positions } = this.#current!;
    if (this.#next === undefined && positions.tombstones <= positions.live && !this.#retired) return;
    this.#retired = false;
    this.#next ??= { ...this.#make(), waiting: positions.liveSlots().reverse() };
    const next = this.#next;
    const batch: number[] = [];
    while (next.waiting.length > 0 && batch.length < moves) {
      const slot = next.waiting.pop()!;
      // Gone in the meantime, or there already because it was written again.
      if (positions.has(slot) && !next.positions.has(slot)) batch.push(slot);
    }
    append(next, batch);
    if (next.waiting.length > 0) return;
    this.#current!.index.dispose();
    this.#current = { index: next.index, positions: next.positions };
    this.#next = undefined;
  }

  #make(): Generation<I> {
    return { index: this.#maker.make(), positions: new Positions() };
  }

  /**
   * A native failure may leave an index half written: it is given up for good, so that searches compare with every vector instead. The write
   * that met it is not to blame and goes on; the next search says what happened.
   */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Gives up the native indexes for good: one of them failed, in this thread or in another, and may be half written. */
  fail(error: unknown): void {
    this.#failed = true;
    this.#untold = { error };
    const slots = this.#current?.positions ?? this.#dormant;
    this.#sleep(Positions.of(slots.liveSlots()));
  }

  #sleep(living: Positions): void {
    this.#current?.index.dispose();
    this.#next?.index.dispose();
    this.#current = undefined;
    this.#next = undefined;
    this.#dormant = living;
  }
}

function append<I extends GrowingIndex>({ index, positions }: Generation<I>, slots: readonly number[]): void {
  if (slots.length === 0) return;
  for (const slot of slots) bury({ index, positions }, slot);
  index.append(slots);
  for (const slot of slots) positions.append(slot);
}

/** Leaves a tombstone where a slot has a vector. */
function bury<I extends GrowingIndex>({ index, positions }: Generation<I>, slot: number): void {
  const position = positions.positionOf(slot);
  if (position === none) return;
  positions.remove(slot);
  index.forget?.(position);
}
