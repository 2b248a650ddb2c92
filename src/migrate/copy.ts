/** Node only. Writes what the source gives, and notes what the target has acknowledged. */
import { isSupported } from '../capabilities.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import { sleep } from '../remote/sleep.ts';
import type { VectorStore } from '../store.ts';
import type { Payload, RecordInput } from '../types.ts';
import { integerOption, numberOption } from '../validate/options.ts';
import { type Batch, batchesOf, OrderChanged } from './batches.ts';
import type { Checkpoint, NamespaceState } from './checkpoint.ts';
import { differingParts } from './compare.ts';
import { isAccepted, unholdable } from './holdable.ts';
import { PhaseProgress } from './progress.ts';
import { RateLimit } from './rate.ts';
import { inNamespace } from './scope.ts';
import type { CollectionPlan, CopyReport, FindingCode, MigrateOptions, MigrationPlan, Place } from './types.ts';

/** Times that a namespace is taken up again after an error that may pass; the stores themselves have tried again before. */
const attempts = 5;
const listedLeftOut = 10_000;
/**
 * Records of a batch where writes come one after another, as in stores of this process: there a larger one is no faster, and its records live so long that
 * the garbage collector comes to take all records for long-lived, and leaves them lying about.
 */
const oneByOneSize = 250;
/** Records that the checkpoint remembers of each namespace. */
const sampleSize = 16;

/** Copies what is planned; everything acknowledged is in the checkpoint, whatever happens. */
export async function copy(
  source: VectorDatabase,
  target: VectorDatabase,
  plan: MigrationPlan,
  checkpoint: Checkpoint,
  options: MigrateOptions,
): Promise<CopyReport> {
  const copier = new Copier(source, target, plan, checkpoint, options);
  try {
    for (const collection of plan.collections) await copier.copyCollection(collection);
  } catch (error) {
    // A write that was cut off says what it had done, a pause why it ended: to the caller both are the abort.
    if (options.signal?.aborted !== true || VectorStoreError.is(error, 'Aborted')) throw error;
    throw new VectorStoreError('Aborted', 'the caller aborted the copy', { operation: 'migrate', cause: error });
  }
  return copier.report();
}

class Copier {
  readonly #source: VectorDatabase;
  readonly #target: VectorDatabase;
  readonly #checkpoint: Checkpoint;
  readonly #options: MigrateOptions;
  readonly #signal: AbortSignal;
  readonly #progress: PhaseProgress;
  readonly #rate: RateLimit;
  readonly #everyMs: number;
  #saved = performance.now();
  #read = 0;
  #written = 0;
  #present = 0;

  constructor(
    source: VectorDatabase,
    target: VectorDatabase,
    plan: MigrationPlan,
    checkpoint: Checkpoint,
    options: MigrateOptions,
  ) {
    this.#source = source;
    this.#target = target;
    this.#checkpoint = checkpoint;
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
    const rate = numberOption(options.rate, 'options.rate', Number.POSITIVE_INFINITY);
    if (!(rate > 0)) throw new VectorStoreError('InvalidArgument', 'options.rate: records per second, more than 0');
    this.#rate = new RateLimit(rate);
    this.#everyMs = integerOption(options.checkpointEveryMs, 'options.checkpointEveryMs', 1, 86_400_000, 5_000);
    const states = plan.collections.flatMap(({ source: name, namespaces }) =>
      namespaces.map((namespace) => checkpoint.namespace(name, namespace.source)),
    );
    const before = states.reduce((sum, { read }) => sum + read, 0);
    this.#progress = new PhaseProgress('copy', plan.records, options, options.repair ? 0 : before);
  }

  report(): CopyReport {
    return {
      ...{ read: this.#read, written: this.#written, present: this.#present },
      leftOut: this.#checkpoint.leftOut,
      resumed: this.#checkpoint.resumed,
      elapsedMs: this.#progress.elapsedMs,
    };
  }

  async copyCollection(collection: CollectionPlan): Promise<void> {
    const { dimension, metric, index, fields, target } = collection;
    const call = { signal: this.#signal };
    const from = await this.#source.collection(collection.source, call);
    // A former run may have made it; whether that is fine, the plan has said.
    const into = collection.exists
      ? await this.#target.collection(target, call)
      : await this.#target.createCollection(target, { dimension, metric, index, fields }, call);
    try {
      for (const namespace of collection.namespaces) {
        const state = this.#checkpoint.namespace(collection.source, namespace.source);
        if (state.done && this.#options.repair !== true) {
          this.#read += state.read;
          continue;
        }
        const place = { collection: collection.source, namespace: namespace.source };
        await this.#copyNamespace(new NamespaceCopy(from, into, place, state));
      }
    } finally {
      await from.close();
      await into.close();
    }
  }

  /** Takes a namespace up again after an error that may pass, from what was acknowledged. */
  async #copyNamespace(job: NamespaceCopy): Promise<void> {
    let compares = this.#options.repair === true;
    for (let tried = 1; ; tried++) {
      const before = job.state.read;
      try {
        if (!compares && job.state.read > 0) compares = !(await this.#holdsWhatItAcknowledged(job));
        await this.#pass(job, compares);
        job.state.done = true;
        await this.#save(job.root);
        this.#read += job.state.read;
        return;
      } catch (error) {
        if (error instanceof OrderChanged) {
          compares = true;
          continue;
        }
        if (job.state.read > before) tried = 1;
        if (!mayPass(error) || tried === attempts || this.#signal.aborted) throw error;
        await sleep(250 * 2 ** tried, this.#signal);
      }
    }
  }

  /** A target with fewer records than it acknowledged was emptied, or is another one. */
  async #holdsWhatItAcknowledged({ into, state }: NamespaceCopy): Promise<boolean> {
    return (await into.count(undefined, { signal: this.#signal })) >= state.held;
  }

  /** @param compares Read by id what the target holds, and write only what differs: right whatever the order of the source. */
  async #pass(job: NamespaceCopy, compares: boolean): Promise<void> {
    const { state, into } = job;
    if (compares) Object.assign(state, { read: 0, digest: '', held: 0, sample: [] });
    const { limits } = into.capabilities;
    const usual = limits.concurrency === 1 ? Math.min(oneByOneSize, limits.batchRecords) : limits.batchRecords;
    const size = integerOption(this.#options.batchSize, 'options.batchSize', 1, 10_000, usual);
    const width = integerOption(this.#options.concurrency, 'options.concurrency', 1, 64, limits.concurrency);
    const flight = new Flight(width, state);
    try {
      const from = { skip: state.read, digest: state.digest };
      for await (const batch of batchesOf(job.from, job.place, size, from, {
        ...this.#options,
        signal: this.#signal,
      })) {
        const records = this.#holdable(batch.records, job);
        await this.#rate.take(records.length, this.#signal);
        await flight.launch(batch, async () => {
          const held = await this.#write(job, records, compares);
          this.#progress.add(batch.count);
          return held;
        });
        if (performance.now() - this.#saved >= this.#everyMs) await this.#save(job.root);
      }
      await flight.landed();
    } catch (error) {
      await flight.settled();
      // What was acknowledged need not be copied again.
      if (state.read > 0) await this.#save(job.root).catch(() => undefined);
      throw error;
    }
  }

  /** Without those that the target cannot hold. @throws `InvalidArgument` for the first one that nobody agreed to leave out. */
  #holdable(records: readonly RecordInput<Payload>[], { into, place }: NamespaceCopy): RecordInput<Payload>[] {
    return records.filter((record) => {
      const why = unholdable(record, into.capabilities);
      if (why !== undefined) this.#leaveOut(record.id, place, why.code, why.detail, undefined);
      return why === undefined;
    });
  }

  #leaveOut(id: string, place: Place, code: FindingCode, detail: string, cause: unknown): void {
    if (!isAccepted(code, this.#options.allowLossy)) {
      throw new VectorStoreError(
        'InvalidArgument',
        `the target cannot hold the record ${JSON.stringify(id)} of ${place.collection}: ${detail}; allowLossy with ${JSON.stringify(code)} leaves such records out`,
        { ids: [id], cause },
      );
    }
    this.#checkpoint.leaveOut({ ...place, id, code, detail });
    if (this.#checkpoint.leftOut.length > listedLeftOut)
      throw new VectorStoreError(
        'InvalidArgument',
        `more than ${listedLeftOut} records would be left out: choose another target, or filter them`,
      );
  }

  /** Resolves to how many records the target holds of these. */
  async #write(job: NamespaceCopy, records: readonly RecordInput<Payload>[], compares: boolean): Promise<number> {
    if (records.length === 0) return 0;
    const wanted = compares ? await this.#differing(job.into, records) : records;
    this.#present += records.length - wanted.length;
    const written = wanted.length === 0 ? 0 : await this.#upsert(job, wanted);
    this.#written += written;
    return records.length - wanted.length + written;
  }

  async #differing(into: VectorStore, records: readonly RecordInput<Payload>[]): Promise<RecordInput<Payload>[]> {
    const found = await into.get(
      records.map(({ id }) => id),
      { signal: this.#signal },
    );
    const { vectorReadback } = into.capabilities;
    return records.filter((record, i) => {
      const held = found[i];
      return held === undefined || differingParts(record, held, vectorReadback).length > 0;
    });
  }

  /** Where one record is refused, the others are written one by one. */
  async #upsert({ into, place }: NamespaceCopy, records: readonly RecordInput<Payload>[]): Promise<number> {
    try {
      return (await into.upsert(records, { signal: this.#signal })).acknowledged;
    } catch (error) {
      if (!VectorStoreError.is(error, 'InvalidArgument')) throw error;
    }
    let written = 0;
    for (const record of records) {
      try {
        written += (await into.upsert(record, { signal: this.#signal })).acknowledged;
      } catch (error) {
        if (!VectorStoreError.is(error, 'InvalidArgument')) throw error;
        this.#leaveOut(record.id, place, 'record-refused', error.message, error);
      }
    }
    return written;
  }

  /** First the target's disks, then ours. */
  async #save(into: VectorStore): Promise<void> {
    // What is acknowledged while the target flushes is not on its disks for certain.
    const snapshot = this.#checkpoint.snapshot();
    if (isSupported(into.capabilities.operations.flush)) await into.flush();
    await this.#checkpoint.write(snapshot);
    this.#saved = performance.now();
  }
}

/** One namespace on its way. */
class NamespaceCopy {
  readonly from: VectorStore;
  readonly into: VectorStore;
  /** The target's collection itself, which can flush. */
  readonly root: VectorStore;
  readonly place: Place;
  readonly state: NamespaceState;

  constructor(from: VectorStore, into: VectorStore, place: Place, state: NamespaceState) {
    this.from = inNamespace(from, state.source);
    this.into = inNamespace(into, state.target);
    this.root = into;
    this.place = place;
    this.state = state;
  }
}

/** Batches in flight. What is acknowledged without a gap is entered in the state. */
class Flight {
  readonly #width: number;
  readonly #state: NamespaceState;
  readonly #flying = new Set<Promise<void>>();
  /** Batches in their order, until they and all before them are acknowledged. */
  readonly #order: { readonly batch: Batch; held?: number }[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(width: number, state: NamespaceState) {
    this.#width = width;
    this.#state = state;
  }

  /** Waits for room; throws what an earlier batch threw. */
  async launch(batch: Batch, write: () => Promise<number>): Promise<void> {
    while (this.#flying.size >= this.#width) await Promise.race(this.#flying);
    this.#check();
    const entry: { readonly batch: Batch; held?: number } = { batch };
    this.#order.push(entry);
    const flying: Promise<void> = write()
      .then((held) => {
        entry.held = held;
        this.#advance();
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#flying.delete(flying));
    this.#flying.add(flying);
  }

  /** All are acknowledged. */
  async landed(): Promise<void> {
    await this.settled();
    this.#check();
  }

  /** All have ended, one way or another. */
  async settled(): Promise<void> {
    await Promise.all(this.#flying);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #advance(): void {
    for (let first = this.#order[0]; first?.held !== undefined; first = this.#order[0]) {
      const { read, digest, first: sampled } = first.batch;
      if (this.#state.sample.length < sampleSize) this.#state.sample.push(sampled);
      Object.assign(this.#state, { read, digest, held: this.#state.held + first.held });
      this.#order.shift();
    }
  }
}

function mayPass(error: unknown): boolean {
  if (!VectorStoreError.is(error)) return false;
  if (error.retryable) return true;
  const failed = error.result?.failed ?? [];
  return (
    error.code === 'PartialFailure' &&
    failed.every(({ code }) => code === 'Unavailable' || code === 'RateLimited' || code === 'Timeout')
  );
}
