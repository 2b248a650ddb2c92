import { type Capabilities, isSupported, type Operation, type OptionName, type Support } from '../src/capabilities.ts';
import type { FilterOperator } from '../src/filter/parse.ts';
import type { FieldType, Metric } from '../src/types.ts';
import type { Context } from './context.ts';

/** A capability that a case stands on. Where it is refused the case does not apply; a law tests that it is refused. */
export type Need =
  | Operation
  | FilterOperator
  | `option ${OptionName}`
  | `metric ${Metric}`
  | `field ${FieldType}`
  /** Reads see the writes of the same handle without waiting. */
  | 'session consistency';

/** One law, as a test. */
export interface Case {
  /** Suite and law, for example `delete: absent ids are listed in missing, each once`. Unique, stable. */
  readonly name: string;
  readonly needs: readonly Need[];
  /** Rejects where the law does not hold. */
  run(context: Context): Promise<void>;
}

/** Adds a case to a suite. The name states the law. */
export interface AddCase {
  (name: string, run: (context: Context) => Promise<void>): void;
  (name: string, needs: readonly Need[], run: (context: Context) => Promise<void>): void;
}

/** Cases about one operation, or one law across operations. */
export interface Suite {
  readonly name: string;
  /** The laws that apply to a backend which can do this. */
  cases(capabilities: Capabilities): Case[];
}

/**
 * @param needs What every case of the suite stands on.
 * @param build Adds the cases; may generate them from the capabilities.
 */
export function defineSuite(
  name: string,
  needs: readonly Need[],
  build: (add: AddCase, capabilities: Capabilities) => void,
): Suite {
  return {
    name,
    cases(capabilities) {
      const cases: Case[] = [];
      const add: AddCase = (law: string, second: readonly Need[] | Case['run'], third?: Case['run']) => {
        const [more, run] = typeof second === 'function' ? [[], second] : [second, third];
        if (run !== undefined) cases.push({ name: `${name}: ${law}`, needs: [...needs, ...more], run });
      };
      build(add, capabilities);
      return cases;
    },
  };
}

/** What every store does, and the suite stands on. A backend that refuses any of it is not tested but told so. */
export const coreNeeds: readonly Need[] = [
  'upsert',
  'get',
  'delete',
  'search',
  'scan',
  'count',
  '$eq',
  'field keyword',
  'field number',
];

/** What makes no sense without something else. */
export const impliedNeeds: Readonly<Partial<Record<Need, Need>>> = {
  setPayloadByFilter: 'setPayload',
  'option replacePayload': 'setPayload',
  'option unset': 'setPayload',
  listNamespaces: 'namespaces',
  dropNamespace: 'namespaces',
  $match: 'field text',
  searchHybrid: 'field text',
};

/** The needs that a backend refuses; empty where the case applies. */
export function unmetNeeds(needs: readonly Need[], capabilities: Capabilities): Need[] {
  const implied = needs.flatMap((need) => impliedNeeds[need] ?? []);
  return [...new Set([...needs, ...implied])].filter((need) => !isMet(need, capabilities));
}

/** Whether a capability has an entry that says yes, whatever it implies. */
export function isMet(need: Need, capabilities: Capabilities): boolean {
  if (need === 'session consistency') return capabilities.consistency === 'session';
  const { operations, filterOperators, options, metrics, fieldTypes } = capabilities;
  const [kind, name = ''] = need.split(' ');
  const table: Readonly<Record<string, Support>> =
    kind === 'option'
      ? options
      : kind === 'metric'
        ? metrics
        : kind === 'field'
          ? fieldTypes
          : { ...operations, ...filterOperators };
  const support = table[name === '' ? need : name];
  if (support === undefined) throw new TypeError(`no such capability: ${need}`);
  return isSupported(support);
}
