import type { VectorStore } from '../../src/store.ts';
import type { JsonValue } from '../../src/types.ts';
import { Random } from '../crash/random.ts';

export interface ModelRecord {
  readonly vector: readonly number[];
  readonly payload: Readonly<Record<string, JsonValue>>;
}

const namespaces = ['', 'a'];
const words = ['red', 'green', 'blue', 'grün', '💚'];

/** Writes at random, one call after another, and keeps what must be there afterwards. */
export class RandomWriter {
  /** By namespace, then id. */
  readonly model = new Map<string, Map<string, ModelRecord>>(namespaces.map((name) => [name, new Map()]));
  writes = 0;
  #isStopped = false;
  readonly #random: Random;
  readonly #ids: number;
  readonly #store: VectorStore;

  constructor(store: VectorStore, seed: number, ids = 400) {
    this.#store = store;
    this.#random = new Random(seed);
    this.#ids = ids;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Until {@link stop}; rejects with the first write that fails. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      await this.write();
      // Lets others have their turn, as a service would.
      await new Promise((resolve) => setTimeout(resolve, this.#random.below(3)));
    }
  }

  async write(): Promise<void> {
    await this.#write();
    this.writes += 1;
  }

  async #write(): Promise<void> {
    const random = this.#random;
    const name = namespaces[random.below(namespaces.length)]!;
    const store = name === '' ? this.#store : this.#store.namespace(name);
    const model = this.model.get(name)!;
    const kind = random.below(100);
    if (kind < 50) {
      const records = this.#someIds().map((id) => ({ id, vector: this.#vector(), payload: this.#payload() }));
      await store.upsert(records);
      for (const { id, ...record } of records) model.set(id, record);
    } else if (kind < 65) {
      const ids = this.#someIds();
      await store.delete(ids);
      for (const id of ids) model.delete(id);
    } else if (kind < 80) {
      const ids = this.#someIds();
      const patch = { word: this.#word(), touched: random.below(1_000) };
      await store.setPayload(ids, patch);
      for (const id of ids) this.#patch(model, id, patch);
    } else if (kind < 89) {
      const [n, patch] = [random.below(20), { touched: random.below(1_000) }];
      await store.setPayload({ filter: { n } }, patch);
      for (const [id, { payload }] of model) if (payload.n === n) this.#patch(model, id, patch);
    } else if (kind < 98) {
      const n = random.below(20);
      await store.delete({ filter: { n } });
      for (const [id, { payload }] of model) if (payload.n === n) model.delete(id);
    } else if (name !== '') {
      await this.#store.dropNamespace(name);
      model.clear();
    }
  }

  #patch(model: Map<string, ModelRecord>, id: string, patch: Record<string, JsonValue>): void {
    const before = model.get(id);
    if (before !== undefined) model.set(id, { ...before, payload: { ...before.payload, ...patch } });
  }

  #someIds(): string[] {
    const count = 1 + this.#random.below(12);
    return [...new Set(Array.from({ length: count }, () => `id-${this.#random.below(this.#ids)}`))];
  }

  #vector(): number[] {
    return Array.from({ length: 4 }, () => 1 + this.#random.below(50));
  }

  #word(): string {
    return words[this.#random.below(words.length)]!;
  }

  #payload(): Record<string, JsonValue> {
    return { n: this.#random.below(20), word: this.#word(), nested: { list: [1, null, this.#word()] } };
  }
}

/** What of the model a store does not hold, or holds otherwise; by ids. */
export async function differencesFrom(
  model: RandomWriter['model'],
  root: VectorStore,
): Promise<{ id: string; wanted: unknown; found: unknown }[]> {
  const differences: { id: string; wanted: unknown; found: unknown }[] = [];
  for (const [name, records] of model) {
    const store = name === '' ? root : root.namespace(name);
    const found = new Map<string, string>();
    for await (const { id, vector, payload } of store.scan()) found.set(id, text({ vector: [...vector!], payload }));
    for (const id of new Set([...records.keys(), ...found.keys()])) {
      const record = records.get(id);
      const wanted = record && text(record);
      if (wanted !== found.get(id)) differences.push({ id: `${name}/${id}`, wanted, found: found.get(id) });
    }
  }
  return differences;
}

function text({ vector, payload }: { vector: readonly number[]; payload: object }): string {
  return JSON.stringify([vector, Object.entries(payload).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
