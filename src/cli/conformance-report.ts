/** What `anyvec conformance` prints. */
import type { CapabilityMatrix, Cell, Collected } from '../../conformance/index.ts';
import { wrap } from '../terminal/layout.ts';

/** The failures in full, what the backend can do, and the outcome as the last line. */
export function renderRun(collected: Collected, matrix: CapabilityMatrix, width: number): string {
  const failures = collected.failed.map(({ name, error }) => `FAILED ${name}\n${indented(messageOf(error))}\n`);
  return [...failures, renderSupport(matrix, width), renderOutcome(collected)].join('\n');
}

/** What went wrong, in as many lines as it says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One line per capability: how the backend has it, and the cost of an emulation or the reason of a refusal. */
export function renderSupport({ sections }: CapabilityMatrix, width: number): string {
  const names = sections.flatMap(({ rows }) => rows.map(({ name }) => name.length));
  const nameWidth = Math.max(...names) + 2;
  const lines = sections.flatMap(({ title, rows }) => [
    title,
    ...rows.flatMap(({ name, cells: [cell] }) =>
      cell === undefined ? [] : supportLines(name, cell, nameWidth, width),
    ),
    '',
  ]);
  return lines.join('\n');
}

function supportLines(name: string, { way, text, note }: Cell, nameWidth: number, width: number): string[] {
  const before = nameWidth + 2 + (way === 'value' ? 0 : wayWidth);
  const described = way === 'value' ? text : (note ?? '');
  const [first = '', ...rest] = wrap(described, width - before, 20);
  const start = `  ${name.padEnd(nameWidth)}${way === 'value' ? '' : text.padEnd(wayWidth)}${first}`;
  return [start.trimEnd(), ...rest.map((line) => ' '.repeat(before) + line)];
}

/** `emulated` and a gap. */
const wayWidth = 10;

function renderOutcome({ passed, failed, inapplicable }: Collected): string {
  const ruledOut = inapplicable.length === 0 ? '' : `, ${inapplicable.length} ruled out by refused capabilities`;
  return `${passed.length} passed, ${failed.length} failed${ruledOut}\n`;
}

const indented = (text: string) => text.replace(/^/gm, '    ');
