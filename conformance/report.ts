import type { Capabilities, Support } from '../src/capabilities.ts';

/** A backend to be shown, under the name of its column. A `VectorDatabase` fits with a name beside it. */
export interface Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
}

/** How one backend does one thing. */
export interface Cell {
  readonly way: 'native' | 'emulated' | 'refused' | 'value';
  /** `native`, `emulated`, `refused`, or the value. */
  readonly text: string;
  /** The cost of an emulation, the reason of a refusal. */
  readonly note?: string;
}

/** One capability, and how each backend has it. */
export interface Row {
  readonly name: string;
  /** One per backend, in their order. */
  readonly cells: readonly Cell[];
}

/** Capabilities of one kind. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What backends can do, side by side, as plain data. */
export interface CapabilityMatrix {
  readonly backends: readonly string[];
  readonly sections: readonly Section[];
}

/** Lays the capabilities of one or more backends side by side. JSON-able. */
export function capabilityMatrix(backends: readonly Backend[]): CapabilityMatrix {
  const table = (title: string, of: (capabilities: Capabilities) => Readonly<Record<string, Support>>): Section =>
    section(title, backends, of, (support) => (support === undefined ? value('–') : cellOf(support)));
  return {
    backends: backends.map((backend) => backend.name),
    sections: [
      table('Operations', (capabilities) => capabilities.operations),
      table('Filter operators', (capabilities) => capabilities.filterOperators),
      table('Options', (capabilities) => capabilities.options),
      table('Metrics', (capabilities) => capabilities.metrics),
      table('Field types', (capabilities) => capabilities.fieldTypes),
      section(
        'Limits',
        backends,
        (capabilities): Record<string, number> => ({ ...capabilities.limits }),
        (limit) => value(limit === undefined ? '–' : limit.toLocaleString('en-US')),
      ),
      section('Properties', backends, properties, (text) => value(text ?? '–')),
    ],
  };
}

/** The matrix as Markdown: a table per section, with costs and reasons as numbered notes beneath. */
export function renderMatrix(matrix: CapabilityMatrix): string {
  const parts = matrix.sections.map(({ title, rows }) => {
    const notes: string[] = [];
    const show = ({ text, note }: Cell) => (note === undefined ? text : `${text} ${noteNumber(notes, note)}`);
    const lines = [
      `### ${title}`,
      '',
      `| | ${matrix.backends.map(escaped).join(' | ')} |`,
      `|---|${'---|'.repeat(matrix.backends.length)}`,
      ...rows.map(({ name, cells }) => `| \`${name}\` | ${cells.map((cell) => escaped(show(cell))).join(' | ')} |`),
    ];
    if (notes.length > 0) lines.push('', ...notes.map((note, i) => `${i + 1}. ${note}`));
    return lines.join('\n');
  });
  return `${parts.join('\n\n')}\n`;
}

function section<T>(
  title: string,
  backends: readonly Backend[],
  of: (capabilities: Capabilities) => Readonly<Record<string, T>>,
  cell: (entry: T | undefined) => Cell,
): Section {
  const tables = backends.map((backend) => of(backend.capabilities));
  const names = [...new Set(tables.flatMap((each) => Object.keys(each)))];
  return { title, rows: names.map((name) => ({ name, cells: tables.map((each) => cell(each[name])) })) };
}

function properties(capabilities: Capabilities): Record<string, string> {
  const { indexTypes, searchParams, idModes, consistency, vectorReadback } = capabilities;
  return {
    indexTypes: indexTypes.join(', '),
    searchParams: searchParams.join(', ') || 'none',
    idModes: idModes.join(', '),
    consistency,
    vectorReadback,
  };
}

function cellOf(support: Support): Cell {
  if (support === 'native') return { way: 'native', text: 'native' };
  if ('refused' in support) return { way: 'refused', text: 'refused', note: support.refused };
  const { cost, atomic } = support.emulated;
  return { way: 'emulated', text: 'emulated', note: `${cost}${atomic ? '' : ' (not atomic)'}` };
}

function value(text: string): Cell {
  return { way: 'value', text };
}

function noteNumber(notes: string[], note: string): string {
  if (!notes.includes(note)) notes.push(note);
  return `(${notes.indexOf(note) + 1})`;
}

/** Text in a table's cell. */
function escaped(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/\n/g, ' ');
}
