import type { Metric } from '../../src/types.ts';
import type { CrashOp, CrashPayload, CrashRecord, CrashSpec, CrashTarget, Outcome } from './operations.ts';

interface ModelRecord {
  readonly payload: CrashPayload;
  readonly vector: readonly number[] | null;
  /** The record as {@link recordLine} writes it. */
  readonly line: string;
}
type Namespaces = Map<string, Map<string, ModelRecord>>;
interface ModelCollection {
  readonly spec: CrashSpec;
  index: string;
  readonly namespaces: Namespaces;
}

/**
 * What a database must hold, kept in plain maps. Values are replaced, never changed, so that copies are cheap.
 *
 * Its state is told by *components*: for each collection its content, and (`<collection>#index`) its index type. `absent` where there is none.
 */
export class Model {
  readonly collections = new Map<string, ModelCollection>();

  /** The model of what was observed. */
  static of(components: ReadonlyMap<string, string>): Model {
    const model = new Model();
    for (const [name, content] of components) {
      if (name.includes('#') || content === absent) continue;
      const index = components.get(`${name}#index`)!;
      model.collections.set(name, { ...parseContent(content, index), index });
    }
    return model;
  }

  copy(): Model {
    const copy = new Model();
    for (const [name, { spec, index, namespaces }] of this.collections) {
      const copied = new Map([...namespaces].map(([namespace, records]) => [namespace, new Map(records)]));
      copy.collections.set(name, { spec, index, namespaces: copied });
    }
    return copy;
  }

  apply(op: CrashOp): Outcome {
    if (op.kind === 'create') {
      this.collections.set(op.collection, { spec: op.spec, index: op.spec.index, namespaces: new Map() });
      return nothing;
    }
    if (op.kind === 'drop') {
      this.collections.delete(op.collection);
      return nothing;
    }
    const collection = this.collections.get(op.collection);
    if (collection === undefined) throw new Error(`the model has no collection ${op.collection}`);
    if (op.kind === 'flush') return nothing;
    if (op.kind === 'index') {
      collection.index = op.index;
      return nothing;
    }
    let records = collection.namespaces.get(op.namespace);
    if (records === undefined) {
      records = new Map();
      collection.namespaces.set(op.namespace, records);
    }
    if (op.kind === 'upsert') return upsert(records, op.records);
    if (op.kind === 'dropNamespace') {
      records.clear();
      return nothing;
    }
    const { present, missing } = idsOf(records, op.target);
    for (const id of present) {
      if (op.kind === 'delete') records.delete(id);
      else patch(records, id, op);
    }
    return { acknowledged: present.length, missing };
  }

  /** The records of one namespace. */
  records(collection: string, namespace: string): ReadonlyMap<string, ModelRecord> {
    return this.collections.get(collection)?.namespaces.get(namespace) ?? new Map();
  }

  /** The names of a collection's non-empty namespaces, `''` among them. */
  namespaces(collection: string): string[] {
    const found = this.collections.get(collection)?.namespaces ?? new Map<string, Map<string, ModelRecord>>();
    return [...found].filter(([, records]) => records.size > 0).map(([name]) => name);
  }

  component(name: string): string {
    const [collection, part] = name.split('#');
    const found = this.collections.get(collection!);
    if (found === undefined) return absent;
    return part === 'index' ? found.index : contentText(found.spec, this.#lines(found.namespaces));
  }

  #lines(namespaces: Namespaces): Map<string, string[]> {
    return new Map([...namespaces].map(([name, records]) => [name, [...records.values()].map(({ line }) => line)]));
  }
}

export const absent = 'absent';
const nothing: Outcome = { acknowledged: 0, missing: 0 };

/** The components of a database with these collections. */
export function componentsOf(collections: Iterable<string>): string[] {
  return [...collections].flatMap((name) => [name, `${name}#index`]);
}

/** A record in one line: id, bits of the vector, payload. */
export function recordLine(id: string, vector: ArrayLike<number> | null, payload: object): string {
  const bits = vector === null ? 'null' : [...new Uint32Array(Float32Array.from(vector).buffer)].join(',');
  return `${id}\t${bits}\t${JSON.stringify(payload)}`;
}

/** A collection's content as text, the same for the same content. */
export function contentText(
  { dimension, metric }: Pick<CrashSpec, 'dimension' | 'metric'>,
  namespaces: ReadonlyMap<string, readonly string[]>,
): string {
  const parts = [...namespaces].filter(([, lines]) => lines.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `${dimension} ${metric}`,
    ...parts.map(([name, lines]) => [`namespace ${name}`, ...[...lines].sort()].join('\n')),
  ].join('\n');
}

/** The inverse of {@link contentText}. */
function parseContent(content: string, index: string): { spec: CrashSpec; namespaces: Namespaces } {
  const [head, ...lines] = content.split('\n');
  const [dimension, metric] = head!.split(' ');
  const namespaces: Namespaces = new Map();
  let records = new Map<string, ModelRecord>();
  for (const line of lines) {
    const [id, bits, json] = line.split('\t');
    if (bits === undefined) {
      records = new Map();
      namespaces.set(line.slice('namespace '.length), records);
      continue;
    }
    const vector = bits === 'null' ? null : [...new Float32Array(Uint32Array.from(bits.split(','), Number).buffer)];
    records.set(id!, { vector, payload: JSON.parse(json!), line });
  }
  return { spec: { dimension: Number(dimension), metric: metric as Metric, index }, namespaces };
}

/** Where two contents differ first, for messages. */
export function difference(expected: string, found: string): string {
  const [wanted, got] = [new Set(expected.split('\n')), new Set(found.split('\n'))];
  const missing = [...wanted].filter((line) => !got.has(line));
  const extra = [...got].filter((line) => !wanted.has(line));
  const few = (lines: string[]) => lines.slice(0, 3).map((line) => line.slice(0, 160));
  return `${missing.length} lines missing ${JSON.stringify(few(missing))}, ${extra.length} too many ${JSON.stringify(few(extra))}`;
}

function upsert(records: Map<string, ModelRecord>, written: readonly CrashRecord[]): Outcome {
  for (const { id, vector, payload } of written)
    records.set(id, { payload, vector, line: recordLine(id, vector, payload) });
  return { acknowledged: written.length, missing: 0 };
}

function patch(records: Map<string, ModelRecord>, id: string, op: Extract<CrashOp, { kind: 'patch' }>): void {
  const { payload: before, vector } = records.get(id)!;
  const merged = op.mode === 'replace' ? op.set : { ...before, ...op.set };
  const payload = Object.fromEntries(Object.entries(merged).filter(([key]) => !op.unset.includes(key)));
  records.set(id, { payload, vector, line: recordLine(id, vector, payload) });
}

function idsOf(records: ReadonlyMap<string, ModelRecord>, target: CrashTarget): { present: string[]; missing: number } {
  if ('ids' in target) {
    const present = target.ids.filter((id) => records.has(id));
    return { present, missing: target.ids.length - present.length };
  }
  return { present: [...records].filter(([, { payload }]) => matches(payload, target)).map(([id]) => id), missing: 0 };
}

function matches({ tag, n }: CrashPayload, target: Exclude<CrashTarget, { ids: readonly string[] }>): boolean {
  if ('all' in target) return true;
  return 'tag' in target ? tag === target.tag : typeof n === 'number' && n < target.below;
}
