import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config.ts';
import { connect } from '../../src/connect.ts';
import type { VectorDatabase } from '../../src/database.ts';
import { type RunningServer, serve } from '../../src/server/index.ts';

/** Backends between which is migrated. */
export const kinds = ['native', 'hnswlib', 'faiss', 'qdrant', 'pinecone', 'jsonl', 'parquet', 'milvus'] as const;
export type Kind = (typeof kinds)[number];

/** The key of the servers of a test, which must appear nowhere. */
export const secret = 'a-key-that-nobody-may-see';

/** Backends of one test with data of their own; all is removed at the end. */
export class Ends implements AsyncDisposable {
  readonly #directories: string[] = [];
  readonly #servers: RunningServer[] = [];
  readonly #databases: VectorDatabase[] = [];
  readonly #milvusPort: number | undefined;

  /** @param milvusPort Of a running Milvus, which is shared. */
  constructor(milvusPort?: number) {
    this.#milvusPort = milvusPort;
  }

  directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'anyvec-migrate-'));
    this.#directories.push(path);
    return path;
  }

  /** Where a fresh database is: for `connect`, here or in another process. */
  async place(kind: Kind): Promise<Config> {
    switch (kind) {
      case 'milvus':
        if (this.#milvusPort === undefined) throw new Error('no Milvus in this project of tests');
        return { provider: 'milvus', url: `http://127.0.0.1:${this.#milvusPort}` };
      case 'qdrant':
      case 'pinecone': {
        const server = await serve({ dialect: kind, apiKey: secret });
        this.#servers.push(server);
        return kind === 'qdrant'
          ? { provider: 'qdrant', url: server.url, apiKey: secret }
          : { provider: 'pinecone', controllerHost: server.url, apiKey: secret };
      }
      default:
        return { provider: kind, path: this.directory() };
    }
  }

  async open(place: Config): Promise<VectorDatabase> {
    const database = await connect(place);
    this.#databases.push(database);
    return database;
  }

  async fresh(kind: Kind): Promise<VectorDatabase> {
    return this.open(await this.place(kind));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#databases.map((database) => database.close()));
    await Promise.all(this.#servers.map((server) => server.close()));
    for (const path of this.#directories) rmSync(path, { recursive: true, force: true });
  }
}
