/*
 * Records of another model, or of none: found when the service starts, when a search meets one, and when documents were written while there was
 * no model; embedded anew in the background, a few at a time.
 */
import type { Filter } from 'anyvec';
import { VectorStoreError } from 'anyvec';
import { type Chunk, embeddedText, readChunk } from '../documents.ts';
import type { Shelf } from './catalogue.ts';
import type { Lock } from './locks.ts';

/** Of a tenant's records on a shelf: how many the present model made, and how many it did not. */
export interface Freshness {
  readonly current: number;
  readonly stale: number;
}

export interface ReencoderOptions {
  readonly shelves: readonly Shelf[];
  readonly tenants: () => Promise<readonly string[]>;
  readonly lock: Lock;
  readonly log: (text: string) => void;
  /** How soon a model that was not ready is asked again. Default 2,000. */
  readonly retryMs?: number;
}

const batch = 32;
const fresh: Freshness = { current: 0, stale: 0 };

export class Reencoder {
  readonly #options: ReencoderOptions;
  readonly #known = new Map<Shelf, Map<string, Freshness>>();
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #isWanted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReencoderOptions) {
    this.#options = options;
  }

  /** As far as is known. */
  freshness(shelf: Shelf, tenant: string): Freshness {
    return this.#known.get(shelf)?.get(tenant) ?? fresh;
  }

  /** Stale records of all tenants and shelves. */
  get stale(): number {
    return [...this.#known.values()]
      .flatMap((tenants) => [...tenants.values()])
      .reduce((sum, { stale }) => sum + stale, 0);
  }

  /** Counts them again, and sets to work if there are any. Resolves when they are counted. */
  async noticed(shelf: Shelf, tenant: string): Promise<Freshness> {
    const counted = await this.#count(shelf, tenant);
    if (counted.stale > 0) this.#start();
    return counted;
  }

  /** Looks through all shelves. Resolves when everything is counted, and, of what could be, embedded. */
  async run(): Promise<void> {
    this.#start();
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #start(): void {
    if (this.#abort.signal.aborted) return;
    this.#isWanted = true;
    clearTimeout(this.#timer);
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
  }

  async #work(): Promise<void> {
    const { shelves, tenants, log, retryMs = 2_000 } = this.#options;
    while (this.#isWanted && !this.#abort.signal.aborted) {
      this.#isWanted = false;
      try {
        for (const tenant of await tenants()) {
          for (const shelf of shelves) if (shelf.embedder !== undefined) await this.#mend(shelf, tenant);
        }
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        // A model that is being loaded, or a backend that is down: both come back.
        if (!VectorStoreError.is(error, 'Unavailable'))
          log(`re-encoding: ${error instanceof Error ? error.message : error}`);
        this.#timer = setTimeout(() => this.#start(), retryMs).unref();
      }
    }
  }

  async #mend(shelf: Shelf, tenant: string): Promise<void> {
    const { stale } = await this.#count(shelf, tenant);
    if (stale === 0) return;
    this.#options.log(
      `${stale} records of ${shelf.collection} on ${shelf.backend} are to be embedded by ${shelf.model}`,
    );
    let left = stale;
    while (left > 0 && !this.#abort.signal.aborted) {
      const done = await this.#mendSome(shelf, tenant);
      if (done === 0) break;
      left -= done;
      this.#note(shelf, tenant, { current: this.freshness(shelf, tenant).current + done, stale: Math.max(0, left) });
    }
    const { stale: rest } = await this.#count(shelf, tenant);
    if (rest === 0)
      this.#options.log(`${shelf.collection} on ${shelf.backend} is embedded by ${shelf.model} throughout`);
    else if (rest < stale) this.#isWanted = true;
  }

  /** How many records it embedded, or found changed meanwhile. */
  async #mendSome(shelf: Shelf, tenant: string): Promise<number> {
    const store = shelf.of(tenant);
    const { signal } = this.#abort;
    const { records } = await store.filter(staleFilter(shelf), { limit: batch, signal });
    const chunks = new Map<string, Chunk>();
    for (const { id, payload } of records) {
      const chunk = readChunk(payload);
      if (chunk !== undefined) chunks.set(id, chunk);
    }
    const texts = Array.from(chunks.values(), ({ title, text, info }) => embeddedText(title, text, info));
    const vectors = await shelf.embedder!.embed(texts, signal);
    await this.#options.lock(tenant, async () => {
      const ids = [...chunks.keys()];
      const now = await store.get(ids, { include: { payload: true } });
      await store.upsert(
        now.flatMap((record, i) => {
          const info = record && readChunk(record.payload)?.info;
          // Deleted, or written anew meanwhile.
          if (record === undefined || info === undefined || info.hash !== chunks.get(ids[i]!)!.info.hash) return [];
          return [
            {
              id: record.id,
              vector: vectors[i]!,
              payload: { ...record.payload, _doc: { ...info, model: shelf.model } },
            },
          ];
        }),
      );
    });
    return chunks.size;
  }

  async #count(shelf: Shelf, tenant: string): Promise<Freshness> {
    const store = shelf.of(tenant);
    const { signal } = this.#abort;
    const [current, stale] = [
      await store.count({ '_doc.model': shelf.model }, { signal }),
      await store.count(staleFilter(shelf), { signal }),
    ];
    return this.#note(shelf, tenant, { current, stale });
  }

  #note(shelf: Shelf, tenant: string, freshness: Freshness): Freshness {
    const tenants = this.#known.get(shelf) ?? new Map<string, Freshness>();
    this.#known.set(shelf, tenants.set(tenant, freshness));
    return freshness;
  }
}

const staleFilter = ({ model }: Shelf): Filter => ({ '_doc.id': { $exists: true }, '_doc.model': { $ne: model } });
