import type { VectorStore } from '../../src/store.ts';
import type { RecordInput } from '../../src/types.ts';
import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { idsOf, malformed, numbered, scanned, vectorFor } from '../reads.ts';

/** A stream that says what became of it. */
class Source {
  readonly #records: readonly RecordInput[];
  /** Called before the record of this position is given. */
  readonly #before: (position: number) => unknown;
  given = 0;
  returned = 0;

  constructor(records: readonly RecordInput[], before: (position: number) => unknown = () => undefined) {
    this.#records = records;
    this.#before = before;
  }

  [Symbol.asyncIterator](): AsyncIterator<RecordInput> {
    return {
      next: async () => {
        await this.#before(this.given);
        if (this.given >= this.#records.length) return { done: true, value: undefined };
        return { done: false, value: this.#records[this.given++]! };
      },
      return: async () => {
        this.returned++;
        return { done: true, value: undefined };
      },
    };
  }
}

export const upsertStreamSuite = defineSuite('upsert a stream', ['upsert', 'get', 'count', 'scan'], (it) => {
  it('async streams, generators and sets of many batches are written whole', async (t) => {
    const records = numbered(250);
    function* generated() {
      yield* records;
    }
    for (const [what, stream] of [
      ['async', new Source(records)],
      ['generator', generated()],
      ['set', new Set(records)],
    ] as const) {
      const store = await t.scratch();
      const result = await store.upsert(stream, { batchSize: 20, details: true });
      deepEqual([result.acknowledged, await store.count()], [250, 250], `${what}: acknowledged and count`);
      deepEqual([...result.acknowledgedIds!].sort(), idsOf(records), `${what}: acknowledgedIds`);
      const back = await store.get(idsOf(records));
      deepEqual(
        back.filter((record, i) => record?.payload.n !== i),
        [],
        `${what}: records lost or swapped`,
      );
    }
  });

  it('the last batch is written too, full or not', async (t) => {
    for (const size of [1, 9, 10, 11, 20, 21]) {
      const store = await t.scratch();
      await store.upsert(new Source(numbered(size)), { batchSize: 10 });
      equal(await store.count(), size, `count of ${size}`);
    }
  });

  it('an empty stream writes nothing', async (t) => {
    const store = await t.scratch();
    const nothing = { acknowledged: 0, missing: [], failed: [], unknown: [] };
    deepEqual(await store.upsert(new Source([])), nothing, 'async');
    deepEqual(await store.upsert(new Set<RecordInput>()), nothing, 'set');
  });

  it('of several records with one id the last wins, whatever batches they fall into', async (t) => {
    const store = await t.scratch();
    const records = Array.from({ length: 200 }, (_, i) => ({ id: `r${i % 7}`, vector: vectorFor(i), payload: { i } }));
    await store.upsert(new Source(records), { batchSize: 5, concurrency: 8 });
    const back = await store.get(Array.from({ length: 7 }, (_, i) => `r${i}`));
    deepEqual(
      back.map((record) => record?.payload.i),
      [196, 197, 198, 199, 193, 194, 195],
      'payloads',
    );
    equal(await store.count(), 7, 'count');
  });

  it('a stream is read no further ahead than the batches in flight', ['session consistency'], async (t) => {
    const store = await t.scratch();
    const source = new Source(numbered(100), async (position) => {
      const written = await store.count();
      // One batch in flight, one that waits to be sent.
      ok(position - written <= 20, `${position} records were read when ${written} were written`);
    });
    await store.upsert(source, { batchSize: 10, concurrency: 1 });
    equal(await store.count(), 100, 'count');
  });

  it('an error of the stream is PartialFailure with it as cause; what was sent is accounted for', async (t) => {
    const store = await t.scratch();
    const source = new Source(numbered(30), (position) => {
      if (position === 25) throw new RangeError('the source broke');
    });
    const error = await rejects('PartialFailure', 'upsert', () =>
      store.upsert(source, { batchSize: 10, details: true }),
    );
    const { acknowledged, acknowledgedIds, failed, unknown, missing } = error.result!;
    const sent = wholeBatches(store, 25);
    deepEqual([acknowledged, missing, unknown], [sent, [], []], 'acknowledged, missing, unknown');
    deepEqual(idsOf(failed).sort(), idsOf(numbered(25 - sent, 3, sent)), 'failed');
    deepEqual([...acknowledgedIds!].sort(), idsOf(numbered(sent)), 'acknowledgedIds');
    deepEqual(idsOf(await scanned(store)).sort(), idsOf(numbered(sent)), 'written');
    const causes = [error.cause, (error.cause as { cause?: unknown } | undefined)?.cause];
    ok(
      causes.some((cause) => cause instanceof RangeError),
      'the error of the source is the cause, or its cause',
    );
  });

  it('a bad record stops the stream: batches before it are written, return() is called, the books add up', async (t) => {
    const store = await t.scratch();
    const records: RecordInput[] = [...numbered(25), { id: 'bad', vector: [1, 2] }, ...numbered(10, 3, 50)];
    const source = new Source(records);
    const error = await rejects('PartialFailure', 'upsert', () => store.upsert(source, { batchSize: 10 }));
    equal((error.cause as { code?: unknown }).code, 'InvalidArgument', 'code of the cause');
    ok(
      (error.cause as Error).message.includes('records[25]'),
      `the cause names the place: ${(error.cause as Error).message}`,
    );
    const sent = wholeBatches(store, 25);
    deepEqual([error.result!.acknowledged, error.result!.failed.length], [sent, 25 - sent], 'acknowledged and failed');
    deepEqual([source.returned, source.given], [1, 26], 'return() calls and records read');
    deepEqual(idsOf(await scanned(store)).sort(), idsOf(numbered(sent)), 'written');
  });

  it('a stream that cannot be iterated, or gives no iterator, is refused', async (t) => {
    const store = await t.scratch();
    for (const stream of [{ [Symbol.asyncIterator]: () => undefined }, { [Symbol.iterator]: () => 7 }]) {
      await rejects('PartialFailure', 'upsert', () => store.upsert(malformed(stream)));
    }
    await rejects('InvalidArgument', 'a string', () => store.upsert(malformed('abc')));
    await rejects('PartialFailure', 'a Map', () => store.upsert(malformed(new Map([['a', 1]]))));
    equal(await store.count(), 0, 'count');
  });

  it('aborting a stream ends it: no record more is read, each one read is acknowledged, failed or unknown', async (t) => {
    const store = await t.scratch();
    const controller = new AbortController();
    const source = new Source(numbered(100), (position) => {
      if (position === 35) controller.abort();
    });
    const options = { batchSize: 10, concurrency: 1, signal: controller.signal, details: true };
    const error = await rejects('PartialFailure', 'upsert', () => store.upsert(source, options));
    equal((error.cause as { code?: unknown }).code, 'Aborted', 'code of the cause');
    const { acknowledgedIds = [], failed, unknown } = error.result!;
    ok(source.given <= 36, `${source.given} records were read`);
    const booked = [...acknowledgedIds, ...idsOf(failed), ...unknown].sort();
    equal(new Set(booked).size, booked.length, 'each id in one column');
    deepEqual(booked, idsOf(numbered(booked.length)), 'ids in the books');
    ok(booked.length >= 35, `${booked.length} of 35 records are in the books`);
    const stored = idsOf(await scanned(store));
    deepEqual(
      acknowledgedIds.filter((id) => !stored.includes(id)),
      [],
      'acknowledged, yet absent',
    );
    deepEqual(
      failed.filter(({ id }) => stored.includes(id)),
      [],
      'failed, yet written',
    );
  });

  it('a stream that stalls ends at the deadline, with Timeout as cause', async (t) => {
    const store = await t.scratch();
    const source = new Source(numbered(30), (position) => (position === 25 ? new Promise(() => undefined) : undefined));
    // Long enough for two batches, on a slow server too.
    const began = performance.now();
    await store.upsert(numbered(1));
    const timeoutMs = 200 + 20 * (performance.now() - began);
    const error = await rejects('PartialFailure', 'upsert', () => store.upsert(source, { batchSize: 10, timeoutMs }));
    equal((error.cause as { code?: unknown }).code, 'Timeout', 'code of the cause');
    const { acknowledged, failed, unknown } = error.result!;
    equal(acknowledged + failed.length + unknown.length, 25, 'records in the books');
    equal(source.returned, 1, 'return() calls');
  });
});

/** How many of `n` records fill batches of 10, or of as many as the backend takes. */
function wholeBatches(store: VectorStore, n: number): number {
  const batch = Math.min(10, store.capabilities.limits.batchRecords);
  return n - (n % batch);
}
