import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/connect.ts';
import type { VectorDatabase } from '../../src/database.ts';
import { type RunningServer, serve } from '../../src/server/index.ts';

/** A server of the Qdrant dialect whose data outlives it: it can be stopped, and started at the same address. */
export class StoppableServer {
  readonly #database: VectorDatabase;
  #server: RunningServer;

  private constructor(database: VectorDatabase, server: RunningServer) {
    this.#database = database;
    this.#server = server;
  }

  static async start(): Promise<StoppableServer> {
    const database = await connect('native:');
    return new StoppableServer(database, await serve({ dialect: 'qdrant', database }));
  }

  get url(): string {
    return this.#server.url.replace(/^http:/, 'qdrant:');
  }

  async stop(): Promise<void> {
    await this.#server.close();
  }

  async startAgain(): Promise<void> {
    const port = Number(new URL(this.#server.url).port);
    this.#server = await serve({ dialect: 'qdrant', database: this.#database, port });
  }

  async close(): Promise<void> {
    await this.#server.close().catch(() => undefined);
    await this.#database.close();
  }
}

/** Fresh directories, removed by {@link removeDirectories}. */
const directories: string[] = [];

export function newDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'anyvec-mirror-'));
  directories.push(path);
  return path;
}

export function removeDirectories(): void {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
}
