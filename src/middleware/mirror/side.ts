import type { Capabilities } from '../../capabilities.ts';
import type { CallContext, CollectionDriver, Driver } from '../../driver.ts';
import { VectorStoreError } from '../../errors.ts';

/** One of the two backends: connected when it is first needed, so that one that is away keeps nobody waiting. */
export class Side {
  readonly #open: () => Promise<Driver>;
  #driver: Driver | undefined;
  #opening: Promise<Driver> | undefined;
  readonly #collections = new Map<string, Promise<CollectionDriver>>();
  readonly #opened = new Map<string, CollectionDriver>();
  /** As of the last time that it was seen. */
  capabilities: Capabilities | undefined;

  constructor(open: () => Promise<Driver>, capabilities: Capabilities | undefined) {
    this.#open = open;
    this.capabilities = capabilities;
  }

  /** The driver if it is connected. */
  get connected(): Driver | undefined {
    return this.#driver;
  }

  async driver(): Promise<Driver> {
    if (this.#driver !== undefined) return this.#driver;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    this.#driver = await this.#opening;
    this.capabilities = this.#driver.capabilities;
    return this.#driver;
  }

  /** @throws (anything classified as) `NotFound`. */
  async collection(name: string, context: CallContext): Promise<CollectionDriver> {
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    const opening = this.driver().then((driver) => driver.openCollection(name, {}, context));
    this.#collections.set(name, opening);
    try {
      const collection = await opening;
      if (this.#collections.get(name) === opening) this.#opened.set(name, collection);
      return collection;
    } catch (error) {
      if (this.#collections.get(name) === opening) this.forget(name);
      throw error;
    }
  }

  /** What {@link collection} has opened, if it has. */
  opened(name: string): CollectionDriver | undefined {
    return this.#opened.get(name);
  }

  /** A handle that somebody else has opened. */
  adopt(name: string, collection: CollectionDriver): void {
    this.#collections.set(name, Promise.resolve(collection));
    this.#opened.set(name, collection);
  }

  /** The next call opens it anew. */
  forget(name: string): void {
    this.#collections.delete(name);
    this.#opened.delete(name);
  }

  /** What an error of this side means, as the typed one. */
  typed(error: unknown): VectorStoreError {
    const known = this.#driver?.classify(error);
    if (known !== undefined)
      return new VectorStoreError(known.code, known.message, {
        ...(known.retryable !== undefined && { retryable: known.retryable }),
        cause: error,
      });
    if (VectorStoreError.is(error)) return error;
    const message = error instanceof Error ? error.message : 'unknown error';
    return new VectorStoreError('Internal', `unexpected: ${message}`, { cause: error });
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#driver?.close();
  }
}
