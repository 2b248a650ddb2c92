/** Node only. Whether two databases are those that a checkpoint is about: names do not say it, where a URL leads elsewhere by now or none is given. */
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import type { VectorStore } from '../store.ts';
import type { Id } from '../types.ts';
import type { Checkpoint, NamespaceState } from './checkpoint.ts';
import { sampledDigest } from './digest.ts';
import { inNamespace, mapped } from './scope.ts';
import type { CollectionPlan, MigrateOptions, MigrationPlan, SourceRecord } from './types.ts';

/** Records of the target that are looked up at the source. */
const lookedUp = 20;

/**
 * Looks some records up that an earlier run had copied. An empty target is no other one: all is copied again then.
 *
 * @throws `Conflict` where the source holds none of them as they were, or the target holds records, but none of this migration.
 */
export async function checkIdentity(
  source: VectorDatabase,
  target: VectorDatabase,
  plan: MigrationPlan,
  checkpoint: Checkpoint,
  options: MigrateOptions,
): Promise<void> {
  const call = { ...(options.signal && { signal: options.signal }) };
  for (const collection of plan.collections) {
    const states = checkpoint.namespacesOf(collection.source);
    const from = await source.collection(collection.source, call);
    const into = collection.exists ? await target.collection(collection.target, call) : undefined;
    try {
      const check = new IdentityCheck(collection, from, into, options);
      await check.source(states);
      await check.target(states);
    } finally {
      await from.close();
      await into?.close();
    }
  }
}

class IdentityCheck {
  readonly #collection: CollectionPlan;
  readonly #from: VectorStore;
  readonly #into: VectorStore | undefined;
  readonly #options: MigrateOptions;

  constructor(collection: CollectionPlan, from: VectorStore, into: VectorStore | undefined, options: MigrateOptions) {
    this.#collection = collection;
    this.#from = from;
    this.#into = into;
    this.#options = options;
  }

  get #call(): { signal?: AbortSignal } {
    return { ...(this.#options.signal && { signal: this.#options.signal }) };
  }

  async source(states: readonly NamespaceState[]): Promise<void> {
    let [asked, same] = [0, 0];
    for (const state of states)
      for (const [i, record] of (await this.#sampled(state)).entries()) {
        asked += 1;
        if (record !== undefined && sampledDigest(record) === state.sample[i]!.digest) same += 1;
      }
    if (asked > 0 && same === 0)
      throw this.#conflict(
        'source',
        `of ${asked} records that were copied before it holds none as it was: it is another one, or was rewritten`,
      );
  }

  async target(states: readonly NamespaceState[]): Promise<void> {
    const into = this.#into;
    if (into === undefined || this.#options.ifExists === 'append' || this.#options.repair === true) return;
    let isOther = false;
    for (const state of states) {
      if (await this.#isOurs(state, into)) return;
      isOther ||= (await inNamespace(into, state.target).count(undefined, this.#call)) > 0;
    }
    if (isOther)
      throw this.#conflict('target', 'it holds records, and none of those that were looked up is of this migration');
  }

  /** Whether a namespace of the target holds a record of the source, or what a map makes of one. */
  async #isOurs(state: NamespaceState, into: VectorStore): Promise<boolean> {
    const store = inNamespace(into, state.target);
    const place = { collection: this.#collection.source, namespace: state.source };
    const copied: Id[] = [];
    for (const record of await this.#sampled(state))
      if (record !== undefined) copied.push(...(await mapped(record, place, this.#options)).map(({ id }) => id));
    if (await holdsAny(store, copied, this.#call)) return true;
    // What an interrupted run wrote is there before anything is in the checkpoint.
    if (this.#options.map !== undefined) return state.sample.length === 0;
    const { records } = await store.filter(
      {},
      { limit: lookedUp, include: { payload: false, vector: false }, ...this.#call },
    );
    return holdsAny(
      inNamespace(this.#from, state.source),
      records.map(({ id }) => id),
      this.#call,
    );
  }

  async #sampled({ source, sample }: NamespaceState): Promise<readonly (SourceRecord | undefined)[]> {
    if (sample.length === 0) return [];
    return inNamespace(this.#from, source).get(
      sample.map(({ id }) => id),
      this.#call,
    );
  }

  #conflict(side: 'source' | 'target', why: string): VectorStoreError {
    return new VectorStoreError(
      'Conflict',
      `${this.#options.stateDirectory} belongs to a migration with another ${side} of this name: as to ${this.#collection[side]}, ${why}. Give the same, or use another directory`,
    );
  }
}

async function holdsAny(store: VectorStore, ids: readonly Id[], call: { signal?: AbortSignal }): Promise<boolean> {
  return (
    ids.length > 0 &&
    (await store.get(ids, { include: { payload: false, vector: false }, ...call })).some(
      (record) => record !== undefined,
    )
  );
}
