import type { CollectionDriver, Driver, DriverRecord } from '../driver.ts';
import { VectorStoreError } from '../errors.ts';
import { TimeSlice } from '../time-slice.ts';
import type { WriteResult } from '../types.ts';
import { type Call, checkInput, raceSignal } from './call.ts';
import { sendBatch, WriteLedger } from './ledger.ts';
import { bytesOf, prepareRecord, type RecordRules } from './records.ts';

/** An upsert under way. */
export interface UpsertJob {
  readonly call: Call;
  readonly driver: Driver;
  readonly collection: CollectionDriver;
  readonly namespace: string;
  readonly rules: RecordRules;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly details: boolean;
}

/** Validates all records, of many in several turns of the event loop, then writes them. Nothing is sent if one is bad. */
export async function upsertArray(
  records: readonly unknown[],
  job: UpsertJob,
  place: (i: number) => string,
): Promise<WriteResult> {
  const prepared = new Map<string, DriverRecord>();
  // Not to be aborted: of records that were not read the books could not say how they ended.
  const slice = new TimeSlice();
  let given = records;
  for (let i = 0; i < given.length; i++) {
    const pending = checkInput(place(i), () => prepareRecord(given[i], job.rules, place(i)));
    const record = pending instanceof Promise ? await raceSignal(job.call.signal, () => pending) : pending;
    prepared.set(record.id, record);
    if (!slice.isOver) continue;
    // The array is the caller's, who may go on with it.
    if (given === records) given = checkInput('records', () => records.slice());
    await slice.pause();
  }
  const sender = new Sender(job);
  for (const record of prepared.values()) await sender.add(record);
  await sender.end();
  return sender.ledger.finish();
}

/** Writes a stream batch by batch, reading no faster than batches go out. */
export async function upsertStream(
  source: Iterable<unknown> | AsyncIterable<unknown>,
  job: UpsertJob,
): Promise<WriteResult> {
  const sender = new Sender(job);
  const { signal } = job.call;
  const slice = new TimeSlice(signal);
  let iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  try {
    iterator = checkInput('records', () =>
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator](),
    );
    for (let i = 0; sender.ledger.cause === undefined; i++) {
      const current = iterator;
      const next = await raceSignal(signal, async () => current.next());
      if (next.done) break;
      const at = `records[${i}]`;
      await sender.add(
        await raceSignal(signal, async () => checkInput(at, () => prepareRecord(next.value, job.rules, at))),
      );
      if (slice.isOver) await slice.pause();
    }
  } catch (error) {
    const cause = sourceError(error, job.call);
    await sender.drain(cause);
    await stop(iterator, signal);
    // Ended before a record was read: there is nothing to account for.
    throw signal.aborted && sender.ledger.isEmpty ? cause : sender.ledger.partialFailure(cause);
  }
  // A failed batch also ends the loop: the source is told, and what was read but not sent is in the books.
  if (sender.ledger.cause !== undefined) await stop(iterator, signal);
  await sender.end();
  return sender.ledger.finish();
}

function sourceError(error: unknown, call: Call): VectorStoreError {
  if (VectorStoreError.is(error)) return call.wrap(error);
  return call.wrap(new VectorStoreError('InvalidArgument', 'the source of records threw an error', { cause: error }));
}

/** Lets the source clean up. Its own error must not hide ours, and one that hangs must not hold us after an abort. */
async function stop(
  iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const closing = Promise.resolve()
    .then(() => iterator?.return?.())
    .catch(() => undefined);
  if (!signal.aborted) await closing;
}

/** Cuts records into batches and keeps a bounded number of them in flight. */
class Sender {
  readonly ledger: WriteLedger;
  readonly #job: UpsertJob;
  readonly #inFlight = new Map<Promise<void>, ReadonlySet<string>>();
  #batch = new Map<string, DriverRecord>();
  #bytes = 0;

  constructor(job: UpsertJob) {
    this.#job = job;
    this.ledger = new WriteLedger(job.details);
  }

  async add(record: DriverRecord): Promise<void> {
    const { batchSize, collection } = this.#job;
    const bytes = bytesOf(record, collection);
    const replaced = this.#batch.get(record.id);
    const size = this.#batch.size + (replaced === undefined ? 1 : 0);
    if (this.#batch.size > 0 && (size > batchSize || this.#bytes + bytes > collection.capabilities.limits.batchBytes))
      await this.#send();
    else if (replaced !== undefined) this.#bytes -= bytesOf(replaced, collection);
    // Deleted first, so that the last of several records with one id also has the last place.
    this.#batch.delete(record.id);
    this.#batch.set(record.id, record);
    this.#bytes += bytes;
  }

  async end(): Promise<void> {
    if (this.#batch.size > 0) await this.#send();
    await Promise.all(this.#inFlight.keys());
  }

  /** After an error of the source: what is in flight settles, what was read but not sent has failed. */
  async drain(cause: VectorStoreError): Promise<void> {
    this.ledger.reject([...this.#batch.keys()], cause.code);
    this.#batch = new Map();
    await Promise.all(this.#inFlight.keys());
  }

  async #send(): Promise<void> {
    const { call, driver, collection, namespace, concurrency } = this.#job;
    const records = [...this.#batch.values()];
    const ids = new Set(this.#batch.keys());
    this.#batch = new Map();
    this.#bytes = 0;
    while (this.#inFlight.size >= concurrency) await Promise.race(this.#inFlight.keys());
    // Two writes of one id must not overtake each other.
    const sharing = (others: ReadonlySet<string>) => [...ids].some((id) => others.has(id));
    await Promise.all([...this.#inFlight].filter(([, others]) => sharing(others)).map(([batch]) => batch));
    const batch: Promise<void> = sendBatch(call, driver, this.ledger, [...ids], (context) =>
      collection.upsert(namespace, records, context),
    ).finally(() => this.#inFlight.delete(batch));
    this.#inFlight.set(batch, ids);
  }
}
