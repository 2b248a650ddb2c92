/* all-MiniLM-L6-v2 on a worker thread. */
import { Worker } from 'node:worker_threads';
import { VectorStoreError } from 'anyvec';
import { miniLm } from 'anyvec/minilm';
import { z } from 'zod';
import type { Embedder } from '../embedder.ts';

export interface MiniLmOptions {
  /** Where the model's files are kept. Default: as `openMiniLm`. */
  readonly cacheDir?: string;
  readonly onStatus?: (text: string) => void;
}

interface Job {
  readonly texts: readonly string[];
  readonly vectors: Float32Array[];
  readonly resolve: (vectors: Float32Array[]) => void;
  readonly reject: (error: unknown) => void;
  /** Nobody waits for it any more. */
  isGivenUp: boolean;
}

// About a tenth of a second: as long as a question waits behind the documents that are being embedded.
const textsAtOnce = 8;

const message = z.union([
  z.object({ status: z.string() }),
  z.object({ ready: z.literal(true) }),
  z.object({ failed: z.string() }),
  z.object({ id: z.int(), vectors: z.array(z.instanceof(Float32Array)) }),
  z.object({ id: z.int(), problem: z.string() }),
]);

/** Starts the thread. Until the model is loaded (fetched, the first time) `embed` rejects with `Unavailable`; `ready` says when. */
export function miniLmEmbedder(options: MiniLmOptions = {}): Embedder {
  return new MiniLmEmbedder(options);
}

class MiniLmEmbedder implements Embedder {
  readonly name = 'all-MiniLM-L6-v2-int8';
  readonly version = miniLm.checksum.slice(0, 8);
  readonly dimension = miniLm.dimension;
  readonly #worker: Worker;
  readonly #loaded: Promise<void>;
  #settle: { resolve: () => void; reject: (error: unknown) => void } = { resolve: () => {}, reject: () => {} };
  #state: 'loading' | 'ready' | 'ended' = 'loading';
  #problem = 'the model is being loaded';
  #waiting: Job[] = [];
  #running: Job | undefined;
  #next = 0;

  constructor({ cacheDir, onStatus = () => {} }: MiniLmOptions) {
    this.#loaded = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Who waits for it hears of it; the others ask `embed`.
    this.#loaded.catch(() => {});
    this.#worker = new Worker(new URL('./minilm-worker.mjs', import.meta.url), {
      workerData: { threads: 1, ...(cacheDir !== undefined && { cacheDir }) },
    });
    this.#worker.on('message', (received) => {
      const told = message.parse(received);
      if ('status' in told) onStatus(told.status);
      else if ('ready' in told) this.#opened();
      else if ('failed' in told) this.#end(told.failed);
      else this.#finish('vectors' in told ? told.vectors : unavailable(told.problem));
    });
    this.#worker.on('error', (error) => this.#end(error.message));
    this.#worker.on('exit', () => this.#end('its thread ended'));
  }

  ready(): Promise<void> {
    return this.#loaded;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    signal?.throwIfAborted();
    if (this.#state !== 'ready') throw unavailable(this.#problem);
    if (texts.length === 0) return [];
    let abort = () => {};
    const vectors = new Promise<Float32Array[]>((resolve, reject) => {
      const job: Job = { texts, vectors: [], resolve, reject, isGivenUp: false };
      abort = () => {
        job.isGivenUp = true;
        this.#waiting = this.#waiting.filter((other) => other !== job);
        reject(signal?.reason);
      };
      this.#waiting.push(job);
    });
    signal?.addEventListener('abort', abort, { once: true });
    this.#run();
    return vectors.finally(() => signal?.removeEventListener('abort', abort));
  }

  async close(): Promise<void> {
    this.#end('the embedder was closed');
    await this.#worker.terminate();
  }

  #opened(): void {
    if (this.#state !== 'loading') return;
    this.#state = 'ready';
    this.#settle.resolve();
  }

  #end(problem: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#problem = problem;
    const error = unavailable(problem);
    this.#settle.reject(error);
    for (const { reject } of [...this.#waiting, ...(this.#running ? [this.#running] : [])]) reject(error);
    this.#waiting = [];
  }

  /** The shortest job first: a question goes before documents, and a batch of them is put off between its parts. */
  #run(): void {
    if (this.#running !== undefined || this.#waiting.length === 0) return;
    const left = ({ texts, vectors }: Job) => texts.length - vectors.length;
    const job = this.#waiting.reduce((best, other) => (left(other) < left(best) ? other : best));
    this.#waiting = this.#waiting.filter((other) => other !== job);
    this.#running = job;
    const done = job.vectors.length;
    this.#worker.postMessage({ id: this.#next++, texts: job.texts.slice(done, done + textsAtOnce) });
  }

  #finish(answer: Float32Array[] | VectorStoreError): void {
    const job = this.#running;
    this.#running = undefined;
    if (job !== undefined && !job.isGivenUp) {
      if (answer instanceof VectorStoreError) job.reject(answer);
      else {
        job.vectors.push(...answer);
        if (job.vectors.length >= job.texts.length) job.resolve(job.vectors);
        else this.#waiting.push(job);
      }
    }
    this.#run();
  }
}

const unavailable = (problem: string) => new VectorStoreError('Unavailable', `no embeddings: ${problem}`);
