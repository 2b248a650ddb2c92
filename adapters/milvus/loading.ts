import { setTimeout as sleep } from 'node:timers/promises';
import type { CallContext } from '../../src/driver.ts';
import type { Connection } from './client.ts';

/** Milvus answers reads only for collections that are in its memory: loading takes a second or more, which only reads wait for. */
export class Loading {
  readonly #connection: Connection;
  readonly #collection: string;
  #isLoaded = false;
  /** While this process changes the index, the collection is not to be loaded. */
  #blocked: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, collection: string) {
    this.#connection = connection;
    this.#collection = collection;
  }

  /** Asks the server to load; returns at once. Harmless for a loaded collection. */
  async begin(context: CallContext): Promise<void> {
    await this.#connection.admin('LoadCollection', context, (sdk) =>
      sdk.loadCollectionAsync({ collection_name: this.#collection }),
    );
  }

  /** Returns when the collection is loaded. */
  async done(context: CallContext): Promise<void> {
    await this.#blocked;
    for (let wait = 10; !this.#isLoaded; wait = Math.min(wait * 1.5, 200)) {
      const { state } = await this.#connection.admin('GetLoadState', context, (sdk) =>
        sdk.getLoadState({ collection_name: this.#collection }),
      );
      if (state === 'LoadStateLoaded') this.#isLoaded = true;
      else if (state === 'LoadStateNotLoad') await this.begin(context);
      if (!this.#isLoaded)
        await sleep(wait, undefined, { signal: context.signal }).catch(() => context.signal.throwIfAborted());
    }
  }

  /** The server has released the collection meanwhile. */
  async again(context: CallContext): Promise<void> {
    await this.#blocked;
    this.#isLoaded = false;
    await this.begin(context);
    await this.done(context);
  }

  /** Does what a loaded collection does not allow; reads of this process wait. */
  unloaded(context: CallContext, work: () => Promise<void>): Promise<void> {
    const turn = this.#blocked.then(async () => {
      await this.#connection.admin('ReleaseCollection', context, (sdk) =>
        sdk.releaseCollection({ collection_name: this.#collection }),
      );
      this.#isLoaded = false;
      try {
        await work();
      } finally {
        await this.begin(context);
      }
    });
    this.#blocked = turn.catch(() => undefined);
    return turn;
  }
}
