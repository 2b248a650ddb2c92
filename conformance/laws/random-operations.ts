import type { VectorDatabase } from '../../src/database.ts';
import { VectorStoreError } from '../../src/errors.ts';
import type { VectorStore } from '../../src/store.ts';
import type { Metric } from '../../src/types.ts';
import { deepEqual, equal, fail, ok, rejects, sameMembers } from '../assertions.ts';
import { defineSuite, type Need } from '../case.ts';
import type { Context } from '../context.ts';
import { checkMatches, checkRecord } from '../oracle/comparison.ts';
import { Oracle, type OracleOutcome } from '../oracle.ts';
import { asFilter, idsOf, paged, scanned } from '../reads.ts';
import { anyHistory, historyFields, type Step } from './operations.ts';
import { holdsFor } from './property.ts';

const needs: readonly Need[] = ['upsert', 'delete', 'get', 'filter', 'scan', 'count', 'search'];

/** A store and the oracle's twin of it, kept in step. */
class Twins {
  readonly #t: Context;
  readonly #oracle: Oracle;
  #root: VectorStore;
  #db: VectorDatabase | undefined;

  constructor(t: Context, root: VectorStore, db?: VectorDatabase) {
    this.#t = t;
    this.#root = root;
    this.#db = db;
    this.#oracle = new Oracle(root.metric, historyFields(t.capabilities));
  }

  async take(step: Step): Promise<void> {
    switch (step.step) {
      case 'upsert': {
        const { written } = this.#oracle.upsert(step.records, step.namespace);
        const records = step.stream ? new Set(step.records) : step.records;
        const result = await this.#at(step.namespace).upsert(records, { details: true });
        // A record may stand in two batches of a stream; an array is made distinct first.
        if (!step.stream) equal(result.acknowledged, written.length, 'acknowledged by upsert');
        sameMembers(new Set(result.acknowledgedIds), written, 'acknowledgedIds of upsert');
        return;
      }
      case 'delete': {
        const { target, namespace } = step;
        const given = 'ids' in target ? target.ids : 'filter' in target ? { filter: asFilter(target.filter) } : target;
        const outcome = this.#oracle.delete(target, namespace);
        return this.#checkWrite(outcome, 'all' in target, () => this.#at(namespace).delete(given, { details: true }));
      }
      case 'setPayload': {
        const { target, namespace, set, mode, unset } = step;
        const given = 'ids' in target ? target.ids : { filter: asFilter(target.filter) };
        const outcome = this.#oracle.setPayload(target, { set, mode, unset }, namespace);
        return this.#checkWrite(outcome, false, () =>
          this.#at(namespace).setPayload(given, set, { mode, unset, details: true }),
        );
      }
      case 'search':
        return this.#checkSearch(step);
      case 'get': {
        const records = await this.#at(step.namespace).get(step.ids);
        const { vectorReadback } = this.#root.capabilities;
        for (const [i, id] of step.ids.entries())
          checkRecord(records[i], this.#oracle.get(id, step.namespace), vectorReadback, `get(${id})`);
        return;
      }
      case 'dropNamespace':
        await this.#root.dropNamespace(step.namespace);
        this.#oracle.delete({ all: true }, step.namespace);
        return;
      case 'recreateIndex':
        return this.#root.recreateIndex(step.index);
      case 'flush':
        return this.#root.flush();
      case 'reopen':
        return this.#reopen();
      default:
        return this.#checkFilter(step);
    }
  }

  /** That nothing differs in the end, in any namespace. */
  async compare(): Promise<void> {
    const { operations, vectorReadback } = this.#root.capabilities;
    if (this.#t.supports(operations.listNamespaces))
      deepEqual(await this.#root.listNamespaces(), this.#oracle.listNamespaces(), 'namespaces');
    for (const namespace of ['', ...this.#oracle.listNamespaces()]) {
      const stored = this.#oracle.records(namespace);
      const records = await scanned(this.#at(namespace));
      sameMembers(idsOf(records), idsOf(stored), `ids in ${JSON.stringify(namespace)}`);
      for (const record of records)
        checkRecord(
          record,
          this.#oracle.get(record.id, namespace),
          vectorReadback,
          `${record.id} in ${JSON.stringify(namespace)}`,
        );
      equal(await this.#at(namespace).count(), stored.length, `count in ${JSON.stringify(namespace)}`);
    }
  }

  #at(namespace: string): VectorStore {
    return namespace === '' ? this.#root : this.#root.namespace(namespace);
  }

  async #checkWrite(
    outcome: OracleOutcome,
    everything: boolean,
    write: () => ReturnType<VectorStore['delete']>,
  ): Promise<void> {
    if (outcome === 'refused') {
      await rejects('InvalidArgument', 'a write that must be refused', write);
      return;
    }
    const result = await write();
    deepEqual([result.failed, result.unknown], [[], []], 'failed and unknown');
    if (this.#t.supports(this.#t.capabilities.options.missingIds))
      sameMembers(result.missing, outcome.missing, 'missing');
    if (!everything) equal(result.acknowledged, outcome.written.length, 'acknowledged');
  }

  async #checkSearch({ namespace, query, filter, k, rank, exact }: Step & { step: 'search' }): Promise<void> {
    const ranked = this.#oracle.ranked(query, filter, namespace);
    const maxDistance = rank === undefined ? undefined : ranked[rank]?.distance;
    const bounds = maxDistance === undefined ? {} : { maxDistance };
    const options = { k, ...bounds, ...(filter && { filter: asFilter(filter) }), ...(exact && { exact }) };
    const what = `search(${JSON.stringify(query)}, ${JSON.stringify(options)})`;
    const store = this.#at(namespace);
    checkMatches(await store.search(query, options), ranked, { k, ...bounds, exact }, this.#oracle.metric, what);
    if (!this.#t.meets('searchBatch')) return;
    const [batched] = await store.searchBatch([query], options);
    checkMatches(batched!, ranked, { k, ...bounds, exact }, this.#oracle.metric, `${what} in a batch`);
  }

  async #checkFilter({ step, namespace, filter, limit }: Step & { step: 'filter' | 'scan' | 'count' }): Promise<void> {
    const expected = this.#oracle.filter(filter, namespace);
    const store = this.#at(namespace);
    const what = `${step}(${JSON.stringify(filter)})`;
    if (step === 'count') return equal(await store.count(asFilter(filter)), expected.length, what);
    const records =
      step === 'filter' ? await paged(store, asFilter(filter), limit) : await scanned(store, asFilter(filter), limit);
    sameMembers(idsOf(records), idsOf(expected), what);
    for (const record of records)
      deepEqual(record.payload, this.#oracle.get(record.id, namespace)?.payload, `${what}: payload of ${record.id}`);
  }

  async #reopen(): Promise<void> {
    const { name } = this.#root;
    await this.#db?.close();
    this.#db = await this.#t.reopen();
    this.#root = this.#t.visible(await this.#db.collection(name));
  }
}

async function follow(twins: Twins, history: readonly Step[]): Promise<void> {
  for (const [i, step] of history.entries()) {
    try {
      await twins.take(step);
    } catch (error) {
      const message = VectorStoreError.is(error)
        ? `${error.code}: ${error.message}`
        : error instanceof Error
          ? error.message
          : String(error);
      fail(`step ${i} (${step.step}): ${message}`, error);
    }
  }
  await twins.compare();
}

export const randomOperationsSuite = defineSuite('random operations', needs, (it) => {
  for (const metric of ['cosine', 'dot', 'euclidean'] as const satisfies readonly Metric[]) {
    it(`${metric}: the store and the oracle agree after every step of any history`, [`metric ${metric}`], async (t) => {
      const fields = historyFields(t.capabilities);
      const history = anyHistory(t.capabilities, t.budget.operations, false, t.indexSpecs);
      await holdsFor(t, t.budget.sequences, history, async (steps) => {
        await follow(new Twins(t, await t.scratch({ metric, fields })), steps);
        await t.giveBack();
      });
    });
  }

  it(
    'they agree as well when the database is closed and opened again between the steps',
    ['option persistence'],
    async (t) => {
      const fields = historyFields(t.capabilities);
      const history = anyHistory(t.capabilities, t.budget.operations, true, t.indexSpecs);
      await holdsFor(t, Math.ceil(t.budget.sequences / 2), history, async (steps) => {
        const db = await t.connect();
        const store = t.visible(await db.createCollection(t.uniqueName(), t.spec({ fields })));
        ok(store.dimension === 3, 'a collection');
        await follow(new Twins(t, store, db), steps);
        await t.giveBack();
      });
    },
  );
});
