/** Node only. Which collections and namespaces a migration is about. */
import { isSupported } from '../capabilities.ts';
import type { VectorDatabase } from '../database.ts';
import { invalid, VectorStoreError } from '../errors.ts';
import type { VectorStore } from '../store.ts';
import type { CollectionInfo, Payload, RecordInput } from '../types.ts';
import type { MappedRecords, NameMapping, Place, ScopeOptions, SourceRecord } from './types.ts';

/** A collection of the source, and what it is called at the target. */
export interface CollectionScope {
  readonly info: CollectionInfo;
  readonly target: string;
}

/** A namespace and what it is called at the target; `''` is the default one. */
export interface NamespaceScope {
  readonly source: string;
  readonly target: string;
}

/** @throws `NotFound` for a collection that is not there, `InvalidArgument` where two would become one. */
export async function collectionsInScope(
  source: VectorDatabase,
  { collections }: ScopeOptions,
  signal: AbortSignal | undefined,
): Promise<CollectionScope[]> {
  const infos = new Map((await source.listCollections({ ...(signal && { signal }) })).map((info) => [info.name, info]));
  const named = mappedNames(collections, 'collections') ?? new Map([...infos.keys()].map((name) => [name, name]));
  checkDistinct(named, 'collections');
  return [...named].map(([name, target]) => {
    const info = infos.get(name);
    if (info !== undefined) return { info, target };
    const known = infos.size === 0 ? 'it has none' : `it has ${[...infos.keys()].slice(0, 20).join(', ')}`;
    throw new VectorStoreError('NotFound', `the source has no collection ${JSON.stringify(name)}; ${known}`);
  });
}

/** Those asked for, or all that hold records, the default one first. */
export async function namespacesInScope(
  store: VectorStore,
  { namespaces }: ScopeOptions,
  signal: AbortSignal | undefined,
): Promise<NamespaceScope[]> {
  const named = mappedNames(namespaces, 'namespaces');
  if (named !== undefined) {
    checkDistinct(named, 'namespaces');
    return [...named].map(([source, target]) => ({ source, target }));
  }
  return ['', ...(await namespaceNames(store, signal))].map((name) => ({ source: name, target: name }));
}

/** Names of the namespaces that hold records, but the default one. */
export async function namespaceNames(store: VectorStore, signal: AbortSignal | undefined): Promise<string[]> {
  const { namespaces, listNamespaces } = store.capabilities.operations;
  if (!isSupported(namespaces) || !isSupported(listNamespaces)) return [];
  return store.listNamespaces({ ...(signal && { signal }) });
}

/** The handle of a namespace; `''` is the default one. */
export function inNamespace(store: VectorStore, namespace: string): VectorStore {
  return namespace === '' ? store : store.namespace(namespace);
}

/** What the target shall hold for a record of the source: without a map, itself. */
export async function mapped(
  record: SourceRecord,
  place: Place,
  { map }: ScopeOptions,
): Promise<readonly RecordInput<Payload>[]> {
  if (map === undefined) return [record];
  const given: MappedRecords | undefined = await map(record, place);
  if (given === undefined) return [];
  return isList(given) ? given : [given];
}

const isList = (given: MappedRecords): given is readonly RecordInput<Payload>[] => Array.isArray(given);

function mappedNames(names: NameMapping | undefined, place: string): Map<string, string> | undefined {
  if (names === undefined) return undefined;
  const pairs = Array.isArray(names) ? names.map((name: string) => [name, name] as const) : Object.entries(names);
  if (pairs.length === 0) throw invalid(`options.${place}`, 'at least one name, or leave it out for all');
  return new Map(pairs);
}

function checkDistinct(named: ReadonlyMap<string, string>, place: string): void {
  const taken = new Set<string>();
  for (const target of named.values()) {
    if (taken.has(target))
      throw invalid(`options.${place}`, `two would become ${JSON.stringify(target)}, and equal ids in them one record`);
    taken.add(target);
  }
}
