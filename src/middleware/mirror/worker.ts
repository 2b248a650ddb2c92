import type { CallContext } from '../../driver.ts';
import { VectorStoreError } from '../../errors.ts';
import { withTimedSignal } from '../../portable/timed-signal.ts';
import { type Copier, type CopyTimes, firstPauseMs, type Roles } from './copier.ts';
import type { Mark } from './marks.ts';
import type { Batch, MarkQueue } from './queue.ts';

const idsAtOnce = 1_000;

/** Works off the queue, one batch after another, for ever: what fails is tried again. */
export class Worker {
  readonly #queue: MarkQueue;
  readonly #copier: Copier;
  readonly #roles: () => Roles;
  readonly #times: CopyTimes;
  readonly #markLater: (mark: Mark) => Promise<void>;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #lastError: VectorStoreError | undefined;
  #failures = 0;
  /** Whether an attempt with the batch at hand may have taken effect, or may do so yet. */
  #isUncertain = false;

  /** `markLater`: copies once more after a while what may still arrive late. */
  constructor(
    queue: MarkQueue,
    copier: Copier,
    roles: () => Roles,
    times: CopyTimes,
    markLater: (mark: Mark) => Promise<void>,
  ) {
    this.#markLater = markLater;
    this.#queue = queue;
    this.#copier = copier;
    this.#roles = roles;
    this.#times = times;
  }

  /** Why the last batch failed; undefined once one has succeeded. */
  get lastError(): VectorStoreError | undefined {
    return this.#lastError;
  }

  start(): void {
    this.#queue.listen(() => {
      if (this.#failures === 0) this.#wake();
    });
    this.#running = this.#run();
  }

  /** Does not wait out the pause after a failure. */
  hurry(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#closing.abort(new VectorStoreError('StoreClosed', 'the mirror was closed'));
    this.#wake();
    await this.#running;
  }

  /** Does one piece of work: it ends with the worker, and when a request takes too long. */
  inTime<T>(work: (context: CallContext) => Promise<T>): Promise<T> {
    const { requestTimeoutMs } = this.#times;
    const late = () => new VectorStoreError('Timeout', `not done within ${requestTimeoutMs} ms`);
    return withTimedSignal([this.#closing.signal], requestTimeoutMs, late, (signal) =>
      work({ signal, deadline: performance.now() + requestTimeoutMs }),
    );
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const batch = this.#queue.take(idsAtOnce);
      if (batch === undefined) {
        await woken;
        continue;
      }
      try {
        await this.#work(batch);
        // A request that was given up may yet arrive, and undo a later one.
        if (this.#isUncertain) await this.#markLater(batch.mark);
        this.#isUncertain = false;
        await this.#queue.done(batch);
        this.#lastError = undefined;
        this.#failures = 0;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        await this.#note(error, batch);
        await Promise.race([woken, pause(this.#pauseMs())]);
      }
    }
  }

  async #work({ mark }: Batch): Promise<void> {
    const { collection } = mark;
    switch (mark.kind) {
      case 'ids': {
        await this.#copier.copyIds(collection, mark.namespace, mark.ids, this.#long());
        return;
      }
      case 'removed':
        return this.#copier.removeGone(collection, mark.namespace, this.#long());
      case 'namespace':
        return this.#copier.copyNamespace(collection, mark.namespace, this.#long());
      case 'content':
        return this.#copier.copyCollection(collection, this.#long());
      case 'collection':
        if (await this.#copier.renewCollection(collection, this.#long()))
          await this.#copier.copyCollection(collection, this.#long());
    }
  }

  /** Work of unknown length ends with the worker only. */
  #long(): CallContext {
    return { signal: this.#closing.signal };
  }

  async #note(error: unknown, { mark: { collection } }: Batch): Promise<void> {
    const { active, passive } = this.#roles();
    this.#failures += 1;
    this.#lastError = passive.typed(error);
    this.#isUncertain ||= passive.connected !== undefined && passive.connected.classify(error)?.applied !== 'no';
    if (this.#lastError.code !== 'NotFound') return;
    // Somebody has dropped the collection on one side: it is opened anew, and filled where it has to be created.
    for (const side of [active, passive]) side.forget(collection);
    await this.#queue.add([{ kind: 'content', collection }]);
  }

  #pauseMs(): number {
    return Math.min(this.#times.maxPauseMs, firstPauseMs * 2 ** Math.min(20, this.#failures - 1));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    (timer as { unref?: () => void }).unref?.();
  });
}
