import { z } from 'zod';
import type { VectorDatabase } from '../../../database.ts';
import { VectorStoreError } from '../../../errors.ts';
import type { VectorStore } from '../../../store.ts';
import type { Metric } from '../../../types.ts';
import { Fault } from './fault.ts';
import { IndexData, type NameBook } from './index-data.ts';
import type { PineconeQuirks } from './quirks.ts';

/** The collection that holds what the service knows of an index beside its records. */
const catalogName = 'pinecone-index-catalog';

/** Which fields of metadata shall be indexed. */
export const metadataSchema = z.object({ fields: z.record(z.string(), z.json()) }).catchall(z.json());
/** How many machines answer. */
export const readCapacity = z.object({ mode: z.enum(['OnDemand', 'Dedicated']) }).catchall(z.json());

const entrySchema = z.object({
  name: z.string(),
  /** Where its records are. */
  collection: z.string(),
  /** Names the host: a new one each time an index is created. */
  incarnation: z.string(),
  vectorType: z.enum(['dense', 'sparse']).default('dense'),
  /** Null for sparse vectors. */
  dimension: z.number().nullable(),
  metric: z.enum(['cosine', 'dotproduct', 'euclidean']),
  cloud: z.string(),
  region: z.string(),
  tags: z.record(z.string(), z.string()),
  deletionProtection: z.enum(['enabled', 'disabled']),
  /** As it was asked for: nothing here depends on it. */
  readCapacity: readCapacity.nullable().default(null),
  /** The metadata fields that the index was told to index: here all are. */
  metadataSchema: metadataSchema.nullable().default(null),
  /** Namespaces that were created, rather than only written to. */
  namespaces: z.array(z.object({ name: z.string(), schema: metadataSchema.nullable() })).default([]),
  /** Epoch milliseconds. */
  readyAt: z.number(),
});

/** A namespace whose name the database may not hold. */
const aliasSchema = z.object({ alias: z.string(), namespace: z.string() });

/** What is known of an index. */
export type IndexEntry = z.infer<typeof entrySchema>;

/** What an index is created with. */
export type NewIndex = Omit<IndexEntry, 'collection' | 'incarnation' | 'namespaces' | 'readyAt'>;

const metrics: { readonly [metric in IndexEntry['metric']]: Metric } = {
  cosine: 'cosine',
  dotproduct: 'dot',
  euclidean: 'euclidean',
};

/** All indexes: a collection each, and one more for the catalog. */
export class Catalog {
  readonly #database: VectorDatabase;
  readonly #quirks: PineconeQuirks;
  readonly #entries = new Map<string, IndexEntry>();
  readonly #data = new Map<string, Promise<IndexData>>();
  readonly #aliases = new Map<string, string>();
  #store: VectorStore | undefined;
  /** Changes run one after another. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(database: VectorDatabase, quirks: PineconeQuirks) {
    this.#database = database;
    this.#quirks = quirks;
  }

  /** Reads what the database holds already. */
  async load(): Promise<void> {
    if (!(await this.#database.hasCollection(catalogName))) return;
    this.#store = await this.#database.collection(catalogName);
    for await (const { payload } of this.#store.scan({ include: { payload: true } })) {
      const alias = aliasSchema.safeParse(payload);
      if (alias.success) this.#aliases.set(alias.data.alias, alias.data.namespace);
      else this.#keep(entrySchema.parse(payload));
    }
  }

  list(): IndexEntry[] {
    return [...this.#entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws 404 */
  get(name: string): IndexEntry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Fault(404, `Resource ${name} not found`);
    return entry;
  }

  /** @throws 409 */
  create(index: NewIndex): Promise<IndexEntry> {
    return this.#change(async () => {
      if (this.#entries.has(index.name)) throw new Fault(409, 'Resource already exists');
      const word = randomWord();
      const entry: IndexEntry = {
        ...index,
        // As the vendor's hosts begin.
        incarnation: `${index.name}-${word}`,
        collection: `pinecone-${word}`,
        namespaces: [],
        readyAt: Date.now() + this.#quirks.readyAfterMs,
      };
      await this.#create(entry);
      return entry;
    });
  }

  async #create(entry: IndexEntry): Promise<void> {
    try {
      await this.#database.createCollection(entry.collection, {
        // Sparse vectors are kept beside one that says nothing.
        dimension: entry.dimension ?? 1,
        metric: metrics[entry.metric],
      });
    } catch (error) {
      if (VectorStoreError.is(error, 'Unsupported')) throw new Fault(400, error.message);
      throw error;
    }
    await this.#save(entry);
  }

  /** `change` says what shall be otherwise. @throws 404 */
  configure(
    name: string,
    change: (entry: IndexEntry) => Partial<NewIndex & Pick<IndexEntry, 'namespaces'>>,
  ): Promise<IndexEntry> {
    return this.#change(async () => {
      const known = this.get(name);
      const entry = { ...known, ...change(known) };
      await this.#save(entry);
      return entry;
    });
  }

  /** @throws 404, 403 */
  delete(name: string): Promise<void> {
    return this.#change(async () => {
      const entry = this.get(name);
      if (entry.deletionProtection === 'enabled') {
        throw new Fault(
          403,
          'Deletion protection is enabled for this index. Disable deletion protection before retrying.',
        );
      }
      this.#entries.delete(name);
      this.#data.delete(entry.incarnation);
      await (await this.#catalogStore()).delete(`index ${name}`);
      await this.#database.dropCollection(entry.collection);
    });
  }

  /** The records of an index, by the word in its host. Undefined where there is no such host. */
  data(incarnation: string): Promise<IndexData> | undefined {
    const known = this.#data.get(incarnation);
    if (known !== undefined) return known;
    const find = () => [...this.#entries.values()].find((candidate) => candidate.incarnation === incarnation);
    const entry = find();
    if (entry === undefined) return undefined;
    const opened = this.#database
      .collection(entry.collection)
      .then((store) => new IndexData(store, () => find() ?? entry, this.#quirks, this.#names));
    this.#data.set(incarnation, opened);
    return opened;
  }

  async #save(entry: IndexEntry): Promise<void> {
    await (await this.#catalogStore()).upsert({ id: `index ${entry.name}`, vector: [1], payload: entry });
    this.#keep(entry);
  }

  #keep(entry: IndexEntry): void {
    this.#entries.set(entry.name, entry);
  }

  readonly #names: NameBook = {
    nameOf: (alias) => this.#aliases.get(alias),
    remember: async (alias, namespace) => {
      if (this.#aliases.has(alias)) return;
      await (await this.#catalogStore()).upsert({ id: `alias ${alias}`, vector: [1], payload: { alias, namespace } });
      this.#aliases.set(alias, namespace);
    },
  };

  async #catalogStore(): Promise<VectorStore> {
    this.#store ??= await this.#database.createCollection(
      catalogName,
      { dimension: 1, metric: 'dot' },
      { ifExists: 'open' },
    );
    return this.#store;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastChange.then(work);
    this.#lastChange = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }
}

function randomWord(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
