import type { Capabilities } from '../src/capabilities.ts';
import { isSupported } from '../src/capabilities.ts';
import type { VectorDatabase } from '../src/database.ts';
import type { VectorStore } from '../src/store.ts';
import type { CollectionSpec, Metric } from '../src/types.ts';
import type { Budget, Harness } from './harness.ts';

/** What a case asks of a collection; the rest is the suite's choice. */
export interface SpecRequest {
  /** Default 3. */
  readonly dimension?: number;
  /** Default: the first of cosine, dot, euclidean that is supported. */
  readonly metric?: Metric;
  readonly fields?: CollectionSpec['fields'];
}

interface Pooled {
  readonly store: VectorStore;
  dirty: boolean;
  busy: boolean;
}

/**
 * One run of the suite on one backend: the connection, the collections that cases share (creating one may take a second on a server), and the
 * names of all that must be dropped at the end.
 */
export class Session {
  readonly harness: Harness;
  readonly budget: Budget;
  readonly seed: number;
  readonly #fixtures = new Map<string, Promise<unknown>>();
  readonly #pool = new Map<string, Pooled[]>();
  readonly #names = new Set<string>();
  readonly #connections: VectorDatabase[] = [];
  #db: VectorDatabase | undefined;

  constructor(harness: Harness, budget: Budget, seed: number) {
    this.harness = harness;
    this.budget = budget;
    this.seed = seed;
  }

  /** The connection that cases share: not to be closed by them. */
  get db(): VectorDatabase {
    if (this.#db === undefined) throw new Error('the session is not open');
    return this.#db;
  }

  get capabilities(): Capabilities {
    return this.db.capabilities;
  }

  async open(): Promise<void> {
    this.#db = await this.harness.open();
  }

  /** Drops everything this run created, then closes: all of it, even if some of it fails. */
  async close(): Promise<void> {
    const db = this.#db;
    if (db === undefined) return;
    this.#db = undefined;
    const problems: unknown[] = [];
    const attempt = async (step: () => Promise<unknown> | undefined) => {
      try {
        await step();
      } catch (error) {
        problems.push(error);
      }
    };
    for (const connection of this.#connections) await attempt(() => connection.close());
    for (const name of this.#names) await attempt(() => db.dropCollection(name));
    await attempt(() => db.close());
    await attempt(() => this.harness.close?.());
    if (problems.length > 0) throw problems[0];
  }

  /** A further connection, closed at the end of the run at the latest. */
  async connect(): Promise<VectorDatabase> {
    const connection = await this.harness.open();
    this.#connections.push(connection);
    return connection;
  }

  /** A name that no other run uses, also one that runs at the same time on the same server. */
  uniqueName(ending = ''): string {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    const name = `t-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}${ending}`;
    this.#names.add(name);
    return name;
  }

  /** Drops a collection before the end of the run. */
  async drop(name: string): Promise<void> {
    await this.db.dropCollection(name);
    this.#names.delete(name);
  }

  /** Built when it is first asked for, kept for the run. */
  fixture<T>(key: string, build: () => Promise<T>): Promise<T> {
    const known = this.#fixtures.get(key);
    if (known !== undefined) return known as Promise<T>;
    const built = build();
    this.#fixtures.set(key, built);
    return built;
  }

  spec(request: SpecRequest): CollectionSpec & { readonly payload?: undefined } {
    const { dimension = 3, metric = this.defaultMetric, fields } = request;
    return { dimension, metric, ...(fields && { fields }), ...this.harness.createOptions };
  }

  get defaultMetric(): Metric {
    const { metrics } = this.capabilities;
    return (['cosine', 'dot', 'euclidean'] as const).find((metric) => isSupported(metrics[metric])) ?? 'cosine';
  }

  async create(request: SpecRequest): Promise<VectorStore> {
    return this.visible(await this.db.createCollection(this.uniqueName(), this.spec(request)));
  }

  /** An empty collection, lent until it is given back. */
  async lend(request: SpecRequest): Promise<Pooled> {
    const key = JSON.stringify(this.spec(request));
    const pool = this.#pool.get(key) ?? [];
    this.#pool.set(key, pool);
    // Cases may run side by side: what was idle a moment ago may be lent by now.
    for (;;) {
      const pooled = pool.find((candidate) => !candidate.busy);
      if (pooled === undefined) break;
      pooled.busy = true;
      if (!pooled.dirty || (await this.#empty(pooled.store))) return Object.assign(pooled, { dirty: true });
      pool.splice(pool.indexOf(pooled), 1);
    }
    const fresh = { store: await this.create(request), dirty: true, busy: true };
    pool.push(fresh);
    return fresh;
  }

  giveBack(pooled: Pooled): void {
    pooled.busy = false;
  }

  /** False where a case left a collection that cannot be emptied: it is then replaced, so that one defect fails one case. */
  async #empty(store: VectorStore): Promise<boolean> {
    const { deleteAll, namespaces, listNamespaces, dropNamespace } = this.capabilities.operations;
    if (!isSupported(deleteAll)) return false;
    // Where namespaces cannot be told or dropped, what is in them cannot be known.
    if (isSupported(namespaces) && !(isSupported(listNamespaces) && isSupported(dropNamespace))) return false;
    try {
      await store.delete({ all: true });
      if (isSupported(namespaces)) {
        for (const namespace of await store.listNamespaces()) await store.dropNamespace(namespace);
      }
      return (await store.count()) === 0;
    } catch {
      return false;
    }
  }

  /** On backends whose writes become visible later: a handle whose writes return only when they are. */
  visible(store: VectorStore): VectorStore {
    const { settle } = this.harness;
    return this.capabilities.consistency === 'session' || settle === undefined ? store : settling(store, settle);
  }
}

const writes: ReadonlySet<PropertyKey> = new Set(['upsert', 'delete', 'setPayload', 'dropNamespace', 'recreateIndex']);

function settling(store: VectorStore, settle: () => Promise<void>): VectorStore {
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(member, target, args);
        if (key === 'namespace') return settling(result as VectorStore, settle);
        return writes.has(key) ? afterSettling(result as Promise<unknown>, settle) : result;
      };
    },
  });
}

async function afterSettling(write: Promise<unknown>, settle: () => Promise<void>): Promise<unknown> {
  try {
    return await write;
  } finally {
    await settle();
  }
}
