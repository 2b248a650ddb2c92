/** Node only. Where a command connects to: a URL, `$ANYVEC_URL`, or a connection in a file, so that no secret stands on a command line. */
import { readFile } from 'node:fs/promises';

import type { Config } from '../config.ts';
import { UsageError } from './errors.ts';

/** What `connect` takes. May hold secrets: to show it, {@link nameOf}. */
export type Connection = string | Config;

/** For the notes of a command's `--help`. */
export const connectionNotes = `URL      as for connect(): native:./data, qdrant://localhost:6333, milvus://localhost:19530, pinecone: …
         Default: $ANYVEC_URL
Keys     from $QDRANT_API_KEY, $PINECONE_API_KEY, $MILVUS_TOKEN, or from a file (--config FILE, or $ANYVEC_CONFIG):
         {"profiles": {"prod": {"provider": "qdrant", "url": "https://host:6333", "apiKey": {"env": "PROD_KEY"}}}}
         and @prod in place of the URL; a file of a single connection is named by @`;

/**
 * One connection. See {@link readConnections}.
 *
 * @param target A URL, `@profile` or `@` of the file, or nothing: the file's only connection or its profile `default`, else `$ANYVEC_URL`.
 * @param configPath A JSON file; default `$ANYVEC_CONFIG`, read only if the target asks for it.
 */
export async function readConnection(target: string | undefined, configPath: string | undefined): Promise<Connection> {
  const [connection] = await readConnections([target], configPath);
  return connection!;
}

/**
 * The connections of a command, in the order of its arguments.
 *
 * The file is a connection, or `{ "profiles": { "name": connection } }`. A connection is a URL or an object as `connect` takes it; any value in
 * it may be `{ "env": "NAME" }`, an environment variable. Paths in it are relative to the working directory.
 *
 * @throws `UsageError` for an unknown profile, a missing variable, a password in a URL, or a `configPath` that no target uses. No message holds a
 *   value of the file or of the environment.
 */
export async function readConnections(
  targets: readonly (string | undefined)[],
  configPath: string | undefined,
): Promise<Connection[]> {
  const isNamed = (target: string | undefined) =>
    target === undefined ? configPath !== undefined : target.startsWith('@');
  if (configPath !== undefined && !targets.some(isNamed)) {
    throw new UsageError(
      'with --config, name a connection of that file in place of the URL: @profile, or @ for its only one',
    );
  }
  const path = configPath ?? (process.env.ANYVEC_CONFIG || undefined);
  const file = targets.some(isNamed) ? await readConnectionFile(path) : undefined;
  return targets.map((target) => (isNamed(target) ? file!(target ?? '@') : urlOf(target)));
}

/** The provider and where it is, without user, password or settings: safe to print. */
export function nameOf(connection: Connection): string {
  if (typeof connection === 'string') return connection.replace(/[?#].*$/s, '').replace(/\/\/.*@/s, '//');
  const { provider } = connection;
  const place = ['url', 'controllerHost', 'path'].map((key) => Reflect.get(connection, key));
  const where = place.find((value) => typeof value === 'string' && value !== '');
  return where === undefined ? `${provider}:` : `${provider} ${nameOf(String(where))}`;
}

function urlOf(target: string | undefined): string {
  const url = target ?? process.env.ANYVEC_URL;
  if (url === undefined || url === '') throw new UsageError('give a URL such as native:./data, or set $ANYVEC_URL');
  if (target !== undefined && /\/\/[^/?#]*@/.test(target)) {
    throw new UsageError(
      'no user or password in the URL, where others can read it: set $MILVUS_TOKEN or $ANYVEC_URL, or use --config',
    );
  }
  return url;
}

type Lookup = (name: string) => Connection;

async function readConnectionFile(path: string | undefined): Promise<Lookup> {
  if (path === undefined)
    throw new UsageError('@profile is a name in a file: give --config FILE, or set $ANYVEC_CONFIG');
  const content = parse(await readText(path), path);
  if (!isObject(content) || !('profiles' in content)) {
    return (name) => {
      if (name === '@') return connectionOf(content, path);
      throw new UsageError(`${path} holds a single connection, whose name is @, not ${name}`);
    };
  }
  const { profiles, ...rest } = content;
  const [other] = Object.keys(rest);
  if (other !== undefined) throw new UsageError(`${path}: ${JSON.stringify(other)} beside "profiles"`);
  if (!isObject(profiles)) throw new UsageError(`${path}: "profiles" is an object of connections by name`);
  const names = Object.keys(profiles);
  return (target) => {
    const name = target.slice(1) || (names.length === 1 ? names[0]! : 'default');
    if (Object.hasOwn(profiles, name)) return connectionOf(profiles[name], `${path}, profile ${name}`);
    throw new UsageError(`${path} has no profile ${JSON.stringify(name)}; it has ${names.join(', ') || 'none'}`);
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError(`cannot read the file of --config, ${path} (${reason})`);
  }
}

/** The parser's own message would quote the file, and with it perhaps a key. */
function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const line = position === undefined ? '' : `, line ${text.slice(0, Number(position)).split('\n').length}`;
    throw new UsageError(`${path}${line}: not valid JSON`);
  }
}

function connectionOf(value: unknown, place: string): Connection {
  const connection = resolved(value, place);
  if (typeof connection === 'string') return connection;
  // What the settings may be, the adapter checks.
  if (isObject(connection) && typeof connection.provider === 'string') return connection as unknown as Config;
  if (isObject(connection) && typeof connection.url === 'string' && Object.keys(connection).length === 1) {
    return connection.url;
  }
  throw new UsageError(
    `${place}: a connection is a URL, or an object with "provider" and the settings of that provider`,
  );
}

/** With environment references replaced, at any depth. */
function resolved(value: unknown, place: string): unknown {
  if (Array.isArray(value)) return value.map((member, index) => resolved(member, `${place}[${index}]`));
  if (!isObject(value)) return value;
  const { env } = value;
  if (typeof env === 'string' && Object.keys(value).length === 1) return variable(env, place);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolved(member, `${place}.${key}`)]));
}

function variable(name: string, place: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new UsageError(`${place}: $${name} is not set`);
  return value;
}

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
