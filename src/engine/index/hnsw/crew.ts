import type { ThreadPlaces } from './graph-memory.ts';
import { poolHead } from './proposal.ts';

/** Part of what `node:worker_threads` has. */
interface WorkerThreads {
  readonly Worker: new (program: string, options: { readonly eval: true; readonly workerData: unknown }) => Worker;
}
interface Worker {
  ref(): void;
  unref(): void;
  postMessage(message: unknown): void;
  once(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): void;
  off(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): void;
  terminate(): Promise<number>;
}

/** A batch of searches. Addresses and sizes in bytes. */
export interface CrewSearch {
  readonly vectors: number;
  readonly vectorBytes: number;
  readonly size: number;
  /** A word that is 0: the counter by which threads claim queries. */
  readonly claims: number;
  readonly ef: number;
  /** Where some nodes are dead: a mask of the others. */
  readonly living: { readonly mask: number; readonly breadth: number } | undefined;
}

/** Words before the entries of an answer: the query's number, and the head of a pool. */
const answerHead = 1 + poolHead;

/** A program, not a module: bundlers and test runners need not know of it. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { module, memory, configure } = workerData;
const abort = () => { throw new TypeError('the kernels have stopped'); };
const kernels = new WebAssembly.Instance(module, { env: { memory, abort } }).exports;
kernels.configure(...configure);
const searchAll = ({ vectors, vectorBytes, size, claims, ef, living }) => {
  const words = new Uint32Array(memory.buffer);
  const found = new Uint32Array(size * (${answerHead} + 2 * ef));
  for (let end = 0; ; ) {
    const i = Atomics.add(words, claims / 4, 1);
    if (i >= size) return found.subarray(0, end);
    kernels.ask(vectors + vectorBytes * i);
    const pool = (living ? kernels.searchMasked(ef, living.mask, living.breadth, 0) : kernels.search(ef)) / 4;
    found[end] = i;
    const used = ${poolHead} + 2 * words[pool];
    found.set(words.subarray(pool, pool + used), end + 1);
    end += 1 + used;
  }
};
parentPort.on('message', ({ place, batch, search }) => {
  kernels.place(...place);
  if (search) return parentPort.postMessage(searchAll(search));
  kernels.insertBatch(...batch);
  parentPort.postMessage(undefined);
});
`;

/** Whether there are the threads of Node. Tells without loading them: most programs that open a collection start none. */
function hasThreads(): boolean {
  return typeof process !== 'undefined' && typeof process.getBuiltinModule === 'function';
}

function workerThreads(): WorkerThreads {
  return process.getBuiltinModule('node:worker_threads') as unknown as WorkerThreads;
}

/** How many threads are of use for building: as many as there are processors, at most four; none where there is one, or no threads. */
export function usefulThreads(): number {
  if (!hasThreads()) return 0;
  const processors = process.getBuiltinModule('node:os').availableParallelism();
  return processors < 2 ? 0 : Math.min(4, processors);
}

/** Threads that insert into one graph. */
export class Crew {
  readonly #workers: readonly Worker[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  /**
   * @param configure Of each thread.
   * @returns undefined where threads are denied, by the permissions or the limits of the process.
   */
  static start(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    configure: readonly ThreadPlaces['configure'][],
  ): Crew | undefined {
    const { Worker } = workerThreads();
    const workers: Worker[] = [];
    try {
      for (const each of configure)
        workers.push(new Worker(program, { eval: true, workerData: { module, memory, configure: each } }));
      return new Crew(workers);
    } catch {
      // Nothing is lost: the caller's own thread does the work.
      for (const worker of workers) void worker.terminate();
      return undefined;
    }
  }

  /**
   * Has all threads insert what they can get hold of a batch, until nothing is left.
   *
   * @param place Of each thread.
   */
  async insert(place: readonly ThreadPlaces['place'][], batch: readonly number[]): Promise<void> {
    await Promise.all(
      this.#workers.map(async (worker, thread) => {
        const done = answered(worker);
        worker.postMessage({ place: place[thread], batch });
        await done;
      }),
    );
  }

  /**
   * Has all threads search for what they can get hold of a batch.
   *
   * @param place Of each thread.
   * @returns of each thread what it found: for each query its number, and the pool as it was.
   */
  async search(place: readonly ThreadPlaces['place'][], search: CrewSearch): Promise<Uint32Array[]> {
    for (const worker of this.#workers) worker.ref();
    try {
      return await Promise.all(
        this.#workers.map(async (worker, thread) => {
          const done = answered(worker);
          worker.postMessage({ place: place[thread], search });
          const found = await done;
          if (!(found instanceof Uint32Array)) throw new TypeError('a thread has not said what it found');
          return found;
        }),
      );
    } finally {
      this.rest();
    }
  }

  /** Idle threads keep no process alive. */
  rest(): void {
    for (const worker of this.#workers) worker.unref();
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function answered(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const forget = () => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
    };
    const onMessage = (message: unknown) => {
      forget();
      resolve(message);
    };
    const onError = (error: unknown) => {
      forget();
      reject(error);
    };
    const onExit = () => onError(new Error('a thread of the index has ended'));
    worker.once('message', onMessage);
    worker.once('error', onError);
    worker.once('exit', onExit);
  });
}
