import type { Model } from './model.ts';
import type { CrashOp, CrashPayload, CrashRecord, CrashSpec, CrashTarget } from './operations.ts';
import type { Random } from './random.ts';

/** How a workload is made up. */
export interface WorkloadShape {
  /** Distinct ids per namespace. */
  readonly ids: number;
  /** Records in the largest batch. */
  readonly batch: number;
  readonly collections: readonly string[];
  readonly namespaces: readonly string[];
}

export const smallShape: WorkloadShape = {
  ids: 40,
  batch: 8,
  collections: ['one', 'two'],
  namespaces: ['', 'tenant/1', 'ü'],
};
/** Enough records that the engine asks its index instead of comparing with each, and that much of the log is history. */
export const wideShape: WorkloadShape = { ids: 400, batch: 150, collections: ['wide'], namespaces: [''] };

const weights = { upsert: 10, delete: 3, patch: 4, flush: 1, index: 0.5, dropNamespace: 0.3, drop: 0.3 } as const;
type Kind = keyof typeof weights;
const kinds = Object.keys(weights) as Kind[];

/** Makes random operations that fit what a model holds. */
export class Generator {
  readonly #shape: WorkloadShape;
  readonly #random: Random;
  #made = 0;

  constructor(shape: WorkloadShape, random: Random) {
    this.#shape = shape;
    this.#random = random;
  }

  /**
   * Operations to be carried out together: mostly one; else upserts of distinct ids into one namespace, whose order makes no difference.
   */
  group(model: Model): CrashOp[] {
    const random = this.#random;
    const absent = this.#shape.collections.filter((name) => !model.collections.has(name));
    const collection = random.pick(this.#shape.collections);
    if (absent.includes(collection)) return [{ kind: 'create', collection, spec: this.#spec() }];
    if (random.chance(0.2)) return this.#together(collection, random.between(2, 3));
    return [this.#single(collection, model)];
  }

  #together(collection: string, count: number): CrashOp[] {
    const namespace = this.#namespace();
    const ids = this.#ids(count * this.#random.between(1, Math.ceil(this.#shape.batch / 2)));
    const share = Math.ceil(ids.length / count);
    return Array.from({ length: count }, (_, i) => ids.slice(i * share, (i + 1) * share))
      .filter((some) => some.length > 0)
      .map((some) => ({ kind: 'upsert', collection, namespace, records: some.map((id) => this.#record(id)) }));
  }

  #single(collection: string, model: Model): CrashOp {
    const random = this.#random;
    const namespace = this.#namespace();
    switch (this.#kind()) {
      case 'upsert': {
        const ids = this.#ids(random.chance(0.5) ? this.#shape.batch : random.between(1, this.#shape.batch));
        return { kind: 'upsert', collection, namespace, records: ids.map((id) => this.#record(id)) };
      }
      case 'delete':
        return {
          kind: 'delete',
          collection,
          namespace,
          target: random.chance(0.03) ? { all: true } : this.#target(collection, namespace, model),
        };
      case 'patch': {
        const [mode, set] = [random.chance(0.7) ? 'merge' : 'replace', this.#patch()] as const;
        const unset = set.extra === undefined && random.chance(0.4) ? ['extra'] : [];
        return {
          kind: 'patch',
          collection,
          namespace,
          target: this.#target(collection, namespace, model),
          mode,
          set,
          unset,
        };
      }
      case 'flush':
        return { kind: 'flush', collection };
      case 'index':
        return { kind: 'index', collection, index: random.pick(['flat', 'witness']) };
      case 'dropNamespace':
        if (namespace === '') return { kind: 'delete', collection, namespace, target: { all: true } };
        return { kind: 'dropNamespace', collection, namespace };
      case 'drop':
        return { kind: 'drop', collection };
    }
  }

  #kind(): Kind {
    let left = this.#random.float() * kinds.reduce((sum, kind) => sum + weights[kind], 0);
    for (const kind of kinds) {
      left -= weights[kind];
      if (left < 0) return kind;
    }
    return 'upsert';
  }

  #spec(): CrashSpec {
    const random = this.#random;
    const metric = random.pick(['cosine', 'dot', 'euclidean'] as const);
    return { dimension: 3, metric, index: random.chance(0.7) ? 'witness' : 'flat' };
  }

  #record(id: string): CrashRecord {
    const random = this.#random;
    const vector = random.chance(0.05) ? null : Array.from({ length: 3 }, () => Math.fround(random.float() - 0.5));
    return { id, vector, payload: { ...this.#patch(), made: this.#made++ } };
  }

  #patch(): CrashPayload {
    const random = this.#random;
    // Some records pass the size of a sector.
    const extra = random.chance(0.05)
      ? 'x'.repeat(random.between(400, 1_500))
      : random.chance(0.5)
        ? `é\u0000${random.below(9)}`
        : undefined;
    const tag = random.pick(['a', 'b', 'c', 'd']);
    return { tag, ...(random.chance(0.8) && { n: random.below(100) }), ...(extra !== undefined && { extra }) };
  }

  #target(collection: string, namespace: string, model: Model): Exclude<CrashTarget, { all: true }> {
    const random = this.#random;
    if (random.chance(0.15)) return { tag: random.pick(['a', 'b', 'c', 'd']) };
    if (random.chance(0.1)) return { below: random.below(20) };
    const present = random.some([...model.records(collection, namespace).keys()], random.between(1, 5));
    const ids = present.length === 0 || random.chance(0.2) ? [...present, 'never-written'] : present;
    return { ids };
  }

  #namespace(): string {
    return this.#random.chance(0.6) ? '' : this.#random.pick(this.#shape.namespaces);
  }

  #ids(count: number): string[] {
    const chosen = new Set<string>();
    while (chosen.size < Math.min(count, this.#shape.ids)) chosen.add(`r${this.#random.below(this.#shape.ids)}`);
    return [...chosen];
  }
}
