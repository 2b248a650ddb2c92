import type { CollectionDriver, Driver } from '../driver.ts';

/**
 * A driver that passes everything on, but for what is overridden: what middleware is written with. Collections it hands out go through
 * `wrapCollection`.
 *
 * @example
 * const logged: Middleware = (driver) => forwardDriver(driver, { wrapCollection: (inner) => forwardCollection(inner, {
 *   search(...args) { console.log('search'); return inner.search(...args); },
 * }) });
 */
export function forwardDriver(
  inner: Driver,
  overrides: Partial<Driver> & { readonly wrapCollection?: (collection: CollectionDriver) => CollectionDriver } = {},
): Driver {
  const { wrapCollection = (collection) => collection, ...rest } = overrides;
  return {
    provider: inner.provider,
    ...(inner.server && { server: inner.server }),
    get capabilities() {
      return inner.capabilities;
    },
    defaultTimeoutMs: inner.defaultTimeoutMs,
    createCollection: async (...args) => wrapCollection(await inner.createCollection(...args)),
    openCollection: async (...args) => wrapCollection(await inner.openCollection(...args)),
    listCollections: (...args) => inner.listCollections(...args),
    hasCollection: (...args) => inner.hasCollection(...args),
    dropCollection: (...args) => inner.dropCollection(...args),
    health: (...args) => inner.health(...args),
    unwrap: () => inner.unwrap(),
    close: () => inner.close(),
    classify: (error) => inner.classify(error),
    ...rest,
  };
}

/** A collection driver that passes everything on, but for what is overridden. */
export function forwardCollection(
  inner: CollectionDriver,
  overrides: Partial<CollectionDriver> = {},
): CollectionDriver {
  return {
    get info() {
      return inner.info;
    },
    get capabilities() {
      return inner.capabilities;
    },
    ...(inner.checkRecord && { checkRecord: (record) => inner.checkRecord!(record) }),
    ...(inner.wireBytes && { wireBytes: (record) => inner.wireBytes!(record) }),
    upsert: (...args) => inner.upsert(...args),
    delete: (...args) => inner.delete(...args),
    search: (...args) => inner.search(...args),
    ...(inner.searchHybrid && { searchHybrid: (...args) => inner.searchHybrid!(...args) }),
    ...(inner.explain && { explain: (...args) => inner.explain!(...args) }),
    filter: (...args) => inner.filter(...args),
    setPayload: (...args) => inner.setPayload(...args),
    get: (...args) => inner.get(...args),
    count: (...args) => inner.count(...args),
    recreateIndex: (...args) => inner.recreateIndex(...args),
    listNamespaces: (...args) => inner.listNamespaces(...args),
    dropNamespace: (...args) => inner.dropNamespace(...args),
    stats: (...args) => inner.stats(...args),
    flush: (...args) => inner.flush(...args),
    close: () => inner.close(),
    ...overrides,
  };
}
