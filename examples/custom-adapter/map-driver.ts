/*
 * A backend of one's own, whole: records in plain Maps, searched by comparing with every one.
 *
 *   const db = createDatabase(new MapDriver());
 *
 * The portable layer has validated the input, split it by `limits`, and refused what `capabilities` refuses, before a driver is asked.
 * It wraps errors, keeps deadlines and closes handles. What is left is to store and to find; `anyvec/conformance` says whether that is right.
 */
import { VectorStoreError } from 'anyvec';
import {
  type CallContext,
  type Classification,
  type CollectionDriver,
  capabilitiesOf,
  compareIds,
  compareMatches,
  type Driver,
  type DriverHybrid,
  type DriverPatch,
  type DriverRecord,
  type DriverSearch,
  type DriverSpec,
  type DriverTarget,
  type DriverWriteResult,
  distanceBetween,
  evaluate,
  type FilterNode,
  hybridByScan,
  invalid,
  type Parts,
  type ReadOptions,
  type StoredRecord,
  searchHybridByScan,
  unsupported,
} from 'anyvec/driver';

const no = (refused: string) => ({ refused });

/** Said honestly: natively, emulated, or refused with the reason. The suite holds us to each of the three. */
const capabilities = capabilitiesOf({
  operations: {
    searchHybrid: hybridByScan,
    explain: no('there is one way to search: all of them'),
    recreateIndex: no('there is no index'),
  },
  options: {
    unset: no('left out, to keep the example short'),
    persistence: no('everything is in memory'),
    ttl: no('nothing here expires'),
  },
  indexTypes: ['flat'],
});

/** Records come as copies of our own. Payloads go out parsed anew from their text: nothing given out is shared with what is kept. */
type Row = DriverRecord;
type Paging = ReadOptions & { readonly limit: number; readonly cursor?: string };

export class MapDriver implements Driver {
  readonly provider = 'map';
  readonly capabilities = capabilities;
  readonly defaultTimeoutMs = Number.POSITIVE_INFINITY;
  readonly #collections = new Map<string, MapCollection>();

  async createCollection(name: string, spec: DriverSpec): Promise<CollectionDriver> {
    if (this.#collections.has(name)) throw new VectorStoreError('AlreadyExists', `collection ${name} exists`);
    const ignored = Object.keys(spec.index).filter((setting) => setting !== 'type');
    const ignoredHints = ignored.map((setting) => `index.${setting}`);
    if (spec.strict && ignored.length > 0) throw unsupported(ignoredHints.join(), 'there is no index');
    const collection = new MapCollection(name, spec, ignoredHints);
    this.#collections.set(name, collection);
    return collection;
  }

  async openCollection(name: string): Promise<CollectionDriver> {
    const collection = this.#collections.get(name);
    if (collection === undefined) throw new VectorStoreError('NotFound', `there is no collection ${name}`);
    return collection;
  }

  listCollections = async () => [...this.#collections.values()].map(({ info }) => info);
  hasCollection = async (name: string) => this.#collections.has(name);

  async dropCollection(name: string): Promise<boolean> {
    this.#collections.get(name)?.drop();
    return this.#collections.delete(name);
  }

  health = async () => ({ ok: true, latencyMs: 0 });
  unwrap = () => this.#collections;
  close = async () => this.#collections.clear();

  /** What an error means, and whether a write may have taken effect all the same. Ours are thrown before anything is written. */
  classify(error: unknown): Classification | undefined {
    return VectorStoreError.is(error) ? { code: error.code, message: error.message, applied: 'no' } : undefined;
  }
}

class MapCollection implements CollectionDriver {
  readonly capabilities = capabilities;
  readonly info: CollectionDriver['info'];
  readonly #ignoredHints: readonly string[];
  readonly #namespaces = new Map<string, Map<string, Row>>();
  #dropped = false;

  constructor(name: string, { dimension, metric, fields }: DriverSpec, ignoredHints: readonly string[]) {
    this.#ignoredHints = ignoredHints;
    this.info = { name, dimension, metric, fields, idMode: 'native', index: { type: 'flat' }, managed: true };
  }

  drop(): void {
    this.#dropped = true;
    this.#namespaces.clear();
  }

  async upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    const rows = this.#rows(namespace, context);
    for (const record of records) rows.set(record.id, record);
    this.#namespaces.set(namespace, rows);
    return { acknowledged: records.length };
  }

  async delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    const rows = this.#rows(namespace, context);
    const { found, missing } = select(rows, target);
    for (const { id } of found) rows.delete(id);
    return { acknowledged: found.length, ids: found.map(({ id }) => id), missing };
  }

  async setPayload(namespace: string, target: DriverTarget, { mode, set }: DriverPatch, context: CallContext) {
    const rows = this.#rows(namespace, context);
    const { found, missing } = select(rows, target);
    for (const row of found) {
      // Not by assignment: `__proto__` is a key like any other.
      const kept = mode === 'replace' ? [] : Object.entries(row.payload);
      const payload = Object.fromEntries([...kept, ...Object.entries(set)]);
      rows.set(row.id, { ...row, payload, json: JSON.stringify(payload) });
    }
    return { acknowledged: found.length, ids: found.map(({ id }) => id), missing };
  }

  async search(namespace: string, queries: readonly Float32Array[], asked: DriverSearch, context: CallContext) {
    const rows = matching(this.#rows(namespace, context), asked.filter);
    const { metric } = this.info;
    return queries.map((query) =>
      rows
        .flatMap((row) =>
          row.vector === null ? [] : [{ row, id: row.id, distance: distanceBetween(metric, query, row.vector) }],
        )
        .filter(({ distance }) => distance <= asked.maxDistance)
        .sort(compareMatches)
        .slice(0, asked.k)
        .map(({ row, distance }) => ({ ...given(row, asked.include), distance })),
    );
  }

  /** Nothing here ranks text: the library does it, over the pages of `filter`. */
  searchHybrid(namespace: string, asked: DriverHybrid, context: CallContext) {
    return searchHybridByScan({ collection: this, namespace, asked, context });
  }

  /** In the order of ids, from behind the last one given: a record that moves is not met twice. */
  async filter(namespace: string, filter: FilterNode, { include, limit, cursor }: Paging, context: CallContext) {
    if (cursor?.startsWith('>') === false) throw invalid('options.cursor', 'it was not given out here');
    const after = cursor?.slice(1);
    const rest = matching(this.#rows(namespace, context), filter)
      .filter(({ id }) => after === undefined || compareIds(id, after) > 0)
      .sort((a, b) => compareIds(a.id, b.id));
    const page = rest.slice(0, limit);
    const records = page.map((row) => given(row, include));
    return rest.length > limit ? { records, cursor: `>${page.at(-1)!.id}` } : { records };
  }

  async get(namespace: string, ids: readonly string[], { include }: ReadOptions, context: CallContext) {
    return select(this.#rows(namespace, context), { ids }).found.map((row) => given(row, include));
  }

  async count(namespace: string, filter: FilterNode, _: unknown, context: CallContext): Promise<number> {
    return matching(this.#rows(namespace, context), filter).length;
  }

  async listNamespaces(context: CallContext): Promise<string[]> {
    this.#check(context);
    return [...this.#namespaces].filter(([name, rows]) => name !== '' && rows.size > 0).map(([name]) => name);
  }

  async dropNamespace(namespace: string, context: CallContext): Promise<number> {
    const { size } = this.#rows(namespace, context);
    this.#namespaces.delete(namespace);
    return size;
  }

  async stats(context: CallContext) {
    this.#check(context);
    const sizes = [...this.#namespaces.values()].map(({ size }) => size).filter((size) => size > 0);
    const count = sizes.reduce((sum, size) => sum + size, 0);
    return { count, namespaces: sizes.length, index: this.info.index, ignoredHints: this.#ignoredHints, recovery: [] };
  }

  /** Refused in `capabilities`: nobody gets here. */
  recreateIndex = async () => {};
  flush = async (context: CallContext) => this.#check(context);
  close = async () => {};

  #rows(namespace: string, context: CallContext): Map<string, Row> {
    this.#check(context);
    return this.#namespaces.get(namespace) ?? new Map();
  }

  #check({ signal }: CallContext): void {
    signal.throwIfAborted();
    if (this.#dropped) throw new VectorStoreError('NotFound', `collection ${this.info.name} was dropped`);
  }
}

const matching = (rows: Map<string, Row>, filter: FilterNode): Row[] =>
  [...rows.values()].filter(({ payload }) => evaluate(filter, payload));

function select(rows: Map<string, Row>, target: DriverTarget): { found: Row[]; missing: string[] } {
  if ('filter' in target) return { found: matching(rows, target.filter), missing: [] };
  const found = target.ids.flatMap((id) => rows.get(id) ?? []);
  return { found, missing: target.ids.filter((id) => !rows.has(id)) };
}

const given = ({ id, vector, json }: Row, include: Parts): StoredRecord => ({
  id,
  ...(include.payload && { payload: JSON.parse(json) }),
  ...(include.vector && { vector: vector?.slice() ?? null }),
});
