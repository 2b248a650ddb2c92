/** Node only. What exact searches should find among records that no store holds: those that a map makes, or that are left when others are left out. */
import { compareMatches, distanceBetween, minimumNorm, norm, scoreOf } from '../score.ts';
import type { Match, Metric, Payload, RecordInput } from '../types.ts';
import type { NamespaceScope } from './scope.ts';

/** What a search gives, as far as it is compared. */
export type Hit = Match<object, { payload: false; vector: true }>;

/** A query, and the best of the records that passed by. */
export interface Expected {
  readonly namespace: NamespaceScope;
  readonly vector: Float32Array;
  readonly hits: readonly Hit[];
}

/** Queries are drawn from so many records. */
const drawnFrom = 200;

/** The nearest to some queries, found while the records pass by, a namespace at a time. */
export class Neighbours {
  readonly #metric: Metric;
  readonly #dimension: number;
  readonly #k: number;
  readonly #random: () => number;
  readonly #expected: { namespace: NamespaceScope; vector: Float32Array; hits: Hit[] }[] = [];
  #most: number;
  /** Of the namespace that passes by: how many queries are left to it, where in the list they begin, and its first records. */
  #share = 0;
  #from = 0;
  #namespace: NamespaceScope = { source: '', target: '' };
  #first: { id: string; vector: Float32Array }[] | undefined;

  /** @param most Queries in all. */
  constructor(about: { metric: Metric; dimension: number; k: number; most: number }, random: () => number) {
    this.#metric = about.metric;
    this.#dimension = about.dimension;
    this.#k = about.k;
    this.#most = about.most;
    this.#random = random;
  }

  /** @param left Namespaces that come, this one counted. */
  begin(namespace: NamespaceScope, left: number): void {
    this.#namespace = namespace;
    this.#share = Math.ceil(this.#most / left);
    this.#from = this.#expected.length;
    this.#first = this.#share === 0 ? undefined : [];
  }

  offer({ id, vector: given }: RecordInput<Payload>): void {
    if (given === null || given.length !== this.#dimension || this.#share === 0) return;
    const vector = given instanceof Float32Array ? given : Float32Array.from(given);
    if (this.#metric === 'cosine' && norm(vector) < minimumNorm) return;
    if (this.#first === undefined) {
      this.#enter(id, vector);
      return;
    }
    this.#first.push({ id, vector: vector.slice() });
    if (this.#first.length === drawnFrom) this.#draw();
  }

  /** The namespace has ended. */
  end(): void {
    if (this.#first !== undefined) this.#draw();
  }

  get expected(): readonly Expected[] {
    return this.#expected;
  }

  #draw(): void {
    const first = this.#first ?? [];
    this.#first = undefined;
    const candidates = [...first];
    for (; this.#share > 0 && candidates.length > 0; this.#share--, this.#most--) {
      const [drawn] = candidates.splice(Math.floor(this.#random() * candidates.length), 1);
      this.#expected.push({ namespace: this.#namespace, vector: drawn!.vector, hits: [] });
    }
    this.#share = this.#expected.length - this.#from;
    for (const { id, vector } of first) this.#enter(id, vector);
  }

  #enter(id: string, vector: Float32Array): void {
    for (let i = this.#from; i < this.#expected.length; i++) {
      const { vector: query, hits } = this.#expected[i]!;
      const distance = distanceBetween(this.#metric, query, vector);
      const last = hits.at(-1);
      if (hits.length === this.#k && last !== undefined && compareMatches({ distance, id }, last) >= 0) continue;
      hits.push({ id, distance, score: scoreOf(this.#metric, distance), vector: vector.slice() });
      hits.sort(compareMatches);
      if (hits.length > this.#k) hits.pop();
    }
  }
}
