import type { Capabilities } from '../../capabilities.ts';
import type { CallContext } from '../../driver.ts';
import type { FileSystem } from '../../engine/storage/filesystem.ts';
import { VectorStoreError } from '../../errors.ts';
import { commonCapabilities } from '../common-capabilities.ts';
import { Gate } from '../locks.ts';
import { Copier, type CopyTimes, type Roles } from './copier.ts';
import type { Mark } from './marks.ts';
import type { MarkQueue } from './queue.ts';
import type { Shadow } from './shadow.ts';
import type { Side } from './side.ts';
import { type MirrorState, saveState } from './state.ts';
import { Worker } from './worker.ts';

/** Milliseconds after a write whose end nobody knows at which its records are copied once more. */
const uncertainMs = 3_000;

/** What a mirror stands on. */
export interface CoreParts {
  readonly sides: readonly [Side, Side];
  readonly queue: MarkQueue;
  readonly state: MirrorState;
  readonly fs: FileSystem;
  readonly directory: string;
  readonly times: CopyTimes;
  readonly release: () => Promise<void>;
}

/** What both sides can do. */
export function mirrorCapabilities(sides: readonly (Capabilities | undefined)[]): Capabilities {
  const each = sides.filter((capabilities) => capabilities !== undefined);
  const { options } = commonCapabilities(each);
  const ttl = { refused: 'the other side would keep what expires on this one' };
  return commonCapabilities(each, { options: { ...options, ttl } });
}

/** How long to wait for what waits to be copied. */
export interface DrainOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Only for whole namespaces and collections. */
  readonly coarse?: boolean;
  /** Only for what waits by now: under a steady stream of writes the queue may never be empty. */
  readonly soFar?: boolean;
}

/** Two sides, what differs between them, and who makes it equal. */
export class MirrorCore {
  readonly queue: MarkQueue;
  readonly copier: Copier;
  readonly worker: Worker;
  /** Writes pass as readers; whoever changes sides keeps them waiting. */
  readonly gate = new Gate();
  readonly #parts: CoreParts;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #state: MirrorState;
  #saving: Promise<unknown> = Promise.resolve();
  shadow: Shadow | undefined;

  constructor(parts: CoreParts) {
    this.#parts = parts;
    this.#state = parts.state;
    this.queue = parts.queue;
    const roles = () => this.roles;
    this.copier = new Copier(roles, parts.times);
    this.worker = new Worker(parts.queue, this.copier, roles, parts.times, (mark) => this.#markLater([mark]));
  }

  get state(): MirrorState {
    return this.#state;
  }

  get sides(): readonly [Side, Side] {
    return this.#parts.sides;
  }

  get roles(): Roles {
    const { active } = this.#state;
    return { active: this.sides[active], passive: this.sides[active === 0 ? 1 : 0] };
  }

  get capabilities(): Capabilities {
    return mirrorCapabilities(this.sides.map((side) => side.capabilities));
  }

  /** Changes what survives a restart; on return it does. */
  save(change: (state: MirrorState) => Partial<MirrorState>): Promise<void> {
    const capabilities = [this.sides[0].capabilities, this.sides[1].capabilities] as const;
    this.#state = { ...this.#state, capabilities, ...change(this.#state) };
    const state = this.#state;
    const saving = this.#saving.then(() => saveState(this.#parts.fs, this.#parts.directory, state));
    this.#saving = saving.catch(() => undefined);
    return saving;
  }

  /**
   * Writes to the active side, after it was noted what may differ from then on.
   *
   * @param known What differs as far as the answer tells; else what was noted stands.
   */
  write<T>(
    marks: readonly Mark[],
    context: CallContext,
    run: (side: Side) => Promise<T>,
    known: (answer: T) => readonly Mark[] | undefined = () => undefined,
  ): Promise<T> {
    return this.gate.read(async () => {
      context.signal.throwIfAborted();
      const { active } = this.roles;
      const release = await this.queue.hold(marks);
      try {
        const answer = await run(active);
        await release(known(answer));
        return answer;
      } catch (error) {
        const applied = active.connected?.classify(error)?.applied ?? 'unknown';
        if (applied === 'unknown') await this.#markLater(marks);
        await release(applied === 'no' ? [] : undefined);
        throw error;
      }
    });
  }

  /** A request that was given up may still take effect. */
  async #markLater(marks: readonly Mark[]): Promise<void> {
    const release = await this.queue.hold(marks);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void release();
    }, uncertainMs);
    this.#timers.add(timer);
    (timer as { unref?: () => void }).unref?.();
  }

  /** Returns when nothing differs any more, as far as anybody knows. */
  async drain({ signal, timeoutMs, coarse, soFar }: DrainOptions): Promise<void> {
    const { queue, worker } = this;
    const { latest } = queue;
    const isDone = () => (coarse ? !queue.isCoarse : soFar ? !queue.isWaitingFor(latest) : queue.length === 0);
    worker.hurry();
    if (isDone()) return;
    await new Promise<void>((resolve, reject) => {
      const end = (error?: unknown) => {
        clearTimeout(timer);
        stop();
        signal?.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = () => end(new VectorStoreError('Aborted', 'the caller aborted', { cause: signal?.reason }));
      const timer = setTimeout(() => {
        const { lastError } = worker;
        const why = lastError === undefined ? '' : `: ${lastError.message}`;
        const message = `${queue.length} changes still wait to be copied after ${timeoutMs} ms${why}`;
        end(new VectorStoreError('Timeout', message, { cause: lastError }));
      }, timeoutMs);
      const stop = queue.listen(() => {
        if (isDone()) end();
      });
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
      if (isDone()) end();
    });
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.worker.stop();
    await this.shadow?.settle();
    await this.#saving;
    const ends = await Promise.allSettled([this.queue.close(), ...this.sides.map((side) => side.close())]);
    await this.#parts.release();
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
