import { Hono } from 'hono';
import type { Dialect, DialectOptions, ServerEnv } from '../../dialect.ts';
import { Catalog } from './catalog.ts';
import { controlPlane } from './control-plane.ts';
import { dataPlane } from './data-plane.ts';
import { controlFailure, dataFailure, Fault } from './fault.ts';
import { defaultQuirks, type PineconeQuirks } from './quirks.ts';

export interface PineconeOptions extends DialectOptions {
  /** What is not known for certain of the live service, either way. */
  readonly quirks?: Partial<PineconeQuirks>;
}

/**
 * Pinecone's REST API, control plane and vectors API, in the versions of its clients 8 (2026-04) and 9 (2026-07): create, list, describe,
 * configure and delete serverless indexes, dense and sparse; upsert, query, fetch, fetch by metadata, list, update, delete, describe index stats;
 * create, list, describe and delete namespaces. Read capacity and metadata schemas are told as they were asked for, and change nothing.
 * Not covered, and answered with 501: pods, the documents API, records with integrated embedding, inference, imports, backups, collections,
 * assistants.
 */
export function pineconeDialect({ database, quirks }: PineconeOptions): Dialect {
  const settings = { ...defaultQuirks, ...quirks };
  const catalog = new Catalog(database, settings);
  const app = new Hono<ServerEnv>();
  controlPlane(app, catalog);
  dataPlane(app, catalog, settings);
  app.onError((error, { req }) => {
    const failure = req.path.startsWith('/hosts/') ? dataFailure : controlFailure;
    if (error instanceof Fault) return failure(error.status, error.message);
    return failure(500, `unexpected: ${error.message}`);
  });
  return {
    app,
    maxBodyBytes: 2 * 2 ** 20,
    apiKeyOf: (headers) => headers.get('api-key') ?? undefined,
    isPublic: () => false,
    failure: controlFailure,
    load: () => catalog.load(),
  };
}
