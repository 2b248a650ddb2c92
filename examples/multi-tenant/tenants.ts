/*
 * Many tenants in one collection: each has a namespace of its own, and gets a handle that can do nothing beyond it.
 *
 *   const notes = tenants(await db.collection('notes'));
 *   const mine = notes.of(request.auth.tenantId); // from the verified token, never from what the caller sends
 *   await mine.search(vector, { filter: request.body.filter });
 *
 * A filter cannot reach out of a namespace, whatever it says, so filters, ids and payloads of the tenant's own users may be passed on as they are.
 */
import { type VectorStore, VectorStoreError } from 'anyvec';

const methods = ['upsert', 'delete', 'search', 'searchBatch', 'filter', 'setPayload', 'get', 'scan', 'count'] as const;

/** What a tenant may do: read and write records. No other namespace, no index, no figures of the whole collection, no `close`. */
export type TenantStore<P extends object> = Readonly<Pick<VectorStore<P>, (typeof methods)[number]>>;

/** Gives out handles on one collection, which must be a root handle. */
export function tenants<P extends object>(collection: VectorStore<P>) {
  return {
    /**
     * The handle of a tenant. The id is the namespace as it stands: nothing is folded, trimmed or cut, so that two tenants never become one.
     *
     * @throws `InvalidArgument` for an id that is no namespace (empty, over 128 bytes, no string): not even by accident does it mean everybody.
     */
    of(tenantId: string): TenantStore<P> {
      const namespace = collection.namespace(tenantId);
      if (namespace.namespaceName !== tenantId)
        throw new VectorStoreError('Internal', 'the handle is not the one of this tenant');
      // Bound functions, not the handle: it cannot be had from them.
      const bound = methods.map((method) => [method, namespace[method].bind(namespace)]);
      return Object.freeze(Object.fromEntries(bound)) as TenantStore<P>;
    },

    /** Removes everything of a tenant who leaves. */
    remove: (tenantId: string): Promise<void> => collection.dropNamespace(tenantId),
  };
}
