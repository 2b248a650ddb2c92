import { adapter as native } from '../../adapters/native/index.ts';
import type { VectorDatabase } from '../../src/database.ts';
import type { CollectionDriver, Driver } from '../../src/driver.ts';
import type { FilterNode } from '../../src/filter/normal-form.ts';
import { not } from '../../src/filter/normal-form.ts';
import { forwardCollection, forwardDriver } from '../../src/middleware/forward.ts';
import { createDatabase } from '../../src/portable/database.ts';

/** A backend with one defect, of a kind that was seen in the wild. The suite must fail it. */
export interface PlantedBug {
  readonly name: string;
  open(): Promise<VectorDatabase>;
}

/** The native engine behind a collection driver that does something wrong. */
export function inCollection(name: string, defect: (inner: CollectionDriver) => Partial<CollectionDriver>): PlantedBug {
  return inDriver(name, (driver) =>
    forwardDriver(driver, { wrapCollection: (inner) => forwardCollection(inner, defect(inner)) }),
  );
}

/** The native engine behind a driver that does something wrong. */
export function inDriver(name: string, defect: (driver: Driver) => Driver): PlantedBug {
  return { name, open: async () => createDatabase(defect(await native.open({ provider: 'native' }))) };
}

/** A defect in how filters are understood: every filter is rewritten before the engine sees it. */
export function inFilters(name: string, rewrite: (node: FilterNode) => FilterNode): PlantedBug {
  return inCollection(name, (inner) => ({
    search: (namespace, queries, options, context) =>
      inner.search(namespace, queries, { ...options, filter: rewrite(options.filter) }, context),
    filter: (namespace, filter, options, context) => inner.filter(namespace, rewrite(filter), options, context),
    count: (namespace, filter, options, context) => inner.count(namespace, rewrite(filter), options, context),
    delete: (namespace, target, context) =>
      inner.delete(namespace, 'filter' in target ? { filter: rewrite(target.filter) } : target, context),
  }));
}

/** Rewrites leaves (and what stands around them) bottom up. */
export function mapFilter(node: FilterNode, change: (node: FilterNode) => FilterNode): FilterNode {
  if (node.kind === 'and' || node.kind === 'or')
    return change({ ...node, of: node.of.map((member) => mapFilter(member, change)) });
  if (node.kind === 'not') return change(not(mapFilter(node.of, change)));
  return change(node);
}

/** A defect in front of the portable layer: a store whose method is replaced. */
export function inStore(
  name: string,
  replace: (store: Record<string, (...args: never[]) => unknown>) => Record<string, unknown>,
): PlantedBug {
  const wrapStore = (store: object): object => {
    const methods = store as Record<string, (...args: never[]) => unknown>;
    const replaced = replace(methods);
    return new Proxy(store, {
      get(target, key) {
        if (typeof key === 'string' && Object.hasOwn(replaced, key)) return replaced[key];
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        if (key === 'namespace') return (...args: unknown[]) => wrapStore(value.apply(target, args));
        return value.bind(target);
      },
    });
  };
  return {
    name,
    async open() {
      const database = createDatabase(await native.open({ provider: 'native' }));
      return new Proxy(database, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key);
          if (typeof value !== 'function') return value;
          if (key !== 'createCollection' && key !== 'collection') return value.bind(target);
          return async (...args: unknown[]) => wrapStore(await value.apply(target, args));
        },
      });
    },
  };
}
