import type { Capabilities } from '../../capabilities.ts';
import type {
  CallContext,
  Classification,
  CollectionDriver,
  Driver,
  DriverOpenOptions,
  DriverSpec,
} from '../../driver.ts';
import { VectorStoreError } from '../../errors.ts';
import type { CollectionInfo, Health } from '../../types.ts';
import { MirrorCollection } from './collection.ts';
import type { MirrorCore } from './core.ts';
import type { Side } from './side.ts';

/** The active side, with everything that is written to it noted for the other. */
export class MirrorDriver implements Driver {
  readonly provider = 'mirror';
  readonly #core: MirrorCore;
  readonly #onClose: () => Promise<void>;

  constructor(core: MirrorCore, onClose: () => Promise<void>) {
    this.#core = core;
    this.#onClose = onClose;
  }

  get capabilities(): Capabilities {
    return this.#core.capabilities;
  }

  get defaultTimeoutMs(): number {
    return this.#active.defaultTimeoutMs;
  }

  createCollection(name: string, spec: DriverSpec, context: CallContext): Promise<CollectionDriver> {
    return this.#core.write(
      [{ kind: 'collection', collection: name }],
      context,
      async (side) => {
        const collection = await (await side.driver()).createCollection(name, spec, context);
        // From its birth on nothing of it is missed.
        await this.#core.save(({ copied }) => ({ copied: [...new Set([...copied, name])] }));
        return this.#handle(side, collection);
      },
      undefined,
    );
  }

  async openCollection(name: string, options: DriverOpenOptions, context: CallContext): Promise<CollectionDriver> {
    const { active } = this.#core.roles;
    return this.#handle(active, await (await active.driver()).openCollection(name, options, context));
  }

  #handle(side: Side, collection: CollectionDriver): MirrorCollection {
    return new MirrorCollection(this.#core, side, collection);
  }

  listCollections(context: CallContext): Promise<CollectionInfo[]> {
    return this.#active.listCollections(context);
  }

  hasCollection(name: string, context: CallContext): Promise<boolean> {
    return this.#active.hasCollection(name, context);
  }

  dropCollection(name: string, context: CallContext): Promise<boolean> {
    return this.#core.write([{ kind: 'collection', collection: name }], context, async (side) => {
      const dropped = await (await side.driver()).dropCollection(name, context);
      side.forget(name);
      if (this.#core.state.copied.includes(name))
        await this.#core.save(({ copied }) => ({ copied: copied.filter((each) => each !== name) }));
      return dropped;
    });
  }

  health(context: CallContext): Promise<Health> {
    return this.#active.health(context);
  }

  /** What the active side unwraps to. */
  unwrap(): unknown {
    return this.#active.unwrap();
  }

  close(): Promise<void> {
    return this.#onClose();
  }

  classify(error: unknown): Classification | undefined {
    const { active, passive } = this.#core.roles;
    return active.connected?.classify(error) ?? passive.connected?.classify(error);
  }

  get #active(): Driver {
    const driver = this.#core.roles.active.connected;
    if (driver === undefined) throw new VectorStoreError('Unavailable', 'the active side is not connected');
    return driver;
  }
}
