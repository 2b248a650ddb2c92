import type { VectorStore } from '../src/store.ts';
import type { JsonValue } from '../src/types.ts';
import type { Context } from './context.ts';
import { hostileKeys, hostileStrings } from './corpus.ts';
import { vectorFor } from './reads.ts';

type Payloads = Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;

/**
 * Payloads whose field `a` holds every kind of value, by a name that tells which. What each filter matches among them is written down by hand
 * in the suites.
 */
const kinds: Payloads = {
  missing: {},
  null: { a: null },
  true: { a: true },
  false: { a: false },
  zero: { a: 0 },
  one: { a: 1 },
  'one and a half': { a: 1.5 },
  two: { a: 2 },
  'minus one': { a: -1 },
  'largest integer': { a: 2 ** 53 - 1 },
  'largest integer but one': { a: 2 ** 53 - 2 },
  'smallest integer': { a: -(2 ** 53 - 1) },
  'empty text': { a: '' },
  'text x': { a: 'x' },
  'text X': { a: 'X' },
  'text xyz': { a: 'xyz' },
  'text 1': { a: '1' },
  'text true': { a: 'true' },
  'empty array': { a: [] },
  'array of null': { a: [null] },
  'array of true': { a: [true] },
  'array of 1': { a: [1] },
  'array of 0 and 5': { a: [0, 5] },
  'array of 1 and 2': { a: [1, 2] },
  'array of text 1': { a: ['1'] },
  'array of x and y': { a: ['x', 'y'] },
  'array of x, 1, true, null': { a: ['x', 1, true, null] },
  'array in an array': { a: [['x', 1]] },
  'array of objects': { a: [{ b: 1 }, { b: 2 }] },
  'empty object': { a: {} },
  'object with b': { a: { b: 1 } },
  'object with b of null': { a: { b: null } },
  'object with b of array': { a: { b: [1, 2] } },
  'object with b of object': { a: { b: { c: 1 } } },
};

export const kindNames: readonly string[] = Object.keys(kinds);

/** All kinds but the ones named. */
export function allBut(...names: readonly string[]): string[] {
  const unknown = names.filter((name) => !kindNames.includes(name));
  if (unknown.length > 0) throw new Error(`no such kind: ${unknown.join(', ')}`);
  return kindNames.filter((name) => !names.includes(name));
}

/** The store with a record per kind, undeclared. No case changes it. */
export function kindsStore(t: Context): Promise<VectorStore> {
  return filled(t, 'kinds', kinds, {});
}

/** A store with a record per hostile string (as value `v`, as element of `list`, and as id suffix) and per hostile key. */
export function hostileStore(t: Context): Promise<VectorStore> {
  const strings = hostileStrings.map((text, i) => [`string ${i}`, { v: text, list: ['-', text] }] as const);
  const keys = hostileKeys.map((key, i) => [`key ${i}`, { [key]: 'here', outer: { [key]: 'inside' } }] as const);
  return filled(t, 'hostile', Object.fromEntries([...strings, ...keys]), {});
}

export function filled(
  t: Context,
  name: string,
  payloads: Payloads,
  fields: Readonly<Record<string, 'keyword' | 'number' | 'boolean' | 'datetime' | 'text'>>,
): Promise<VectorStore> {
  return t.fixture(`records of ${name}`, async (fixture) => {
    const store = await fixture.create({ fields });
    await store.upsert(Object.entries(payloads).map(([id, payload], i) => ({ id, vector: vectorFor(i), payload })));
    return store;
  });
}
