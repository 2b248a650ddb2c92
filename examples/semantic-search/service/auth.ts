/* Who asks: a key stands for a tenant and what it may do there. */
import { createHash } from 'node:crypto';
import type { Environment, ServiceConfig } from './config.ts';
import { ServiceError } from './errors.ts';

/** A caller whose key was recognised. */
export interface Caller {
  /** Of the key; '' where the service is open. For quotas and variants, never shown. */
  readonly key: string;
  /** The namespace. */
  readonly tenant: string;
  readonly role: 'read' | 'write';
  readonly requestsPerMinute?: number | undefined;
  readonly maxDocuments?: number | undefined;
}

/** Tells callers by the header `Authorization: Bearer KEY`. */
export type Authenticate = (authorization: string | undefined) => Caller;

/**
 * Keys are compared by their hashes: how long it takes says nothing of them.
 *
 * @throws where the environment lacks a key, or two entries have the same: a service must not start open by accident.
 */
export function authentication({ keys, limits }: ServiceConfig, env: Environment): Authenticate {
  if (keys.length === 0) return () => ({ key: '', tenant: '', role: 'write', ...limits });
  const callers = new Map<string, Caller>();
  for (const { env: name, ...rest } of keys) {
    const secret = env[name];
    if (secret === undefined || secret.length < 16)
      throw new Error(`the environment variable ${name} must hold a key of at least 16 characters`);
    const hash = sha256(secret);
    if (callers.has(hash)) throw new Error(`${name} holds the same key as another variable`);
    callers.set(hash, { key: name, ...rest });
  }
  return (authorization) => {
    const secret = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    const caller = secret === undefined ? undefined : callers.get(sha256(secret));
    if (caller !== undefined) return caller;
    const problem =
      secret === undefined ? 'send your key as the header Authorization: Bearer KEY' : 'the key is not known';
    throw new ServiceError(401, 'Unauthenticated', problem);
  };
}

/** @throws `PermissionDenied`. */
export function requireWriter({ role }: Caller): void {
  if (role !== 'write') throw new ServiceError(403, 'PermissionDenied', 'this key may only read');
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
