/** What `anyvec inspect` found out, as data and as text. */

import { clip, type Palette, printable, textWidth, wrap } from '../terminal/layout.ts';
import { renderTable } from '../terminal/table.ts';
import type { CollectionInfo, CollectionStats, Health, IndexSpec, JsonValue } from '../types.ts';
import { payloadText, vectorText } from './search-report.ts';

/** A collection with its figures, or with why there are none. */
export interface Inspected extends CollectionInfo {
  readonly stats?: CollectionStats;
  readonly problem?: string;
}

/** A record as it is shown. */
export interface Sample {
  readonly id: string;
  readonly vector: readonly number[] | null;
  readonly payload: { readonly [key: string]: JsonValue | undefined };
}

/** One collection in full. */
export interface InspectedCollection extends Inspected {
  /** By name, `''` the default one; where there are many, the first ones. */
  readonly namespaceCounts: { readonly name: string; readonly count: number }[];
  readonly samples: readonly Sample[];
}

interface Page {
  readonly width: number;
  readonly palette: Palette;
}

/** The line above everything. */
export function renderHealth(name: string, { ok, version, latencyMs, problem }: Health, { palette }: Page): string {
  const state = ok ? `answers in ${latencyMs.toFixed(1)} ms` : (problem ?? 'does not answer');
  return `${palette.bold(name)}  ${palette.dim([version ?? '', printable(state)].filter(Boolean).join(', '))}`;
}

/** A line for each collection. */
export function renderCollections(collections: readonly Inspected[], page: Page): string {
  if (collections.length === 0) return 'no collections';
  const rows = collections.map(({ name, dimension, metric, index, stats, problem }) => [
    printable(name),
    String(dimension),
    metric,
    stats === undefined ? '–' : count(stats.count),
    stats === undefined ? '–' : count(stats.namespaces),
    problem === undefined ? (stats?.index ?? index).type : 'unreadable',
    stats?.diskBytes === undefined ? '' : bytes(stats.diskBytes),
  ]);
  const columns = [
    { title: 'COLLECTION', elastic: true },
    { title: 'DIMENSION', align: 'right' as const },
    { title: 'METRIC' },
    { title: 'RECORDS', align: 'right' as const },
    { title: 'NAMESPACES', align: 'right' as const },
    { title: 'INDEX' },
    { title: 'ON DISK', align: 'right' as const },
  ];
  const problems = collections.flatMap(({ name, problem }) =>
    problem === undefined ? [] : wrap(printable(`${name}: ${problem}`), page.width, 20),
  );
  const table = renderTable(columns, rows, page);
  return problems.length === 0 ? table : [table, '', ...problems].join('\n');
}

/** All that is known of one collection. */
export function renderCollection(collection: InspectedCollection, page: Page): string {
  return [renderFacts(collection, page), renderNamespaces(collection, page), renderSamples(collection.samples, page)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function renderFacts(
  { name, dimension, metric, fields, idMode, index, managed, stats, problem }: InspectedCollection,
  { palette, width }: Page,
) {
  const facts: [string, string][] = [
    ['vectors', `${count(dimension)} dimensions, ${metric}`],
    ['index', indexText(stats?.index ?? index)],
    [
      'fields',
      Object.entries(fields)
        .map(([path, type]) => `${path}: ${type}`)
        .join(', ') || 'none declared',
    ],
    ['ids', idMode === 'native' ? 'as they are' : 'hashed, beside the id itself'],
    ['made by', managed ? 'this library' : 'something else'],
  ];
  if (stats !== undefined) {
    const { count: records, namespaces, ignoredHints, recovery } = stats;
    facts.unshift(['records', `${count(records)}${namespaces > 1 ? ` in ${count(namespaces)} namespaces` : ''}`]);
    const sizes = sizesOf(stats);
    if (sizes !== '') facts.push(['sizes', sizes]);
    facts.push(['ignored hints', ignoredHints.join(', ') || 'none']);
    facts.push(
      ...(recovery.length === 0 ? ['nothing to mend'] : recovery).map((note, at): [string, string] => [
        at === 0 ? 'recovery' : '',
        note,
      ]),
    );
  }
  if (problem !== undefined) facts.unshift(['problem', problem]);
  const names = Math.max(...facts.map(([fact]) => textWidth(fact))) + 2;
  return [
    palette.bold(printable(name)),
    ...facts.map(([fact, text]) => `  ${palette.dim(fact.padEnd(names))}${clip(printable(text), width - names - 2)}`),
  ].join('\n');
}

function sizesOf({ indexBytes, vectorBytes, diskBytes }: CollectionStats): string {
  const sizes = [
    ['index', indexBytes],
    ['vectors', vectorBytes],
    ['on disk', diskBytes],
  ] as const;
  return sizes.flatMap(([what, size]) => (size === undefined ? [] : [`${what} ${bytes(size)}`])).join(', ');
}

function renderNamespaces({ namespaceCounts, stats }: InspectedCollection, page: Page): string {
  if (namespaceCounts.every(({ name }) => name === '')) return '';
  const rows = namespaceCounts.map(({ name, count: records }) => [
    name === '' ? '(default)' : printable(name),
    count(records),
  ]);
  const table = renderTable(
    [
      { title: 'NAMESPACE', elastic: true },
      { title: 'RECORDS', align: 'right' },
    ],
    rows,
    page,
  );
  const named = namespaceCounts.filter(({ name }) => name !== '').length;
  const more = (stats?.namespaces ?? named) - namespaceCounts.filter(({ count: records }) => records > 0).length;
  return more > 0 ? `${table}\n${page.palette.dim(`and ${count(more)} more`)}` : table;
}

function renderSamples(samples: readonly Sample[], page: Page): string {
  if (samples.length === 0) return '';
  const rows = samples.map(({ id, vector, payload }) => [printable(id), vectorText(vector), payloadText(payload)]);
  return renderTable(
    [
      { title: 'ID', elastic: true },
      { title: 'VECTOR', elastic: true },
      { title: 'PAYLOAD', elastic: true },
    ],
    rows,
    page,
  );
}

function indexText({ type, options, ...parameters }: IndexSpec): string {
  const all = { ...parameters, ...options };
  return [type, ...Object.entries(all).map(([name, value]) => `${name} ${value}`)].join(' ');
}

const count = (number: number) => number.toLocaleString('en-US');

/** `12 B`, `3.4 kB`, `1.2 GB`: powers of 1,000. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(size, 1)) / 3));
  const scaled = size / 1000 ** power;
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${units[power]}`;
}
