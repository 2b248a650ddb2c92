/** Node only. What `anyvec search` looks for, and the vector that it stands for. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';

import { VectorStoreError } from '../errors.ts';
import type { VectorStore } from '../store.ts';
import type { CallOptions, VectorInput } from '../types.ts';
import type { Given } from './commands.ts';
import { UsageError } from './errors.ts';

/** A vector as written, or a record's id, or neither; and a text. `embed`: the text stands for its embedding. */
export type Query = ({ readonly vector: string } | { readonly id: string } | object) & {
  readonly text?: string;
  readonly embed: boolean;
};

/** @throws `UsageError` where the options say nothing, or more than one thing. */
export function readQuery({ vector, id, text, embed }: Given): Query {
  if (vector !== undefined && id !== undefined) throw new UsageError('either --vector or --id, not both');
  if (vector === undefined && id === undefined && text === undefined) {
    throw new UsageError('what to look for? Give --vector, --id or --text; see anyvec search --help');
  }
  if (embed === true && (text === undefined || vector !== undefined || id !== undefined)) {
    throw new UsageError('--embed takes --text, and neither --vector nor --id');
  }
  return {
    ...(typeof vector === 'string' && { vector }),
    ...(typeof id === 'string' && { id }),
    ...(typeof text === 'string' && { text }),
    embed: embed === true,
  };
}

/** @throws `NotFound` for a record that is not there or has no vector; `UsageError` for what is no vector. */
export async function vectorOf(query: Query, store: VectorStore, call: CallOptions): Promise<VectorInput | undefined> {
  if ('vector' in query) return parseVector(await vectorText(query.vector));
  if ('id' in query) return storedVector(query.id, store, call);
  return query.embed ? embedded(query.text!, store.dimension, call) : undefined;
}

async function vectorText(given: string): Promise<string> {
  if (given === '-') return readAll(process.stdin);
  if (given.trimStart().startsWith('[')) return given;
  try {
    return await readFile(given, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError(`--vector takes a JSON array, a file or -; cannot read ${JSON.stringify(given)} (${reason})`);
  }
}

function parseVector(text: string): number[] {
  try {
    const numbers: unknown = JSON.parse(text);
    if (Array.isArray(numbers) && numbers.every((each) => typeof each === 'number')) return numbers;
  } catch {
    // Told below.
  }
  throw new UsageError('--vector: that is no JSON array of numbers, as in [0.1, 0.2, 0.3]');
}

async function storedVector(id: string, store: VectorStore, call: CallOptions): Promise<VectorInput> {
  const record = await store.get(id, { include: { payload: false, vector: true }, ...call });
  if (record?.vector) return record.vector;
  throw new VectorStoreError(
    'NotFound',
    `${record ? 'no vector in the record' : 'there is no record'} ${JSON.stringify(id)}`,
  );
}

async function embedded(text: string, dimension: number, call: CallOptions): Promise<VectorInput> {
  const [{ cacheDirectory }, { ensureModel, modelInfo }, { openEmbedder }] = await Promise.all([
    import('../docs-search/cache-directory.ts'),
    import('../docs-search/model.ts'),
    import('../docs-search/embedder.ts'),
  ]);
  if (dimension !== modelInfo.dimension) {
    throw new UsageError(
      `--embed makes ${modelInfo.dimension} numbers of a text, the collection holds vectors of ${dimension}`,
    );
  }
  const onStatus = (status: string) => void process.stderr.write(`${status}\n`);
  const files = await ensureModel({
    cacheDir: cacheDirectory(),
    onStatus,
    ...(call.signal && { signal: call.signal }),
  });
  const embedder = await openEmbedder(files);
  try {
    const [vector] = await embedder.embed([text], call.signal);
    return vector!;
  } finally {
    await embedder.close();
  }
}
