import type { VectorDatabase } from '../../database.ts';
import type { CallContext } from '../../driver.ts';
import { VectorStoreError } from '../../errors.ts';
import type { RefusedRecord } from './copier.ts';
import type { DrainOptions, MirrorCore } from './core.ts';
import type { ShadowReport } from './shadow.ts';
import { findSuspects, judge, type MirrorVerification } from './verify.ts';

const listed = 1_000;
/** So many suspects may be looked at again while writes wait. */
const fewEnough = 5_000;

/** What the steps of a migration take. */
export interface MirrorStepOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds that writes may be kept waiting while the last changes are copied. Default 30,000; then the step fails, and all is as before. */
  readonly pauseTimeoutMs?: number;
}

/** What a backfill takes. */
export interface BackfillOptions {
  readonly signal?: AbortSignal;
  /** Called after each batch. */
  readonly onProgress?: (progress: BackfillProgress) => void;
}

/** How far a backfill is. */
export interface BackfillProgress {
  readonly collection: string;
  /** Records copied in this run. */
  readonly done: number;
  /** Records in the collections that are to be copied, as counted at its beginning. */
  readonly total: number;
}

/** How things stand. */
export interface MirrorStatus {
  /** Which side answers reads and takes writes first. */
  readonly active: 'primary' | 'secondary';
  /** Changes that wait to be copied: ids, or whole namespaces and collections. */
  readonly waiting: number;
  /** Milliseconds that the oldest of them has waited. */
  readonly lagMs: number;
  /** Why the latest attempt to copy failed; undefined while copying works. */
  readonly lastError: VectorStoreError | undefined;
  /** Collections of which not everything has been copied yet: `backfill` does that. */
  readonly toBackfill: readonly string[];
  /** Records that the passive side will not take, with the reason. */
  readonly refused: readonly RefusedRecord[];
  /** A reason why nobody knows what differs (the queue could not be written, or was damaged); `backfill` copies everything again. */
  readonly unsure: string | undefined;
}

/** A database that is being moved: used as always through `database`, and led from one side to the other by the methods. */
export class Mirror implements AsyncDisposable {
  readonly database: VectorDatabase;
  readonly #core: MirrorCore;

  constructor(database: VectorDatabase, core: MirrorCore) {
    this.database = database;
    this.#core = core;
  }

  /** @throws what listing the active side's collections throws. */
  status(): Promise<MirrorStatus> {
    return this.#typed(() => this.#status());
  }

  async #status(): Promise<MirrorStatus> {
    const { queue, worker, copier, state } = this.#core;
    return {
      active: state.active === 0 ? 'primary' : 'secondary',
      waiting: queue.length,
      lagMs: queue.ageMs,
      lastError: copier.waitingFor ?? worker.lastError,
      toBackfill: await this.#toBackfill(),
      refused: copier.refused,
      unsure: this.#unsure,
    };
  }

  /** What shadow reads have shown; undefined where none were asked for. */
  shadowReport(): ShadowReport | undefined {
    return this.#core.shadow?.report;
  }

  /** Waits until everything that waits has been copied. Default: at most 60,000 ms. */
  drain(options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {}): Promise<void> {
    const { signal, timeoutMs = 60_000 } = options;
    return this.#core.drain({ timeoutMs, ...(signal && { signal }) });
  }

  /**
   * Copies what was there before the mirror, collection by collection, while reads and writes go on; removes what the passive side has too much in
   * them. A side that is away is waited for. Interrupted, it goes on with the collections that are not done.
   */
  backfill(options: BackfillOptions = {}): Promise<void> {
    return this.#typed(() => this.#backfill(options), options.signal);
  }

  async #backfill(options: BackfillOptions): Promise<void> {
    const { queue, copier } = this.#core;
    const context = this.#context(options.signal);
    if (this.#unsure !== undefined) {
      queue.forgive();
      await this.#core.save(() => ({ copied: [], unsure: true }));
    }
    const names = await this.#toBackfill(context);
    const total = await this.#count(names, context);
    let done = 0;
    for (const collection of names) {
      await copier.copyCollection(collection, context, (records) => {
        done += records;
        options.onProgress?.({ collection, done, total });
      });
      await this.#core.save(({ copied }) => ({ copied: [...new Set([...copied, collection])] }));
    }
    if (this.#core.state.unsure) await this.#core.save(() => ({ unsure: false }));
  }

  /**
   * Compares all records of both sides while reads and writes go on; those that differ are looked at again once what waits has been copied, if
   * need be while writes wait for a moment.
   */
  verify(options: MirrorStepOptions = {}): Promise<MirrorVerification> {
    return this.#typed(() => this.#verify(options), options.signal);
  }

  async #verify(options: MirrorStepOptions): Promise<MirrorVerification> {
    const { roles, state, gate } = this.#core;
    const { signal, pauseTimeoutMs = 30_000 } = options;
    const context = this.#context(signal);
    const listed_ = await (await roles.active.driver()).listCollections(context);
    const names = [...new Set([...listed_.map(({ name }) => name), ...state.copied])];
    const drain = { timeoutMs: pauseTimeoutMs, ...(signal && { signal }) };
    await this.#core.drain({ ...drain, coarse: true });
    const { suspects, records, problems } = await findSuspects(roles, names, context);
    let differences = await this.#again(suspects, { ...drain, soFar: true }, context);
    if (differences.length > 0 && differences.length <= fewEnough)
      differences = await gate.change(() => this.#again(differences, drain, context));
    return {
      ok: differences.length + problems.length === 0,
      collections: names.length,
      ...{ records, problems },
      differing: differences.length,
      differences: differences.slice(0, listed),
    };
  }

  async #again(suspects: Parameters<typeof judge>[1], drain: DrainOptions, context: CallContext) {
    if (suspects.length === 0) return [];
    await this.#core.drain(drain);
    return judge(this.#core.roles, suspects, context);
  }

  /**
   * Makes the secondary the active side: verifies, keeps writes waiting while the last changes are copied, and changes over. From then on the old
   * primary is kept equal, so that {@link rollback} loses nothing.
   *
   * @throws `Conflict` where something is not copied or differs; `Timeout` where the last changes cannot be copied in time. All is as before then.
   */
  cutover(options: MirrorStepOptions = {}): Promise<MirrorVerification> {
    return this.#typed(() => this.#change(1, options), options.signal);
  }

  /**
   * Makes the primary the active side again, in the same way.
   *
   * @param options `force`: at once, without verifying, for a secondary that is dead. What was not copied is given up, and counted in the answer;
   *   `backfill` then makes the secondary equal.
   */
  async rollback(options: MirrorStepOptions & { readonly force?: false }): Promise<MirrorVerification>;
  async rollback(options?: MirrorStepOptions & { readonly force?: false }): Promise<MirrorVerification>;
  async rollback(options: { readonly force: true }): Promise<{ readonly abandoned: number }>;
  async rollback(
    options: MirrorStepOptions & { readonly force?: boolean } = {},
  ): Promise<MirrorVerification | { readonly abandoned: number }> {
    return this.#typed<MirrorVerification | { readonly abandoned: number }>(
      () => (options.force === true ? this.#abandon() : this.#change(0, options)),
      options.signal,
    );
  }

  async #abandon(): Promise<{ readonly abandoned: number }> {
    const { gate, queue, state } = this.#core;
    if (state.active === 0) throw this.#alreadyThere(0);
    return gate.change(async () => {
      await this.#core.sides[0].driver();
      const abandoned = await queue.clear();
      await this.#switchTo(0, { copied: [], unsure: true });
      return { abandoned };
    });
  }

  async #change(to: 0 | 1, options: MirrorStepOptions): Promise<MirrorVerification> {
    const { copier, gate, state } = this.#core;
    const { signal, pauseTimeoutMs = 30_000 } = options;
    if (state.active === to) throw this.#alreadyThere(to);
    await this.#refuseUnlessComplete();
    const verification = await this.#verify(options);
    if (!verification.ok) {
      const [first] = verification.differences;
      const example = first === undefined ? verification.problems[0] : `${first.collection} ${first.id}: ${first.kind}`;
      throw new VectorStoreError(
        'Conflict',
        `${verification.differing} records and ${verification.problems.length} collections differ, for example ${example}; see verify()`,
      );
    }
    await gate.change(async () => {
      await this.#core.drain({ timeoutMs: pauseTimeoutMs, ...(signal && { signal }) });
      await this.#refuseUnlessComplete();
      if (copier.refused.length > 0)
        throw new VectorStoreError('Conflict', `${copier.refused.length} records are refused by the other side`);
      await this.#switchTo(to, {});
    });
    return verification;
  }

  async #switchTo(to: 0 | 1, more: { copied?: readonly string[]; unsure?: boolean }): Promise<void> {
    await this.#core.sides[to].driver();
    await this.#core.save(() => ({ active: to, ...more }));
    this.#core.copier.forget();
    this.#core.shadow?.reset();
  }

  #alreadyThere(to: 0 | 1): VectorStoreError {
    return new VectorStoreError('Conflict', `the ${to === 0 ? 'primary' : 'secondary'} is the active side already`);
  }

  async #refuseUnlessComplete(): Promise<void> {
    const unsure = this.#unsure;
    if (unsure !== undefined) throw new VectorStoreError('Conflict', `${unsure}; backfill() first`);
    const missing = await this.#toBackfill();
    if (missing.length > 0)
      throw new VectorStoreError('Conflict', `not copied yet: ${missing.join(', ')}; backfill() first`);
  }

  async #toBackfill(context = this.#context()): Promise<string[]> {
    const { roles, state } = this.#core;
    const infos = await (await roles.active.driver()).listCollections(context);
    return infos.map(({ name }) => name).filter((name) => !state.copied.includes(name));
  }

  async #count(names: readonly string[], context: CallContext): Promise<number> {
    let total = 0;
    for (const name of names)
      total += (await (await this.#core.roles.active.collection(name, context)).stats(context)).count;
    return total;
  }

  async #typed<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw new VectorStoreError('Aborted', 'the caller aborted', { cause: signal.reason });
      const { active, passive } = this.#core.roles;
      throw active.connected?.classify(error) === undefined ? passive.typed(error) : active.typed(error);
    }
  }

  get #unsure(): string | undefined {
    const { queue, state } = this.#core;
    if (queue.lost !== undefined) return 'a change could not be written down';
    return state.unsure ? 'what waited to be copied was lost or given up' : undefined;
  }

  #context(signal?: AbortSignal): CallContext {
    return { signal: signal ?? new AbortController().signal };
  }

  /** Closes the database, too. What waits is kept, and copied when the mirror is opened again. */
  close(): Promise<void> {
    return this.database.close();
  }

  /** {@link Mirror.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
