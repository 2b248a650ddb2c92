/** Node only. Plans and reports as a person reads them. */
import type {
  CollectionPlan,
  CollectionVerification,
  Finding,
  MigrationPlan,
  MigrationReport,
  Verification,
} from './types.ts';

/** Differences shown per collection; the JSON report has more. */
const shownDifferences = 20;

const number = (value: number) => value.toLocaleString('en');
const plural = (count: number, one: string, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** A plan as lines of text. */
export function renderPlan(plan: MigrationPlan): string {
  const { source, target, collections, records, findings, refused } = plan;
  const lines = [
    `plan     ${source} → ${target}: ${plural(collections.length, 'collection')}, ${plural(records, 'record')}`,
    ...collections.flatMap(collectionLines),
    ...findings.map((finding) => findingLine(finding, refused.includes(finding))),
    refused.length === 0
      ? 'result   nothing stands against it'
      : `result   refused: ${plural(refused.length, 'finding')} marked with ✗`,
  ];
  return lines.join('\n');
}

function collectionLines({ source, target, dimension, metric, records, namespaces, exists }: CollectionPlan): string[] {
  const name = source === target ? source : `${source} → ${target}`;
  const count = namespaces.filter((namespace) => namespace.records > 0).length;
  const where = namespaces.length > 1 ? ` in ${plural(count, 'namespace')}` : '';
  return [
    `  ${name}: dimension ${dimension}, ${metric}, ${plural(records, 'record')}${where}${exists ? '; the target has it' : ''}`,
  ];
}

function findingLine({ severity, code, what, detail, ids }: Finding, isRefused: boolean): string {
  const some =
    ids === undefined
      ? ''
      : ` (${ids
          .slice(0, 3)
          .map((id) => JSON.stringify(id))
          .join(', ')}${ids.length > 3 ? ', …' : ''})`;
  return `${isRefused ? '✗' : ' '} ${severity.padEnd(10)} ${code}: ${what === 'target' ? '' : `${what}: `}${detail}${some}`;
}

/** A verification as lines of text. */
export function renderVerification(verification: Verification): string {
  const { collections, state, verify, elapsedMs } = verification;
  const lines = [
    ...collections.flatMap(verificationLines),
    `result   ${stateText[state]} (${verify}, ${(elapsedMs / 1_000).toFixed(1)} s)`,
  ];
  return lines.join('\n');
}

const stateText: Readonly<Record<Verification['state'], string>> = {
  validated: 'validated: both sides agree in everything',
  unverified: 'no difference in what was looked at; not everything was',
  mismatched: 'MISMATCHED: the two sides differ',
};

function verificationLines(check: CollectionVerification): string[] {
  const { source, target, validated, mismatched, missing, extra, unverifiable, search, differences } = check;
  const states = Object.entries({ validated, mismatched, missing, extra, unverifiable })
    .filter(([state, count]) => count > 0 || state === 'validated')
    .map(([state, count]) => `${number(count)} ${state}`)
    .join(', ');
  const names = source === target ? source : `${source} → ${target}`;
  const list = (what: string, some: readonly string[]) =>
    some.length === 0 ? [] : [`         ${what}: ${some.join('; ')}`];
  const quoted = (some: readonly string[]) => some.slice(0, shownDifferences).map((name) => JSON.stringify(name));
  const rest = mismatched + missing + extra - shownDifferences;
  return [
    `verify   ${names}: ${states}; vectors by ${comparedBy[check.vectors]}`,
    ...list('collection', check.schema),
    ...list('namespaces missing', quoted(check.namespaces.missing)),
    ...list('namespaces extra', quoted(check.namespaces.extra)),
    ...list('unverifiable', check.unverifiableReasons),
    ...differences
      .slice(0, shownDifferences)
      .map(
        ({ namespace, id, kinds, detail }) =>
          `         ${kinds.join('+').padEnd(9)} ${namespace === '' ? '' : `${JSON.stringify(namespace)} `}${JSON.stringify(id)}: ${detail}`,
      ),
    ...(rest > 0 && differences.length >= shownDifferences ? [`         … and ${number(rest)} more`] : []),
    `         searches: ${searchText(search)}`,
    ...list('searches', search.differing.slice(0, 5)),
  ];
}

const comparedBy = {
  bits: 'their bits',
  rounded: 'length and angle within 1e-6',
  direction: 'angle within 1e-6',
} as const;

function searchText(search: CollectionVerification['search']): string {
  const { queries, agreeing, k, overlap, unverifiable, computed } = search;
  if (unverifiable !== undefined) return `not compared: ${unverifiable}`;
  if (queries === 0) return 'none, there are no vectors';
  return `${agreeing} of ${queries} agree (exact, k = ${k}), overlap ${(overlap * 100).toFixed(1)} %${computed ? '; computed from the records' : ''}`;
}

/** A whole report as lines of text. */
export function renderReport(report: MigrationReport): string {
  const { plan, copy, verification } = report;
  const { read, written, present, leftOut, resumed, elapsedMs } = copy;
  const seconds = elapsedMs / 1_000;
  const parts = [
    `${plural(read, 'record')} read`,
    `${number(written)} written`,
    ...(present > 0 ? [`${number(present)} found at the target already`] : []),
    ...(leftOut.length > 0 ? [`${number(leftOut.length)} left out`] : []),
  ];
  const rate = seconds > 0 ? `, ${number(Math.round(written / seconds))} a second` : '';
  return [
    renderPlan(plan),
    `copy     ${resumed ? 'resumed: ' : ''}${parts.join(', ')} in ${seconds.toFixed(1)} s${rate}`,
    ...leftOut
      .slice(0, shownDifferences)
      .map(({ id, code, detail }) => `         left out ${JSON.stringify(id)} (${code}): ${detail}`),
    verification === undefined ? 'result   copied; not verified' : renderVerification(verification),
  ].join('\n');
}
