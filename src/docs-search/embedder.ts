/** Node only. Sentence embeddings: tokens, the ONNX model, mean pooling, length 1. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { VectorStoreError } from '../errors.ts';
import { type ModelFiles, modelInfo } from './model.ts';
import { loadOnnxRuntime, loadTokenizers } from './peers.ts';

/** One text's embedding: `index` is the text's place in the input. */
export interface Embedded {
  readonly index: number;
  /** 384 numbers, L2 norm 1. */
  readonly vector: Float32Array;
}

export interface EmbedderOptions {
  /** Threads of the runtime. Default: the cores available, at most 4. */
  readonly threads?: number;
}

/** A loaded model. */
export interface Embedder {
  /** Length of every vector: 384. */
  readonly dimension: number;
  /** The embeddings in the order of the texts. Texts beyond 256 tokens are cut there. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** The same one by one as they are ready, in the order that is quickest (by length). */
  stream(texts: readonly string[], signal?: AbortSignal): AsyncGenerator<Embedded>;
  /** Gives the model's memory back. */
  close(): Promise<void>;
}

/**
 * Loads the model (about half a second).
 *
 * Errors: `Unavailable` (the packages onnxruntime-web and @huggingface/tokenizers are not installed).
 */
export async function openEmbedder(files: ModelFiles, options: EmbedderOptions = {}): Promise<Embedder> {
  const [ort, { Tokenizer }] = await Promise.all([loadOnnxRuntime(), loadTokenizers()]);
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = options.threads ?? Math.min(4, availableParallelism());
  const tokenizer = new Tokenizer(JSON.parse(await readFile(files.tokenizer, 'utf8')), {});
  // Threads that spin between operators gain nothing here and take a core from everything else.
  const extra = { session: { intra_op: { allow_spinning: '0' } } };
  const session = await ort.InferenceSession.create(files.model, { executionProviders: ['wasm'], extra });
  const tensor = (data: BigInt64Array, dims: number[]) => new ort.Tensor('int64', data, dims);
  return new MiniLmEmbedder(session, tensor, (text) => tokenizer.encode(text).ids);
}

// One call takes about 0.2 s on two cores: long enough to be efficient, short enough for a smooth progress bar and Ctrl-C.
const tokensPerBatch = modelInfo.maxTokens;
type MakeTensor = (data: BigInt64Array, dims: number[]) => Tensor;

class MiniLmEmbedder implements Embedder {
  readonly dimension = modelInfo.dimension;
  readonly #session: InferenceSession;
  readonly #tensor: MakeTensor;
  readonly #encode: (text: string) => readonly number[];
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(session: InferenceSession, tensor: MakeTensor, encode: (text: string) => number[]) {
    this.#session = session;
    this.#tensor = tensor;
    this.#encode = encode;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const vectors = new Array<Float32Array>(texts.length);
    for await (const { index, vector } of this.stream(texts, signal)) vectors[index] = vector;
    return vectors;
  }

  async *stream(texts: readonly string[], signal?: AbortSignal): AsyncGenerator<Embedded> {
    const encoded = texts.map((text, index) => ({ index, ids: truncate(this.#encode(text)) }));
    for (const batch of batchesByLength(encoded)) {
      if (this.#closed) throw new VectorStoreError('StoreClosed', 'the embedder was closed', { operation: 'docs' });
      if (signal?.aborted) throw new VectorStoreError('Aborted', 'embedding was aborted', { operation: 'docs' });
      const vectors = await this.#exclusive(() => this.#run(batch.map(({ ids }) => ids)));
      for (const [i, { index }] of batch.entries()) yield { index, vector: vectors[i]! };
      // The runtime computes on this thread: without a turn of the event loop no timer, signal or socket would be served.
      await nextTurn();
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#exclusive(() => this.#session.release());
  }

  /** A session runs one batch at a time. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #run(batch: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const length = batch.at(-1)!.length;
    const dims = [batch.length, length];
    const ids = new BigInt64Array(batch.length * length);
    const mask = new BigInt64Array(ids.length);
    for (const [row, tokens] of batch.entries()) {
      for (const [column, token] of tokens.entries()) ids[row * length + column] = BigInt(token);
      mask.fill(1n, row * length, row * length + tokens.length);
    }
    const output = await this.#session.run({
      input_ids: this.#tensor(ids, dims),
      attention_mask: this.#tensor(mask, dims),
      token_type_ids: this.#tensor(new BigInt64Array(ids.length), dims),
    });
    const states = hiddenStates(output.last_hidden_state, batch.length, length);
    return batch.map((tokens, row) => meanPool(states.subarray(row * length * modelInfo.dimension), tokens.length));
  }
}

/** Keeps the last token, which ends the sequence. */
function truncate(ids: readonly number[]): readonly number[] {
  return ids.length <= modelInfo.maxTokens ? ids : [...ids.slice(0, modelInfo.maxTokens - 1), ids.at(-1)!];
}

/** Sorted by length, so that little is computed on padding. */
function* batchesByLength<T extends { readonly ids: readonly number[] }>(encoded: readonly T[]): Generator<T[]> {
  const sorted = encoded.toSorted((a, b) => a.ids.length - b.ids.length);
  let batch: T[] = [];
  for (const item of sorted) {
    if (batch.length > 0 && (batch.length + 1) * item.ids.length > tokensPerBatch) {
      yield batch;
      batch = [];
    }
    batch.push(item);
  }
  if (batch.length > 0) yield batch;
}

function hiddenStates(tensor: Tensor | undefined, rows: number, length: number): Float32Array {
  const data = tensor?.data;
  if (data instanceof Float32Array && data.length === rows * length * modelInfo.dimension) return data;
  const got = tensor === undefined ? 'nothing' : `${tensor.type}[${tensor.dims.join(', ')}]`;
  throw new VectorStoreError('Internal', `the embedding model gave ${got} instead of token states`, {
    operation: 'docs',
  });
}

/** The mean of the first `tokens` states (the others are padding), scaled to length 1. */
function meanPool(states: Float32Array, tokens: number): Float32Array {
  const { dimension } = modelInfo;
  const sum = new Float64Array(dimension);
  for (let token = 0; token < tokens; token++) {
    for (let i = 0; i < dimension; i++) sum[i]! += states[token * dimension + i]!;
  }
  const norm = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => value / norm);
}
