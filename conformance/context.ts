import { type Capabilities, isSupported, type Support } from '../src/capabilities.ts';
import type { VectorDatabase } from '../src/database.ts';
import type { VectorStore } from '../src/store.ts';
import type { IndexSpec, Metric } from '../src/types.ts';
import { type Need, unmetNeeds } from './case.ts';
import type { Budget, Harness } from './harness.ts';
import type { Session, SpecRequest } from './session.ts';

/** What one case works with. Whatever it takes here is given back when it ends. */
export class Context {
  readonly #session: Session;
  readonly #atEnd: (() => unknown)[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  get harness(): Harness {
    return this.#session.harness;
  }
  get budget(): Budget {
    return this.#session.budget;
  }
  get seed(): number {
    return this.#session.seed;
  }
  get capabilities(): Capabilities {
    return this.#session.capabilities;
  }
  /** The connection shared by all cases: not to be closed. */
  get db(): VectorDatabase {
    return this.#session.db;
  }
  /** The metric of collections that ask for none. */
  get metric(): Metric {
    return this.#session.defaultMetric;
  }

  /** An empty collection that other cases use before and after: write to it as you like, but do not drop or close it. */
  async scratch(request: SpecRequest = {}): Promise<VectorStore> {
    const pooled = await this.#session.lend(request);
    this.#atEnd.push(() => this.#session.giveBack(pooled));
    return pooled.store;
  }

  /** A collection of the case's own, which it may drop or close. Dropped after the case. */
  async create(request: SpecRequest = {}): Promise<VectorStore> {
    const store = await this.#session.create(request);
    this.#dropAtEnd(store.name);
    return store;
  }

  /** A specification with what the harness wants in every collection. */
  spec(request: SpecRequest = {}): ReturnType<Session['spec']> {
    return this.#session.spec(request);
  }

  /** One index per type that the backend knows. */
  get indexSpecs(): readonly IndexSpec[] {
    const given = this.harness.indexSpecs ?? [];
    return this.capabilities.indexTypes.map((type) => given.find((spec) => spec.type === type) ?? { type });
  }

  /** A connection of the case's own, closed after it at the latest. */
  async connect(): Promise<VectorDatabase> {
    const connection = await this.#session.connect();
    this.#atEnd.push(() => connection.close());
    return connection;
  }

  /** A second look at the data of the last {@link connect}, which the case has closed. Only with `needs: ['option persistence']`. */
  async reopen(): Promise<VectorDatabase> {
    const { reopen } = this.harness;
    if (reopen === undefined) throw new TypeError('harness.reopen is required where persistence is supported');
    const connection = await this.harness.reopen!();
    this.#atEnd.push(() => connection.close());
    return connection;
  }

  /** Something that many cases read and none changes, built once per run. */
  fixture<T>(key: string, build: (context: Context) => Promise<T>): Promise<T> {
    return this.#session.fixture(key, () => build(new Context(this.#session)));
  }

  /** A new name of 18 characters, and an ending, for a collection that is dropped after the case. */
  uniqueName(ending = ''): string {
    const name = this.#session.uniqueName(ending);
    this.#dropAtEnd(name);
    return name;
  }

  visible(store: VectorStore): VectorStore {
    return this.#session.visible(store);
  }

  /** Whether a capability that a case may need is there. */
  meets(need: Need): boolean {
    return unmetNeeds([need], this.capabilities).length === 0;
  }

  supports(support: Support): boolean {
    return isSupported(support);
  }

  /** Options for a search that must find what there is: compared with every record wherever the backend can. */
  get exactly(): { readonly exact?: true } {
    return isSupported(this.capabilities.options.exact) ? { exact: true } : {};
  }

  /** A collection costs its server work while it is there. What cannot be dropped now fails the end of the run. */
  #dropAtEnd(name: string): void {
    this.#atEnd.push(() => this.#session.drop(name).catch(() => undefined));
  }

  /** Gives back everything taken so far, before the case ends. */
  async giveBack(): Promise<void> {
    for (const undo of this.#atEnd.splice(0).reverse()) await undo();
  }
}
