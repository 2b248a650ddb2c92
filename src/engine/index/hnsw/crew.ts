import type { ThreadPlaces } from './graph-memory.ts';

/** Part of what `node:worker_threads` has. */
interface WorkerThreads {
  readonly Worker: new (program: string, options: { readonly eval: true; readonly workerData: unknown }) => Worker;
}
interface Worker {
  postMessage(message: unknown): void;
  once(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): void;
  off(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): void;
  terminate(): Promise<number>;
}

/** A program, not a module: bundlers and test runners need not know of it. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { module, memory, configure } = workerData;
const abort = () => { throw new TypeError('the kernels have stopped'); };
const kernels = new WebAssembly.Instance(module, { env: { memory, abort } }).exports;
kernels.configure(...configure);
parentPort.on('message', ({ place, batch }) => {
  kernels.place(...place);
  kernels.insertBatch(...batch);
  parentPort.postMessage('done');
});
`;

/** The threads of Node, where there are any. */
function workerThreads(): WorkerThreads | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  return process.getBuiltinModule('node:worker_threads') as unknown as WorkerThreads;
}

/** How many threads are of use for building: as many as there are processors, at most four; none where there is one, or no threads. */
export function usefulThreads(): number {
  if (workerThreads() === undefined) return 0;
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
    const { Worker } = workerThreads()!;
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

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function answered(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = () => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
    };
    const onMessage = () => {
      forget();
      resolve();
    };
    const onError = (error: unknown) => {
      forget();
      reject(error);
    };
    const onExit = () => onError(new Error('a thread that built the index has ended'));
    worker.once('message', onMessage);
    worker.once('error', onError);
    worker.once('exit', onExit);
  });
}
