import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import type { EngineName } from './index.ts';
import type { Order } from './messages.ts';

/** One thread, also for the libraries beneath. */
const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
const loader = join(root, 'test/support/typescript-loader.mjs');

/** An engine in a process of its own. */
export class Contestant {
  readonly engine: EngineName;
  readonly #process: ChildProcess;
  #settle: ((answer: { done?: unknown; failed?: string }) => void) | undefined;

  constructor(engine: EngineName) {
    this.engine = engine;
    this.#process = fork(join(root, 'bench/engines/host.ts'), [], {
      execArgv: ['--expose-gc', '--max-old-space-size=8192', '--import', loader],
      env: { ...process.env, ...oneThread },
      serialization: 'advanced',
    });
    this.#process.on('message', (answer: object) => this.#settle?.(answer));
    this.#process.on('exit', (code, signal) => this.#settle?.({ failed: `its process ended (${signal ?? code})` }));
  }

  /** Waits until the order is carried out; one at a time. The type of the answer goes with the order: see `host.ts`. */
  async tell<Answer = undefined>(order: Order): Promise<Answer> {
    const { done, failed } = await new Promise<{ done?: unknown; failed?: string }>((resolve) => {
      this.#settle = resolve;
      this.#process.send(order);
    });
    if (failed !== undefined) throw new Error(`${this.engine}, ${order.do}: ${failed}`);
    return done as Answer;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill();
    await once(this.#process, 'exit');
  }
}
