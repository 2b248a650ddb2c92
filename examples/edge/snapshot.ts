/*
 * A collection as one file: made once, where there is a directory; loaded into memory in a browser, a worker, or wherever there is no disk.
 *
 *   await writeFile('articles.bin', await takeSnapshot(db, 'articles')); // at build time
 *   const articles = await openSnapshot(new Uint8Array(await (await fetch('/articles.bin')).arrayBuffer()));
 */
import { connect, type Payload, type VectorDatabase, type VectorStore, VectorStoreError } from 'anyvec';
import { z } from 'zod/mini';

/** Its length, as JSON in UTF-8, stands before it as 32 bits; after it, from a multiple of four bytes on, come the vectors. All little-endian. */
const header = z.object({
  format: z.literal('anyvec-edge-1'),
  dimension: z.int().check(z.positive()),
  metric: z.enum(['cosine', 'dot', 'euclidean']),
  fields: z.record(z.string(), z.enum(['keyword', 'number', 'boolean', 'datetime', 'text'])),
  records: z.array(z.object({ id: z.string(), payload: z.record(z.string(), z.json()) })),
});

const lengthBytes = 4;
const bytesPerNumber = 4;
const toMultipleOfFour = (n: number) => Math.ceil(n / 4) * 4;

/** The records of a collection's default namespace that have a vector. */
export async function takeSnapshot(db: VectorDatabase, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { dimension, metric, fields } =
    (await db.listCollections()).find((info) => info.name === name) ?? missing(name);
  const store = await db.collection(name);
  const records: { id: string; payload: Payload }[] = [];
  const vectors: Float32Array[] = [];
  for await (const { id, payload, vector } of store.scan({ include: { payload: true, vector: true } })) {
    if (vector === null) continue;
    records.push({ id, payload });
    vectors.push(vector);
  }
  const text = new TextEncoder().encode(
    JSON.stringify({ format: 'anyvec-edge-1', dimension, metric, fields, records }),
  );
  const start = toMultipleOfFour(lengthBytes + text.length);
  const bytes = new Uint8Array(start + vectors.length * dimension * bytesPerNumber);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, lengthBytes);
  const numbers = new DataView(bytes.buffer, start);
  for (const [row, vector] of vectors.entries())
    for (const [i, x] of vector.entries()) numbers.setFloat32((row * dimension + i) * bytesPerNumber, x, true);
  return bytes;
}

/** A collection in memory, with its index built. */
export async function openSnapshot(bytes: Uint8Array): Promise<VectorStore> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < lengthBytes ? damaged() : view.getUint32(0, true);
  const start = toMultipleOfFour(lengthBytes + length);
  if (start > bytes.length) damaged();
  const { dimension, metric, fields, records } = readHeader(bytes.subarray(lengthBytes, lengthBytes + length));
  if (bytes.length !== start + records.length * dimension * bytesPerNumber) damaged();
  const vectorOf = (row: number) =>
    Float32Array.from({ length: dimension }, (_, i) =>
      view.getFloat32(start + (row * dimension + i) * bytesPerNumber, true),
    );
  const db = await connect('native:');
  const store = await db.createCollection('snapshot', { dimension, metric, fields });
  await store.upsert(records.map(({ id, payload }, row) => ({ id, payload, vector: vectorOf(row) })));
  return store;
}

function readHeader(bytes: Uint8Array): z.infer<typeof header> {
  try {
    return header.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    return damaged(cause);
  }
}

function damaged(cause?: unknown): never {
  throw new VectorStoreError('Corruption', 'this is no snapshot, or not the whole of it', { cause });
}

function missing(name: string): never {
  throw new VectorStoreError('NotFound', `there is no collection ${name}`);
}
