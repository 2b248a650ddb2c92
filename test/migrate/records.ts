import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { anyPayload } from '../../conformance/arbitraries.ts';
import { hostileIds, payloads } from '../../conformance/corpus.ts';
import { type Capabilities, isSupported } from '../../src/capabilities.ts';
import type { VectorDatabase } from '../../src/database.ts';
import type { VectorStore } from '../../src/store.ts';
import type { JsonValue, Metric, Payload, VectorRecord } from '../../src/types.ts';
import { Random } from '../crash/random.ts';

export type TestRecord = VectorRecord<Payload, { payload: true; vector: true }>;

/** Records by id, by namespace; `''` is the default one. */
export type Content = ReadonlyMap<string, ReadonlyMap<string, TestRecord>>;

export const dimension = 8;

/** Two that differ by normalisation only, and one that stands for something elsewhere. */
const namespaces = ['', 'plain', 'é', 'e\u0301', '__default__'] as const;

/** Records of which no two are equal: hostile ids, the same ones in several namespaces, payloads of every kind, vectors of every length. */
export function hostileContent(
  seed: number,
  count: number,
  ends: readonly Capabilities[],
  names: readonly string[] = namespaces,
): Map<string, Map<string, TestRecord>> {
  const random = new Random(seed);
  const mostPayload = Math.min(...ends.map(({ limits }) => limits.payloadBytes));
  const mostId = Math.min(...ends.map(({ limits }) => limits.idBytes));
  const nullVectors = ends.every(({ options }) => isSupported(options.nullVector));
  const ids = hostileIds.filter((id) => Buffer.byteLength(id) <= mostId);
  const known = Object.values(payloads).filter((payload) => Buffer.byteLength(JSON.stringify(payload)) <= mostPayload);
  // The largest payloads come once, the others again and again.
  const small = known.filter((payload) => JSON.stringify(payload).length < 2_000);
  const drawn = fc.sample(anyPayload, { numRuns: Math.ceil(count / 2), seed });
  const content = new Map<string, Map<string, TestRecord>>(names.map((name) => [name, new Map()]));
  for (let i = 0; i < count; i++) {
    const namespace = names[i % names.length]!;
    const turn = Math.floor(i / names.length);
    const id = turn < ids.length ? ids[turn]! : `${turn}-${random.seed().toString(36)}`;
    const payload: Payload =
      i < known.length ? known[i]! : i % 2 === 0 ? drawn[(i - known.length) >> 1]! : random.pick(small);
    const vector = nullVectors && random.chance(0.05) ? null : anyVector(random);
    content.get(namespace)!.set(id, { id, payload, vector });
  }
  return content;
}

/** Of any direction, and of very different lengths. */
export function anyVector(random: Random): Float32Array {
  const scale = 10 ** random.between(-3, 3);
  const vector = Float32Array.from({ length: dimension }, () => (random.float() - 0.5) * scale);
  if (random.chance(0.1)) vector[0] = 0;
  return vector;
}

export function countOf(content: Content): number {
  return [...content.values()].reduce((sum, { size }) => sum + size, 0);
}

/** Makes a collection of it. */
export async function fill(
  database: VectorDatabase,
  name: string,
  content: Content,
  metric: Metric,
): Promise<VectorStore> {
  const store = await database.createCollection(name, { dimension, metric });
  for (const [namespace, records] of content) {
    if (records.size > 0) await within(store, namespace).upsert([...records.values()]);
  }
  if (isSupported(store.capabilities.operations.flush)) await store.flush();
  return store;
}

export function within(store: VectorStore, namespace: string): VectorStore {
  return namespace === '' ? store : store.namespace(namespace);
}

/** What of a collection is not as it should be, in words; compared value by value, without any digest. */
export async function problemsOf(
  database: VectorDatabase,
  name: string,
  content: Content,
  isEqual: (wanted: Float32Array, found: Float32Array) => boolean = sameNumbers,
): Promise<string[]> {
  const problems: string[] = [];
  const store = await database.collection(name);
  const present = await store.listNamespaces();
  for (const namespace of present)
    if (!content.get(namespace)?.size) problems.push(`extra namespace ${JSON.stringify(namespace)}`);
  for (const [namespace, records] of content) {
    const left = new Map(records);
    for await (const found of within(store, namespace).scan()) {
      const place = `${JSON.stringify(namespace)} ${JSON.stringify(found.id)}`;
      const wanted = left.get(found.id);
      left.delete(found.id);
      if (wanted === undefined) problems.push(`extra or twice: ${place}`);
      else if (!isDeepStrictEqual(plain(wanted.payload), plain(found.payload)))
        problems.push(`other payload: ${place}`);
      else if (wanted.vector === null || found.vector === null) {
        if (wanted.vector !== found.vector) problems.push(`vector where none is, or none: ${place}`);
      } else if (!isEqual(wanted.vector, found.vector)) problems.push(`other vector: ${place}`);
    }
    for (const id of left.keys()) problems.push(`missing: ${JSON.stringify(namespace)} ${JSON.stringify(id)}`);
  }
  await store.close();
  return problems;
}

export function sameNumbers(wanted: Float32Array, found: Float32Array): boolean {
  return wanted.length === found.length && wanted.every((x, i) => x === found[i]);
}

/** For stores that keep a direction and a length: each number as precise as 32 bits can be, relative to the longest. */
export function nearlySameNumbers(wanted: Float32Array, found: Float32Array): boolean {
  const longest = Math.max(...wanted.map(Math.abs));
  return wanted.length === found.length && wanted.every((x, i) => Math.abs(x - found[i]!) <= 1e-6 * longest);
}

/** A copy whose objects have the ordinary prototype, so that only members count. */
function plain(value: Payload): JsonValue {
  return JSON.parse(JSON.stringify(value));
}
