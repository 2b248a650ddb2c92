/* Which fields a tenant's documents have, and what is in them: what a page needs to offer filters. */
import type { FieldType, Payload, VectorStore } from 'anyvec';
import { readChunk } from '../documents.ts';
import { sampleDocuments } from './sample.ts';

export type ShownType = 'keyword' | 'number' | 'bool' | 'datetime' | 'text';

export interface Field {
  /** A path of the filter language. */
  readonly name: string;
  readonly type: ShownType;
  /** Of keyword and bool: the most frequent ones first. */
  readonly values?: readonly { readonly value: string | boolean; readonly count: number }[];
  /** Of number and datetime. */
  readonly min?: number | string;
  readonly max?: number | string;
}

export interface Fields {
  readonly fields: readonly Field[];
  /** The counts are of a sample of 20,000 documents. */
  readonly sampled?: true;
}

type Declared = { readonly [path: string]: FieldType };
type Scalar = string | number | boolean;

const sampleSize = 20_000;
const readAtOnce = 1_000;
const mostValues = 50;

/** The declared fields; where none are, those that hold one type of scalar throughout. Sorted by name. */
export async function describeFields(store: VectorStore, declared: Declared, signal?: AbortSignal): Promise<Fields> {
  const { ids, total } = await sampleDocuments(store, sampleSize, signal);
  const tallies = new Map<string, Map<Scalar, number>>();
  for (let at = 0; at < ids.length; at += readAtOnce) {
    const records = await store.get(ids.slice(at, at + readAtOnce), {
      include: { payload: true },
      ...(signal && { signal }),
    });
    for (const record of records) {
      const chunk = record && readChunk(record.payload);
      if (chunk === undefined) continue;
      for (const [path, value] of scalarsOf(chunk.payload)) {
        const tally = tallies.get(path) ?? new Map<Scalar, number>();
        tallies.set(path, tally.set(value, (tally.get(value) ?? 0) + 1));
      }
    }
  }
  const hasDeclared = Object.keys(declared).length > 0;
  const fields = [...tallies]
    .filter(([name]) => !hasDeclared || Object.hasOwn(declared, name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, tally]) => describeField(name, tally, Object.hasOwn(declared, name) ? declared[name] : undefined));
  return { fields, ...(ids.length < total && { sampled: true as const }) };
}

/** Paths to two levels; an array stands for each of its elements, once. */
function scalarsOf(payload: Payload, prefix = ''): [string, Scalar][] {
  return Object.entries(payload).flatMap(([key, value]): [string, Scalar][] => {
    const path = prefix + (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) ? key : JSON.stringify(key));
    if (Array.isArray(value)) return [...new Set(value.filter(isScalar))].map((item) => [path, item]);
    if (isScalar(value)) return [[path, value]];
    return typeof value === 'object' && value !== null && prefix === '' ? scalarsOf(value as Payload, `${path}.`) : [];
  });
}

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value);

function describeField(name: string, tally: ReadonlyMap<Scalar, number>, declared: FieldType | undefined): Field[] {
  const type = declared === 'boolean' ? 'bool' : (declared ?? guessedType(tally));
  if (type === undefined) return [];
  if (type === 'text') return [{ name, type }];
  if (type === 'number' || type === 'datetime') return [{ name, type, ...rangeOf([...tally.keys()], type) }];
  const values = [...tally].filter((entry): entry is [string | boolean, number] => typeof entry[0] !== 'number');
  values.sort(([a, m], [b, n]) => n - m || (String(a) < String(b) ? -1 : 1));
  return [{ name, type, values: values.slice(0, mostValues).map(([value, count]) => ({ value, count })) }];
}

/** Of fields that nobody declared. Long or nearly always different strings are no keywords: nobody filters by them. */
function guessedType(tally: ReadonlyMap<Scalar, number>): ShownType | undefined {
  const values = [...tally.keys()];
  if (values.every((value) => typeof value === 'number')) return 'number';
  if (values.every((value) => typeof value === 'boolean')) return 'bool';
  if (!values.every((value) => typeof value === 'string')) return undefined;
  const count = [...tally.values()].reduce((sum, each) => sum + each, 0);
  if (values.some((value) => value.length > 80)) return undefined;
  return values.length <= mostValues || values.length * 2 <= count ? 'keyword' : undefined;
}

function rangeOf(values: readonly Scalar[], type: 'number' | 'datetime'): Pick<Field, 'min' | 'max'> {
  const order = type === 'number' ? Number : (value: Scalar) => Date.parse(String(value));
  const fitting = values.filter(
    (value) => (type === 'number') === (typeof value === 'number') && typeof value !== 'boolean',
  );
  const [first] = fitting;
  if (first === undefined) return {};
  const pick = (better: (a: number, b: number) => boolean) =>
    fitting.reduce((best, value) => (better(order(value), order(best)) ? value : best), first) as number | string;
  return { min: pick((a, b) => a < b), max: pick((a, b) => a > b) };
}
