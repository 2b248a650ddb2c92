import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { cacheDir } from '../../scripts/lib/paths.mjs';
import { ensureModel, modelInfo } from '../../src/docs-search/model.ts';
import { installedPackage } from '../lib/npm-package.ts';

/** The part of onnxruntime-node that is used: it has the same types as onnxruntime-web. */
interface OnnxRuntime {
  readonly InferenceSession: { create(file: string, options: object): Promise<InferenceSession> };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: number[]) => Tensor;
}

const tokensPerBatch = 256;

/** The project's model on one thread of onnxruntime-node, which gives the same vectors as WebAssembly in a quarter of the time. */
export class SentenceEncoder {
  readonly #runtime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #tokenizer: Tokenizer;

  private constructor(runtime: OnnxRuntime, session: InferenceSession, tokenizer: Tokenizer) {
    this.#runtime = runtime;
    this.#session = session;
    this.#tokenizer = tokenizer;
  }

  static async open(): Promise<SentenceEncoder> {
    // Its install script would only fetch what graphics cards need.
    const directory = await installedPackage('onnxruntime-node@1.30.0');
    const runtime: OnnxRuntime = createRequire(join(directory, 'package.json'))(directory);
    const files = await ensureModel({ cacheDir, onStatus: (text) => console.log(`bench  ${text}`) });
    const session = await runtime.InferenceSession.create(files.model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    return new SentenceEncoder(runtime, session, new Tokenizer(JSON.parse(readFileSync(files.tokenizer, 'utf8')), {}));
  }

  /** One row of 384 numbers, of length 1, for each text. None may be longer than the 256 tokens of the model; no gloss is. */
  async encode(texts: readonly string[]): Promise<Float32Array> {
    const rows = new Float32Array(texts.length * modelInfo.dimension);
    const encoded = texts.map((text, index) => ({ index, ids: this.#tokenizer.encode(text).ids }));
    encoded.sort((a, b) => a.ids.length - b.ids.length);
    for (let at = 0; at < encoded.length; ) {
      let end = at + 1;
      while (end < encoded.length && (end + 1 - at) * encoded[end]!.ids.length <= tokensPerBatch) end += 1;
      const batch = encoded.slice(at, end);
      const states = await this.#states(batch.map(({ ids }) => ids));
      const length = batch.at(-1)!.ids.length;
      for (const [i, { index, ids }] of batch.entries()) {
        const own = states.subarray(i * length * modelInfo.dimension);
        rows.set(meanPool(own, ids.length), index * modelInfo.dimension);
      }
      at = end;
    }
    return rows;
  }

  /** The last hidden states, `[texts, longest text, 384]`. */
  async #states(texts: readonly (readonly number[])[]): Promise<Float32Array> {
    const length = Math.max(...texts.map(({ length }) => length));
    const ids = new BigInt64Array(texts.length * length);
    const mask = new BigInt64Array(ids.length);
    for (const [row, tokens] of texts.entries()) {
      for (const [column, token] of tokens.entries()) ids[row * length + column] = BigInt(token);
      mask.fill(1n, row * length, row * length + tokens.length);
    }
    const tensor = (data: BigInt64Array) => new this.#runtime.Tensor('int64', data, [texts.length, length]);
    const { last_hidden_state: states } = await this.#session.run({
      input_ids: tensor(ids),
      attention_mask: tensor(mask),
      token_type_ids: tensor(new BigInt64Array(ids.length)),
    });
    if (!(states?.data instanceof Float32Array)) throw new TypeError('the model gave no f32 states');
    return states.data;
  }
}

/** The mean of the first `tokens` states, scaled to length 1. */
function meanPool(states: Float32Array, tokens: number): Float32Array {
  const { dimension } = modelInfo;
  const sum = new Float64Array(dimension);
  for (let token = 0; token < tokens; token++) {
    for (let i = 0; i < dimension; i++) sum[i]! += states[token * dimension + i]!;
  }
  const norm = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => value / norm);
}
