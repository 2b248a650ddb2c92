import { EngineDriver } from '../../src/engine/driver.ts';
import { combinedProvider } from '../../src/engine/index/combined.ts';
import { flatProvider } from '../../src/engine/index/flat.ts';
import { DatabaseDirectory } from '../../src/engine/storage/database-directory.ts';
import type { FileSystem } from '../../src/engine/storage/filesystem.ts';
import type { Durability, StorageSettings } from '../../src/engine/storage/settings.ts';
import type { VectorDatabase, VectorStore, WriteResult } from '../../src/index.ts';
import { createDatabase } from '../../src/portable/database.ts';
import type { CrashOp, CrashTarget, Outcome } from './operations.ts';
import { witnessProvider } from './witness-index.ts';

const indexes = combinedProvider([flatProvider, witnessProvider]);

/** What otherwise takes a long time, or much data. */
const soon = { snapshotAfterBytes: 8_192, syncIntervalMs: 1 };

/** Opens the database in the directory `db` of a file system, as `connect` does it for real directories. */
export async function openDatabase(
  fs: FileSystem,
  durability: Durability,
  settings: Partial<StorageSettings> = {},
): Promise<VectorDatabase> {
  const directory = await DatabaseDirectory.open(fs, 'db', { ...soon, durability, ...settings });
  return createDatabase(new EngineDriver({ provider: 'native', indexes, directory }));
}

/** Handles by collection, kept while the database is open. */
export class Session {
  readonly db: VectorDatabase;
  readonly #stores = new Map<string, VectorStore>();

  constructor(db: VectorDatabase) {
    this.db = db;
  }

  async store(collection: string, namespace = ''): Promise<VectorStore> {
    let store = this.#stores.get(collection);
    if (store === undefined) {
      store = await this.db.collection(collection);
      this.#stores.set(collection, store);
    }
    return namespace === '' ? store : store.namespace(namespace);
  }

  /** Carries an operation out. */
  async perform(op: CrashOp): Promise<Outcome> {
    switch (op.kind) {
      case 'create': {
        const { dimension, metric, index } = op.spec;
        const fields = { tag: 'keyword', n: 'number' } as const;
        const store = await this.db.createCollection(op.collection, {
          dimension,
          metric,
          index: { type: index },
          fields,
        });
        this.#stores.set(op.collection, store);
        return { acknowledged: 0, missing: 0 };
      }
      case 'drop':
        this.#stores.delete(op.collection);
        await this.db.dropCollection(op.collection);
        return { acknowledged: 0, missing: 0 };
      case 'flush':
        await (await this.store(op.collection)).flush();
        return { acknowledged: 0, missing: 0 };
      case 'index':
        await (await this.store(op.collection)).recreateIndex({ type: op.index });
        return { acknowledged: 0, missing: 0 };
      case 'dropNamespace':
        await (await this.store(op.collection)).dropNamespace(op.namespace);
        return { acknowledged: 0, missing: 0 };
      case 'upsert':
        return outcome(await (await this.store(op.collection, op.namespace)).upsert([...op.records]));
      case 'delete':
        return outcome(await (await this.store(op.collection, op.namespace)).delete(deleteTarget(op.target)));
      case 'patch': {
        const { mode, set, unset } = op;
        const store = await this.store(op.collection, op.namespace);
        return outcome(await store.setPayload(patchTarget(op.target), set, { mode, unset }));
      }
    }
  }
}

function outcome({ acknowledged, missing }: WriteResult): Outcome {
  return { acknowledged, missing: missing.length };
}

function deleteTarget(target: CrashTarget) {
  return 'all' in target ? target : patchTarget(target);
}

function patchTarget(target: Exclude<CrashTarget, { all: true }>) {
  if ('ids' in target) return target.ids;
  return { filter: 'tag' in target ? { tag: target.tag } : { n: { $lt: target.below } } };
}
