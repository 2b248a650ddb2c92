/** Node only. The questions of `anyvec bench`: from a file, or stored vectors drawn by chance. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { VectorStoreError } from '../errors.ts';
import type { Filter } from '../filter/types.ts';
import { uniform } from '../random.ts';
import type { VectorStore } from '../store.ts';
import type { CallOptions, Payload } from '../types.ts';
import type { Question } from './bench-run.ts';
import { UsageError } from './errors.ts';

/** Questions, and where they come from in words. */
export interface Questions {
  readonly questions: readonly Question[];
  readonly origin: string;
}

/** The first `most` vectors of a file of JSON arrays, one a line. @throws `UsageError` for another file. */
export async function questionsOfFile(path: string, most: number): Promise<Questions> {
  const questions: Question[] = [];
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) {
      if (line.trim() === '') continue;
      questions.push({ vector: vectorOf(line, path, questions.length + 1) });
      if (questions.length === most) break;
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError(`cannot read ${path} (${reason})`);
  } finally {
    lines.close();
    input.destroy();
  }
  if (questions.length === 0) throw new UsageError(`${path} holds no vectors`);
  return { questions, origin: `${questions.length} of ${path}` };
}

function vectorOf(line: string, path: string, number: number): number[] {
  try {
    const vector: unknown = JSON.parse(line);
    if (Array.isArray(vector) && vector.every((each) => typeof each === 'number')) return vector;
  } catch {
    // Told below.
  }
  throw new UsageError(`${path}, vector ${number}: each line is a JSON array of numbers`);
}

/** Reading all of a large collection to draw a hundred records from it would take longer than the measurement. */
const mostRead = 20_000;

/**
 * Vectors of stored records, each record with the same chance (of the first 20,000 that the store gives).
 *
 * @param deadline When to stop reading, by `performance.now()`.
 * @throws `NotFound` where no record has a vector.
 */
export async function drawQuestions(
  store: VectorStore,
  { most, filter, seed, deadline }: { most: number; filter?: Filter<Payload>; seed: number; deadline: number },
  call: CallOptions,
): Promise<Questions> {
  const random = uniform(seed);
  const questions: Question[] = [];
  let read = 0;
  for await (const { id, vector } of store.scan({
    include: { payload: false, vector: true },
    ...(filter && { filter }),
    ...call,
  })) {
    if (vector === null) continue;
    read += 1;
    // Algorithm R: each record stands in the sample with the same probability.
    const at = read <= most ? read - 1 : Math.floor(random() * read);
    if (at < most) questions[at] = { id, vector };
    if (read >= mostRead || performance.now() >= deadline) break;
  }
  if (questions.length === 0)
    throw new VectorStoreError('NotFound', 'no record to measure with: none has a vector, or none matches');
  const origin = `${questions.length} stored vectors, drawn from ${read.toLocaleString('en-US')} records (seed ${seed}), each left out of its own answer`;
  return { questions, origin };
}
