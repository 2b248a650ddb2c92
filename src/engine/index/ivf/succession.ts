import type { VectorSource } from '../vector-index.ts';
import { Generation, type IvfModules } from './generation.ts';
import type { IvfSettings } from './settings.ts';
import { shapeFor, type Trained, train, trainingCost } from './training.ts';

/** What training takes, in writes, as a share of the vectors there are; what a graph takes; and what moving one of them takes. */
const writesOfTraining = 1 / 4;
const writesOfGraph = 1 / 8;
const writesOfMove = 1 / 4;
/** Vectors moved in one step. */
const together = 4;

/** The vectors that new lists are made for. */
export interface Population {
  /** What to learn from. */
  readonly slots: Uint32Array;
  isLive(slot: number): boolean;
  /** Those that are to be moved, when the lists are trained. */
  toMove(): Uint32Array;
}

/**
 * The making of new lists beside the old ones: training, then moving all vectors over, in small steps. At their usual prices all is done after half as
 * many writes as there were vectors at the beginning.
 */
export class Succession {
  readonly #modules: IvfModules;
  readonly #settings: IvfSettings;
  readonly #vectors: VectorSource;
  readonly #population: Population;
  readonly #training: Generator<number, Trained, void>;
  /** Cost of training that one write pays. */
  readonly #pace: number;
  #next: Generation | undefined;
  #moving = new Uint32Array(0);
  #moved = 0;

  constructor(modules: IvfModules, settings: IvfSettings, vectors: VectorSource, population: Population) {
    const { slots } = population;
    const shape = shapeFor(settings, vectors, slots.length);
    this.#modules = modules;
    this.#settings = settings;
    this.#vectors = vectors;
    this.#population = population;
    this.#pace = trainingCost(shape, slots.length) / (slots.length * writesOfTraining);
    this.#training = train(modules.ivf, settings, shape, vectors, slots, (slot) => population.isLive(slot));
  }

  /** The new lists, once all vectors are in them. */
  get done(): Generation | undefined {
    if (this.#next?.lists.graph?.isWhole === false || this.#moved < this.#moving.length) return undefined;
    return this.#next;
  }

  /** A vector written now: it has to be in the new lists too. */
  add(slot: number): void {
    this.#next?.lists.add(slot);
  }

  remove(slot: number): void {
    this.#next?.lists.remove(slot);
  }

  /** Does a piece of work. Returns its price in writes. */
  step(): number {
    if (this.#next === undefined) return this.#train();
    const { graph } = this.#next.lists;
    if (graph?.isWhole === false) return graph.grow(together) * this.#population.slots.length * writesOfGraph;
    return this.#move(this.#next);
  }

  get byteLength(): number {
    return this.#next?.lists.byteLength ?? 0;
  }

  #train(): number {
    const { done, value } = this.#training.next();
    if (!done) return value / this.#pace;
    this.#next = Generation.make(this.#modules, this.#settings, value, this.#vectors);
    this.#moving = Uint32Array.from(this.#population.toMove());
    return 0;
  }

  #move({ lists }: Generation): number {
    const end = Math.min(this.#moving.length, this.#moved + together);
    let moves = 0;
    for (; this.#moved < end; this.#moved++) {
      const slot = this.#moving[this.#moved]!;
      // Gone in the meantime, or there already because it was written again.
      if (!this.#population.isLive(slot) || lists.has(slot)) continue;
      lists.add(slot);
      moves += 1;
    }
    return moves * writesOfMove;
  }
}
