import type { DifferenceKind } from '../../src/migrate/index.ts';
import type { VectorStore } from '../../src/store.ts';
import type { Payload } from '../../src/types.ts';
import type { Random } from '../crash/random.ts';
import { anyVector, type TestRecord, within } from './records.ts';

/** A defect that was planted: what verification must list, and how to undo it. */
export interface Planted {
  readonly expected: readonly {
    readonly namespace: string;
    readonly id: string;
    readonly kinds: readonly DifferenceKind[];
  }[];
  undo(): Promise<void>;
}

/** A record of the target in its namespace, and others to mix it up with. */
export interface Place {
  readonly store: VectorStore;
  readonly namespace: string;
  readonly record: TestRecord;
  /** Of the same namespace. */
  readonly other: TestRecord;
  /** In which the id is free. */
  readonly otherNamespace: string;
  readonly random: Random;
}

type Plant = (place: Place) => Promise<Planted>;

/** Payload in which each kind of defect finds something to break. */
export function breakablePayload(random: Random): Payload {
  return {
    title: `Café number ${random.seed()}, told at length`,
    count: random.between(1, 1_000),
    big: 2 ** 53 - 1 - 2 * random.below(1_000),
    fraction: random.float() + 2 ** -50,
    flag: random.chance(0.5),
    nothing: null,
    empty: '',
    nested: { a: { b: random.below(9) }, list: [{ deep: random.below(9) }] },
    list: [random.below(9), 10 + random.below(9), 20 + random.below(9)],
    tags: [`t${random.below(99)}`],
    when: '2024-01-01T00:00:00.000Z',
    json: '{"a":1}',
  };
}

/** A defect of the payload: what is set, and what is taken away. */
function payload(change: (payload: Payload) => Payload): Plant {
  return replaced('payload', (record) => ({ ...record, payload: change(structuredClone(record.payload)) }));
}

function vector(change: (vector: Float32Array, random: Random) => Float32Array | null): Plant {
  return replaced('vector', (record, random) => ({ ...record, vector: change(record.vector!.slice(), random) }));
}

function replaced(kind: 'payload' | 'vector', change: (record: TestRecord, random: Random) => TestRecord): Plant {
  return async ({ store, namespace, record, random }) => {
    await within(store, namespace).upsert(change(record, random));
    return {
      expected: [{ namespace, id: record.id, kinds: [kind] }],
      undo: async () => {
        await within(store, namespace).upsert(record);
      },
    };
  };
}

function swapped(kind: 'payload' | 'vector'): Plant {
  return async ({ store, namespace, record, other }) => {
    const here = within(store, namespace);
    await here.upsert([
      { ...record, [kind]: other[kind] },
      { ...other, [kind]: record[kind] },
    ]);
    return {
      expected: [record, other].map(({ id }) => ({ namespace, id, kinds: [kind] })),
      undo: async () => {
        await here.upsert([record, other]);
      },
    };
  };
}

/** Another record in place of this one, or beside it. */
function renamed(rename: (id: string) => string, keeps: boolean): Plant {
  return async ({ store, namespace, record }) => {
    const here = within(store, namespace);
    const id = rename(record.id);
    await here.upsert({ ...record, id });
    if (!keeps) await here.delete(record.id);
    return {
      expected: [
        { namespace, id, kinds: ['extra'] },
        ...(keeps ? [] : [{ namespace, id: record.id, kinds: ['missing'] as const }]),
      ],
      undo: async () => {
        await here.delete(id);
        await here.upsert(record);
      },
    };
  };
}

function without(payload: Payload, key: string): Payload {
  const { [key]: _, ...rest } = payload;
  return rest;
}

/** The vector with one bit of a number flipped, a number that is not 0. */
function flipped(given: Float32Array, bit: number, random: Random): Float32Array {
  const places = [...given.keys()].filter((i) => given[i] !== 0);
  const bits = new Uint32Array(given.buffer, given.byteOffset, given.length);
  bits[random.pick(places)]! ^= 1 << bit;
  return given;
}

/** Rounded to 11 bits of precision, as 16-bit floats are. */
function halfPrecision(x: number): number {
  if (x === 0) return 0;
  const step = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 10);
  return Math.round(x / step) * step;
}

/** Found even where vectors come back rounded in their last bits. */
const coarse: Readonly<Record<string, Plant>> = {
  'a record dropped': async ({ store, namespace, record }) => {
    await within(store, namespace).delete(record.id);
    return {
      expected: [{ namespace, id: record.id, kinds: ['missing'] }],
      undo: async () => {
        await within(store, namespace).upsert(record);
      },
    };
  },
  'a record too many': async ({ store, namespace, record, random }) => {
    const id = `extra-${random.seed()}`;
    await within(store, namespace).upsert({ id, vector: anyVector(random), payload: record.payload });
    return {
      expected: [{ namespace, id, kinds: ['extra'] }],
      undo: async () => {
        await within(store, namespace).delete(id);
      },
    };
  },
  'a record twice, under another id': renamed((id) => `${id}-1`, true),
  'an id in another Unicode form': renamed((id) => id.normalize('NFD'), false),
  'an id in upper case': renamed((id) => id.toUpperCase(), false),
  'an id cut short': renamed((id) => id.slice(0, -1), false),
  'a record in another namespace': async ({ store, namespace, otherNamespace, record }) => {
    await within(store, otherNamespace).upsert(record);
    await within(store, namespace).delete(record.id);
    return {
      expected: [
        { namespace, id: record.id, kinds: ['missing', 'namespace'] },
        { namespace: otherNamespace, id: record.id, kinds: ['extra', 'namespace'] },
      ],
      undo: async () => {
        await within(store, otherNamespace).delete(record.id);
        await within(store, namespace).upsert(record);
      },
    };
  },
  'vectors swapped': swapped('vector'),
  'payloads swapped': swapped('payload'),
  'a vector rounded to half precision': vector((given) => given.map(halfPrecision)),
  'a vector negated': vector((given) => given.map((x) => -x)),
  'a vector with one sign changed': vector((given, random) => flipped(given, 31, random)),
  'a vector with one exponent changed': vector((given, random) => flipped(given, 23, random)),
  'a vector rotated by one place': vector((given) => Float32Array.of(...given.subarray(1), given[0]!)),
  'a vector made one longer by a hundred-thousandth': vector((given) => given.map((x) => x * 1.000_01)),
  'a vector normalised': vector((given) => given.map((x) => x / (1.5 * Math.hypot(...given)))),
  'a string cut short': payload((given) => ({ ...given, title: String(given.title).slice(0, -1) })),
  'a string in another Unicode form': payload((given) => ({ ...given, title: String(given.title).normalize('NFD') })),
  'a string trimmed or padded': payload((given) => ({ ...given, title: `${given.title} ` })),
  'an integer a little more': payload((given) => ({ ...given, count: Number(given.count) + 1e-9 })),
  'an integer as text': payload((given) => ({ ...given, count: String(given.count) })),
  'a large integer through a 32-bit float': payload((given) => ({ ...given, big: Math.fround(Number(given.big)) - 1 })),
  'a fraction through a 32-bit float': payload((given) => ({
    ...given,
    fraction: Math.fround(Number(given.fraction)),
  })),
  'true as 1': payload((given) => ({ ...given, flag: given.flag === true ? 1 : 0 })),
  'true as text': payload((given) => ({ ...given, flag: String(given.flag) })),
  'null left out': payload((given) => without(given, 'nothing')),
  'null as text': payload((given) => ({ ...given, nothing: 'null' })),
  'null where nothing was': payload((given) => ({ ...given, never: null })),
  'an empty string left out': payload((given) => without(given, 'empty')),
  'an empty string as null': payload((given) => ({ ...given, empty: null })),
  'a nested object flattened': payload((given) => ({ ...without(given, 'nested'), 'nested.a.b': 1 })),
  'a nested object as JSON text': payload((given) => ({ ...given, nested: JSON.stringify(given.nested) })),
  'JSON text as an object': payload((given) => ({ ...given, json: { a: 1 } })),
  'an array in another order': payload((given) => ({ ...given, list: [...(given.list as number[])].reverse() })),
  'an array without its last element': payload((given) => ({ ...given, list: (given.list as number[]).slice(0, -1) })),
  'an array of one as its element': payload((given) => ({ ...given, tags: (given.tags as string[])[0]! })),
  'a scalar as an array': payload((given) => ({ ...given, count: [given.count!] })),
  'an instant written otherwise': payload((given) => ({ ...given, when: '2024-01-01T00:00:00Z' })),
  'a key in another case': payload((given) => ({ ...without(given, 'title'), Title: given.title! })),
  'a key of the store that leaked': payload((given) => ({ ...given, _av_id: 'x' })),
  'a payload lost': payload(() => ({})),
};

/** Found where the bits of vectors come back. */
const fine: Readonly<Record<string, Plant>> = {
  'a vector with its last bit changed': vector((given, random) => flipped(given, 0, random)),
  'a vector with one bit changed': vector((given, random) => flipped(given, random.below(23), random)),
};

/** Found where records may be without a vector. */
const optional: Readonly<Record<string, Plant>> = { 'a vector lost': vector(() => null) };

export const defects = { coarse, fine, optional };
