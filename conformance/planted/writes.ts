import type { DriverRecord } from '../../src/driver.ts';
import { matchAll } from '../../src/filter/normal-form.ts';
import { forwardDriver } from '../../src/middleware/forward.ts';
import { inCollection, inDriver, inStore, type PlantedBug } from './plant.ts';

const later = (work: () => Promise<unknown>) => void setTimeout(() => void work().catch(() => undefined), 20);
const whole = { include: { payload: true, vector: true }, consistency: 'session' } as const;

/** Writes that do something else than they say. */
export const writeBugs: readonly PlantedBug[] = [
  inCollection('a write is acknowledged before it can be read', (inner) => ({
    upsert: async (namespace, records, context) => {
      later(() => inner.upsert(namespace, records, context));
      return { acknowledged: records.length };
    },
  })),
  inCollection('a delete is acknowledged before it is done', (inner) => ({
    delete: async (namespace, target, context) => {
      later(() => inner.delete(namespace, target, context));
      return { acknowledged: 'ids' in target ? target.ids.length : 0 };
    },
  })),
  inCollection('the last record of a large batch is lost', (inner) => ({
    upsert: async (namespace, records, context) => {
      await inner.upsert(namespace, records.length > 100 ? records.slice(0, -1) : records, context);
      return { acknowledged: records.length };
    },
  })),
  inCollection('the last, shorter batch is lost', (inner) => {
    let full = false;
    return {
      upsert: async (namespace, records, context) => {
        const lost = full && records.length < inner.capabilities.limits.batchRecords;
        full = records.length === inner.capabilities.limits.batchRecords;
        if (!lost) await inner.upsert(namespace, records, context);
        return { acknowledged: records.length };
      },
    };
  }),
  inCollection('every hundred-and-first record is skipped', (inner) => ({
    upsert: async (namespace, records, context) => {
      await inner.upsert(
        namespace,
        records.filter((_, i) => i % 101 !== 100),
        context,
      );
      return { acknowledged: records.length };
    },
  })),
  inCollection('an upsert merges payloads instead of replacing them', (inner) => ({
    upsert: async (namespace, records, context) => {
      const old = new Map(
        (
          await inner.get(
            namespace,
            records.map(({ id }) => id),
            whole,
            context,
          )
        ).map((record) => [record.id, record.payload]),
      );
      return inner.upsert(
        namespace,
        records.map((record): DriverRecord => withPayload(record, { ...old.get(record.id), ...record.payload })),
        context,
      );
    },
  })),
  inCollection('an empty payload leaves the old one', (inner) => ({
    upsert: async (namespace, records, context) => {
      const old = new Map(
        (
          await inner.get(
            namespace,
            records.map(({ id }) => id),
            whole,
            context,
          )
        ).map((record) => [record.id, record.payload]),
      );
      const kept = (record: DriverRecord) =>
        record.json === '{}' ? withPayload(record, old.get(record.id) ?? {}) : record;
      return inner.upsert(namespace, records.map(kept), context);
    },
  })),
  inCollection('vectors are rounded to 16 bits', (inner) => ({
    upsert: (namespace, records, context) =>
      inner.upsert(
        namespace,
        records.map((record) => ({
          ...record,
          vector: record.vector?.map((x) => Math.fround(Number(x.toPrecision(3)))) ?? null,
        })),
        context,
      ),
  })),
  inCollection('ids are normalised', (inner) => ({
    upsert: (namespace, records, context) =>
      inner.upsert(
        namespace,
        records.map((record) => ({ ...record, id: record.id.normalize('NFC') })),
        context,
      ),
  })),
  inCollection('setPayload replaces the whole payload', (inner) => ({
    setPayload: (namespace, target, patch, context) =>
      inner.setPayload(namespace, target, { ...patch, mode: 'replace' }, context),
  })),
  inCollection('setPayload takes null for removal', (inner) => ({
    setPayload: (namespace, target, patch, context) => {
      const nulls = Object.keys(patch.set).filter((key) => patch.set[key] === null);
      const set = Object.fromEntries(Object.entries(patch.set).filter(([, value]) => value !== null));
      return inner.setPayload(
        namespace,
        target,
        { ...patch, set, unset: [...patch.unset, ...nulls.map((key) => [key])] },
        context,
      );
    },
  })),
  inCollection('setPayload forgets unset', (inner) => ({
    setPayload: (namespace, target, patch, context) =>
      inner.setPayload(namespace, target, { ...patch, unset: [] }, context),
  })),
  inCollection('setPayload reports no missing ids', (inner) => ({
    setPayload: async (...args) => ({ acknowledged: (await inner.setPayload(...args)).acknowledged }),
  })),
  inCollection('setPayload zeroes the vector', (inner) => ({
    setPayload: async (namespace, target, patch, context) => {
      const result = await inner.setPayload(namespace, target, patch, context);
      const records = await inner.get(namespace, [...(result.ids ?? [])], whole, context);
      await inner.upsert(
        namespace,
        records.map(({ id, payload = {}, vector }) => ({
          id,
          payload,
          json: JSON.stringify(payload),
          vector: vector?.fill(1) ?? null,
        })),
        context,
      );
      return result;
    },
  })),
  inCollection('a delete by filter removes one record only', (inner) => ({
    delete: async (namespace, target, context) => {
      if ('ids' in target) return inner.delete(namespace, target, context);
      const { records } = await inner.filter(namespace, target.filter, { ...whole, limit: 1 }, context);
      return inner.delete(namespace, { ids: records.map(({ id }) => id) }, context);
    },
  })),
  inCollection('absent ids are reported as deleted', (inner) => ({
    delete: async (namespace, target, context) => {
      const result = await inner.delete(namespace, target, context);
      return 'ids' in target ? { acknowledged: target.ids.length } : result;
    },
  })),
  inCollection('deletes in a namespace hit the default one', (inner) => ({
    delete: (_namespace, target, context) => inner.delete('', target, context),
  })),
  inCollection('dropping a namespace drops all of them', (inner) => ({
    dropNamespace: async (namespace, context) => {
      for (const name of ['', ...(await inner.listNamespaces(context))]) await inner.dropNamespace(name, context);
      return inner.dropNamespace(namespace, context);
    },
  })),
  inCollection('recreateIndex loses records', (inner) => ({
    recreateIndex: async (index, options, context) => {
      await inner.recreateIndex(index, options, context);
      const { records } = await inner.filter('', matchAll, { ...whole, limit: 1 }, context);
      await inner.delete('', { ids: records.map(({ id }) => id) }, context);
    },
  })),
  inDriver('a dropped collection answers with an error nobody can read', (driver) =>
    forwardDriver(driver, {
      classify: () => undefined,
      dropCollection: async () => Promise.reject(new Error('no such thing')),
    }),
  ),
  inStore('upsert normalises the caller’s vectors in place', (store) => ({
    upsert(records: { vector?: unknown }[], ...rest: never[]) {
      const first = Array.isArray(records) ? records[0] : records;
      const vector = (first as { vector?: unknown } | undefined)?.vector;
      if (Array.isArray(vector) && typeof vector[0] === 'number') vector[0] /= 2;
      return store.upsert!(...([records, ...rest] as never[]));
    },
  })),
  inStore('of several records with one id the first wins', (store) => ({
    upsert(records: { id: string }[], ...rest: never[]) {
      const first = Array.isArray(records)
        ? records.filter((record, i) => records.findIndex(({ id }) => id === record?.id) === i)
        : records;
      return store.upsert!(...([first, ...rest] as never[]));
    },
  })),
  inStore('a closed store goes on working', () => ({ close: async () => {} })),
];

function withPayload(record: DriverRecord, payload: DriverRecord['payload']): DriverRecord {
  return { ...record, payload, json: JSON.stringify(payload) };
}
