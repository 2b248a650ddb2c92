import type { Hono } from 'hono';
import type { VectorDatabase } from '../database.ts';

/** A vendor's protocol: its routes, and how it says that something is wrong. Host, origin, key, size and JSON were checked before. */
export interface Dialect {
  readonly app: Hono<ServerEnv>;
  /** Most bytes of a request body. */
  readonly maxBodyBytes: number;
  /** Integers that a double cannot hold are read as `bigint`. Default false: as doubles. */
  readonly bigIntegers?: boolean;
  /** The key that a request brings, where this vendor's clients put it. */
  apiKeyOf(headers: Headers): string | undefined;
  /** Paths that need no key, as at the vendor. */
  isPublic(path: string): boolean;
  /** An error in the vendor's form. */
  failure(status: FailureStatus, message: string): Response;
  /** Reads what a database given to `serve` holds already. */
  load?(): Promise<void>;
}

/** Statuses that the server itself answers with, before the dialect sees a request. */
export type FailureStatus = 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 500 | 501;

/** What routes find beside the request. */
export interface ServerEnv {
  Variables: {
    /** The JSON body; undefined where there was none. */
    body: unknown;
  };
}

/** What a dialect is made of. */
export interface DialectOptions {
  readonly database: VectorDatabase;
}
