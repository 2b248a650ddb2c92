/*
 * A collection goes round: native → Qdrant → Milvus → Parquet → native. After each hop `migrate` has compared every record with the hop before, and
 * a digest of all records, which knows nothing of `migrate`, is the same as at the start.
 *
 * Qdrant normalises vectors under cosine, which rounds their last bits; under euclidean and dot every backend here gives back the bits it was given.
 * Under cosine `migrate` compares lengths and angles there instead.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Config, connect, type JsonValue, type VectorDatabase } from 'anyvec';
import { migrate, renderReport } from 'anyvec/migrate';

/** One stop on the way. */
export interface Hop {
  readonly at: string;
  readonly records: number;
  readonly digest: string;
}

const collection = 'articles';
const namespaces = ['', 'tenant-1', 'tenant-2'];

/**
 * Walks through the stops, in databases of its own in `directory`.
 *
 * @param servers The Milvus stop is left out where none is given.
 * @throws If a record is not as it was.
 */
export async function* hops(
  directory: string,
  servers: { readonly qdrant: Config; readonly milvus?: Config },
): AsyncGenerator<Hop> {
  const stops: readonly (Config | undefined)[] = [
    { provider: 'native', path: join(directory, 'native') },
    servers.qdrant,
    servers.milvus,
    { provider: 'parquet', path: join(directory, 'parquet') },
    { provider: 'native', path: join(directory, 'native-again') },
  ];
  let source: VectorDatabase | undefined;
  try {
    for (const [index, stop] of stops.entries()) {
      if (stop === undefined) continue;
      const target = await connect(stop);
      if (source === undefined) await fill(target);
      else {
        const options = { collections: [collection], stateDirectory: join(directory, `state-${index}`) };
        const report = await migrate(source, target, options);
        await source.close();
        source = target;
        if (!report.ok) throw new Error(renderReport(report));
      }
      source = target;
      yield { at: stop.provider, ...(await digestOf(source)) };
    }
  } finally {
    await source?.close();
  }
}

async function fill(db: VectorDatabase): Promise<void> {
  const articles = await db.createCollection(collection, {
    dimension: 8,
    metric: 'euclidean',
    fields: { lang: 'keyword', year: 'number' },
  });
  for (const [n, namespace] of namespaces.entries()) {
    const store = namespace === '' ? articles : articles.namespace(namespace);
    await store.upsert(
      Array.from({ length: 100 }, (_, i) => ({
        id: `article ${i} – naïve/№${i}`,
        vector: Array.from({ length: 8 }, (_, axis) => Math.sin(1 + n + i * 8 + axis)),
        payload: {
          title: `Übung ${i} 🧭`,
          lang: i % 2 === 0 ? 'en' : 'de',
          year: 2000 + i / 4,
          draft: i % 3 === 0 ? null : false,
          nested: { tags: [[], ['a', i]], 'dotted.key': { '': 0 } },
        },
      })),
    );
  }
}

/** Of every namespace, id, payload and bit of a vector, whatever the order in which the backend gives them. */
async function digestOf(db: VectorDatabase): Promise<{ records: number; digest: string }> {
  const store = await db.collection(collection);
  const lines: string[] = [];
  for (const name of ['', ...(await store.listNamespaces())]) {
    const part = name === '' ? store : store.namespace(name);
    for await (const { id, vector, payload } of part.scan({ include: { vector: true } })) {
      const bits = vector === null ? 'none' : Buffer.from(Float32Array.from(vector).buffer).toString('hex');
      lines.push(JSON.stringify([name, id, sorted(payload), bits]));
    }
  }
  await store.close();
  const digest = createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, 16);
  return { records: lines.length, digest };
}

/** Members of objects in one order. */
function sorted(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return members.map(([key, member]) => [key, sorted(member)]);
}
