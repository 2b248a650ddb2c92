import fc from 'fast-check';
import { type Capabilities, isSupported } from '../../src/capabilities.ts';
import type { FieldType, IndexSpec } from '../../src/types.ts';
import { anyFilter, anyVector, declaredPayload } from '../arbitraries.ts';
import type { JsonObject } from '../oracle.ts';

/** What a write is about. */
export type Target = { readonly ids: readonly string[] } | { readonly filter: JsonObject };

/** One step of a random history. `namespace` is `''` for the default one. */
export type Step =
  | {
      readonly step: 'upsert';
      readonly namespace: string;
      readonly records: readonly {
        readonly id: string;
        readonly vector: readonly number[] | null;
        readonly payload: JsonObject;
      }[];
      readonly stream: boolean;
    }
  | { readonly step: 'delete'; readonly namespace: string; readonly target: Target | { readonly all: true } }
  | {
      readonly step: 'setPayload';
      readonly namespace: string;
      readonly target: Target;
      readonly set: JsonObject;
      readonly mode: 'merge' | 'replace';
      readonly unset: readonly string[];
    }
  | { readonly step: 'get'; readonly namespace: string; readonly ids: readonly string[] }
  | {
      readonly step: 'filter' | 'scan' | 'count';
      readonly namespace: string;
      readonly filter: JsonObject;
      readonly limit: number;
    }
  | {
      readonly step: 'search';
      readonly namespace: string;
      readonly query: readonly number[];
      readonly filter: JsonObject | undefined;
      readonly k: number;
      readonly rank: number | undefined;
      readonly exact: boolean;
    }
  | { readonly step: 'dropNamespace'; readonly namespace: string }
  | { readonly step: 'recreateIndex'; readonly index: IndexSpec }
  | { readonly step: 'flush' }
  | { readonly step: 'reopen' };

/** Few, so that steps meet: case, normal forms and quotes tell some of them apart. */
const ids = ['a', 'A', 'b', 'é', 'e\u0301', 'a","b', '42', '042'];
const namespaces = ['', '', 'n', 'N'];

/** The fields that histories declare, where the backend knows the type. */
export function historyFields({ fieldTypes }: Capabilities): Record<string, FieldType> {
  const fields: Record<string, FieldType> = { k: 'keyword', n: 'number', t: 'datetime' };
  return Object.fromEntries(Object.entries(fields).filter(([, type]) => isSupported(fieldTypes[type])));
}

/** A random history of the steps that a backend takes. */
export function anyHistory(
  capabilities: Capabilities,
  maxLength: number,
  reopens: boolean,
  indexes: readonly IndexSpec[],
): fc.Arbitrary<Step[]> {
  const { operations, options } = capabilities;
  const can = (operation: keyof Capabilities['operations']) => isSupported(operations[operation]);
  const fields = historyFields(capabilities);
  const namespace = can('namespaces') ? fc.constantFrom(...namespaces) : fc.constant('');
  const id = fc.constantFrom(...ids);
  const someIds = fc.array(id, { maxLength: 5 });
  const payload = declaredPayload(fields);
  const filter = anyFilter({ fields, operators: capabilities.filterOperators });
  const vector: fc.Arbitrary<number[] | null> = isSupported(options.nullVector)
    ? fc.option(anyVector(3), { nil: null, freq: 8 })
    : anyVector(3);
  const byIds = someIds.map((chosen): Target => ({ ids: chosen }));
  const byFilter = filter.map((asked): Target => ({ filter: asked }));
  const all = fc.constant({ all: true } as const);
  const patchMode = isSupported(options.replacePayload)
    ? fc.constantFrom('merge' as const, 'merge' as const, 'replace' as const)
    : fc.constant('merge' as const);
  const unset = isSupported(options.unset)
    ? fc.uniqueArray(fc.constantFrom('a', 'b', 'k', 'n', 'a.b', '"a.b"', '__proto__', 'a.a', '""'), { maxLength: 2 })
    : fc.constant([]);

  const steps: { weight: number; arbitrary: fc.Arbitrary<Step> }[] = [
    {
      weight: 8,
      arbitrary: fc.record({
        step: fc.constant('upsert' as const),
        namespace,
        records: fc.array(fc.record({ id, vector, payload }), { maxLength: 6 }),
        stream: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        step: fc.constant('search' as const),
        namespace,
        query: anyVector(3),
        filter: isSupported(options.searchFilter) ? fc.option(filter, { nil: undefined }) : fc.constant(undefined),
        k: fc.constantFrom(1, 2, 5, 20),
        rank: fc.option(fc.nat({ max: 6 }), { nil: undefined }),
        exact: isSupported(options.exact) ? fc.boolean() : fc.constant(false),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        step: fc.constantFrom('filter' as const, 'scan' as const, 'count' as const),
        namespace,
        filter,
        limit: fc.constantFrom(1, 2, 3, 50),
      }),
    },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('get' as const), namespace, ids: someIds }) },
    {
      weight: 3,
      arbitrary: fc.record({
        step: fc.constant('delete' as const),
        namespace,
        target: fc.oneof(
          { weight: 4, arbitrary: byIds },
          ...(can('deleteByFilter') ? [{ weight: 2, arbitrary: byFilter }] : []),
          ...(can('deleteAll') ? [{ weight: 1, arbitrary: all }] : []),
        ),
      }),
    },
  ];
  if (can('setPayload'))
    steps.push({
      weight: 4,
      arbitrary: fc.record({
        step: fc.constant('setPayload' as const),
        namespace,
        target: can('setPayloadByFilter') ? fc.oneof(byIds, byFilter) : byIds,
        set: payload,
        mode: patchMode,
        unset,
      }),
    });
  if (can('dropNamespace'))
    steps.push({
      weight: 1,
      arbitrary: fc.record({
        step: fc.constant('dropNamespace' as const),
        namespace: fc.constantFrom('n', 'N', 'never there'),
      }),
    });
  if (can('recreateIndex'))
    steps.push({
      weight: 1,
      arbitrary: fc.record({
        step: fc.constant('recreateIndex' as const),
        index: fc.constantFrom<IndexSpec>({ type: 'auto' }, ...indexes),
      }),
    });
  if (can('flush')) steps.push({ weight: 1, arbitrary: fc.constant({ step: 'flush' as const }) });
  if (reopens) steps.push({ weight: 3, arbitrary: fc.constant({ step: 'reopen' as const }) });
  return fc.array(fc.oneof(...steps), { maxLength, size: 'max' });
}
