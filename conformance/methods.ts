import { isSupported } from '../src/capabilities.ts';
import type { VectorDatabase } from '../src/database.ts';
import type { VectorStore } from '../src/store.ts';
import type { CallOptions } from '../src/types.ts';
import type { Need } from './case.ts';
import type { Context } from './context.ts';
import { numbered, vectorFor } from './reads.ts';
import type { SpecRequest } from './session.ts';

/** A method with arguments that are right for {@link methodCollection}, so that only what a law adds can be wrong. */
export interface MethodCall {
  /** For example `delete by filter`. */
  readonly name: string;
  /** The `operation` of its errors. */
  readonly operation: string;
  readonly needs: readonly Need[];
  readonly kind: 'read' | 'write' | 'maintenance';
  /** Belongs to the root handle alone. */
  readonly rootOnly?: true;
  call(store: VectorStore, options?: CallOptions): Promise<unknown>;
}

const id = 'r0000';
const filter = { n: 0 };

function record(store: VectorStore) {
  return { id, vector: vectorFor(0, store.dimension), payload: { n: 0 } };
}

async function* streamed(store: VectorStore) {
  yield record(store);
}

async function drained(records: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const one of records) all.push(one);
  return all;
}

/** Every method of a store that returns a promise, in every form. */
export const storeMethods: readonly MethodCall[] = [
  read('search', (store, options) => store.search(vectorFor(0, store.dimension), options)),
  read(
    'search with a filter',
    (store, options) => store.search(vectorFor(0, store.dimension), { ...options, filter }),
    ['search', 'option searchFilter'],
  ),
  read('searchBatch', (store, options) => store.searchBatch([vectorFor(0, store.dimension)], options)),
  read('searchHybrid', (store, options) => store.searchHybrid({ text: 'x' }, options)),
  read('explain', (store, options) => store.explain(vectorFor(0, store.dimension), options)),
  read('filter', (store, options) => store.filter(filter, options)),
  read('get one', (store, options) => store.get(id, options), ['get']),
  read('get many', (store, options) => store.get([id, id], options), ['get']),
  read('scan', (store, options) => drained(store.scan(options))),
  read('count', (store, options) => store.count(undefined, options)),
  read('count with a filter', (store, options) => store.count(filter, options), ['count']),
  write('upsert one', (store, options) => store.upsert(record(store), options), ['upsert']),
  write('upsert an array', (store, options) => store.upsert([record(store)], options), ['upsert']),
  write('upsert an iterable', (store, options) => store.upsert(new Set([record(store)]), options), ['upsert']),
  write('upsert a stream', (store, options) => store.upsert(streamed(store), options), ['upsert']),
  write('delete one', (store, options) => store.delete(id, options), ['delete']),
  write('delete many', (store, options) => store.delete([id, 'absent'], options), ['delete']),
  write('delete by filter', (store, options) => store.delete({ filter }, options), ['deleteByFilter']),
  write('delete all', (store, options) => store.delete({ all: true }, options), ['deleteAll']),
  write('setPayload of one', (store, options) => store.setPayload(id, { m: 1 }, options), ['setPayload']),
  write('setPayload of many', (store, options) => store.setPayload([id, 'absent'], { m: 1 }, options), ['setPayload']),
  write('setPayload by filter', (store, options) => store.setPayload({ filter }, { m: 1 }, options), [
    'setPayloadByFilter',
  ]),
  {
    ...write('dropNamespace', (store, options) => store.dropNamespace('gone', options), ['dropNamespace']),
    rootOnly: true,
  },
  maintenance('listNamespaces', (store, options) => store.listNamespaces(options)),
  maintenance('recreateIndex', (store, options) => store.recreateIndex({ type: 'auto' }, options)),
  maintenance('flush', (store, options) => store.flush(options)),
  {
    name: 'stats',
    operation: 'stats',
    needs: ['stats'],
    kind: 'maintenance',
    call: (store, options) => store.stats(options),
  },
];

type Call = MethodCall['call'];

function read(name: string, call: Call, needs?: readonly Need[]): MethodCall {
  return { name, operation: name.split(' ')[0]!, needs: needs ?? [name as Need], kind: 'read', call };
}

function write(name: string, call: Call, needs: readonly Need[]): MethodCall {
  return { name, operation: name.split(' ')[0]!, needs, kind: 'write', call };
}

function maintenance(name: Need, call: Call): MethodCall {
  return { name, operation: name, needs: [name], kind: 'maintenance', rootOnly: true, call };
}

/** What a collection must be made of for every method of the list: `searchHybrid` needs a field of text. */
export function methodSpec(context: Context): SpecRequest {
  return context.meets('searchHybrid') ? { fields: { title: 'text' } } : {};
}

/** A collection in which every method of the list finds something to do. */
export async function methodCollection(context: Context): Promise<VectorStore> {
  const store = await context.scratch(methodSpec(context));
  await store.upsert(numbered(3));
  return store;
}

/** A method of a database. */
export interface DatabaseCall {
  readonly operation: string;
  call(db: VectorDatabase, name: string, options?: CallOptions): Promise<unknown>;
}

export const databaseMethods: readonly DatabaseCall[] = [
  {
    operation: 'createCollection',
    call: (db, name, options) => db.createCollection(name, { dimension: 3, metric: firstMetric(db) }, options),
  },
  { operation: 'collection', call: (db, name, options) => db.collection(name, options) },
  { operation: 'listCollections', call: (db, _name, options) => db.listCollections(options) },
  { operation: 'hasCollection', call: (db, name, options) => db.hasCollection(name, options) },
  { operation: 'dropCollection', call: (db, name, options) => db.dropCollection(name, options) },
  { operation: 'health', call: (db, _name, options) => db.health(options) },
];

function firstMetric(db: VectorDatabase) {
  const { metrics } = db.capabilities;
  return (['cosine', 'dot', 'euclidean'] as const).find((metric) => isSupported(metrics[metric])) ?? 'cosine';
}
