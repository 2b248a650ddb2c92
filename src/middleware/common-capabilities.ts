import { type Capabilities, capabilitiesOf, type Limits, refusal, type Support } from '../capabilities.ts';

/** What each of several backends can do: of each thing what the weakest can, and the smallest limits. */
export function commonCapabilities(
  each: readonly Capabilities[],
  differences: Partial<Pick<Capabilities, 'operations' | 'options'>> = {},
): Capabilities {
  const [first] = each as readonly [Capabilities, ...Capabilities[]];
  return capabilitiesOf({
    operations: { ...weakest(each.map((one) => one.operations)), ...differences.operations },
    filterOperators: weakest(each.map((one) => one.filterOperators)),
    options: { ...weakest(each.map((one) => one.options)), ...differences.options },
    metrics: weakest(each.map((one) => one.metrics)),
    fieldTypes: weakest(each.map((one) => one.fieldTypes)),
    indexTypes: orElse(common(each.map((one) => one.indexTypes)), ['auto']),
    searchParams: common(each.map((one) => one.searchParams)),
    idModes: orElse(common(each.map((one) => one.idModes)), first.idModes),
    consistency: each.every((one) => one.consistency === 'session') ? 'session' : 'eventual',
    vectorReadback:
      (['direction', 'rounded'] as const).find((kind) => each.some((one) => one.vectorReadback === kind)) ?? 'bits',
    limits: smallest(each.map((one) => one.limits)),
  });
}

function weakest<K extends string>(tables: readonly Readonly<Record<K, Support>>[]): Record<K, Support> {
  const keys = Object.keys(tables[0]!) as K[];
  return Object.fromEntries(keys.map((key) => [key, weakestOf(tables.map((table) => table[key]))])) as Record<
    K,
    Support
  >;
}

function weakestOf(supports: readonly Support[]): Support {
  const refused = supports.find((support) => refusal(support) !== undefined);
  if (refused !== undefined) return refused;
  const emulated = supports.flatMap((support) =>
    typeof support === 'object' && 'emulated' in support ? [support.emulated] : [],
  );
  if (emulated.length === 0) return 'native';
  const cost = [...new Set(emulated.map((each) => each.cost))].join('; ');
  return { emulated: { cost, atomic: emulated.every((each) => each.atomic) } };
}

function common<T>(lists: readonly (readonly T[])[]): T[] {
  return lists[0]!.filter((item) => lists.every((list) => list.includes(item)));
}

function orElse<T>(list: readonly T[], otherwise: readonly T[]): readonly T[] {
  return list.length > 0 ? list : otherwise;
}

function smallest(all: readonly Limits[]): Limits {
  const names = Object.keys(all[0]!) as (keyof Limits)[];
  return Object.fromEntries(names.map((name) => [name, Math.min(...all.map((limits) => limits[name]))])) as Record<
    keyof Limits,
    number
  >;
}
