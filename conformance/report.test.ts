import { expect, it } from 'vitest';
import { capabilitiesOf } from '../src/capabilities.ts';
import { capabilityMatrix, renderMatrix } from './report.ts';

const complete = capabilitiesOf({ indexTypes: ['flat', 'hnsw'], searchParams: ['ef'] });
const modest = capabilitiesOf({
  indexTypes: ['auto-index'],
  operations: {
    searchHybrid: { refused: 'no text | index' },
    setPayload: { emulated: { cost: 'a read and a write per record', atomic: false } },
    setPayloadByFilter: { emulated: { cost: 'a read and a write per record', atomic: false } },
  },
  filterOperators: { $match: { refused: 'no text index' } },
  limits: { k: 1_000 },
  consistency: 'eventual',
});
const matrix = capabilityMatrix([
  { name: 'complete', capabilities: complete },
  { name: 'modest', capabilities: modest },
]);

it('tells of every capability how each backend does it', () => {
  const names = matrix.sections.flatMap(({ rows }) => rows.map((row) => row.name));
  const { operations, filterOperators, options, metrics, fieldTypes, limits } = complete;
  for (const table of [operations, filterOperators, options, metrics, fieldTypes, limits]) {
    for (const name of Object.keys(table)) expect(names).toContain(name);
  }
  expect(matrix.backends).toEqual(['complete', 'modest']);
  expect(JSON.parse(JSON.stringify(matrix))).toEqual(matrix);
});

it('gives costs and reasons, and says what is not atomic', () => {
  const row = (name: string) =>
    matrix.sections.flatMap(({ rows }) => rows).find((candidate) => candidate.name === name)?.cells;
  expect(row('searchHybrid')).toEqual([
    { way: 'native', text: 'native' },
    { way: 'refused', text: 'refused', note: 'no text | index' },
  ]);
  expect(row('setPayload')?.[1]?.note).toBe('a read and a write per record (not atomic)');
  expect(row('k')?.map((cell) => cell.text)).toEqual(['10,000', '1,000']);
  expect(row('consistency')?.map((cell) => cell.text)).toEqual(['session', 'eventual']);
});

it('renders as Markdown: a table per section, one note for the same reason, bars escaped', () => {
  const text = renderMatrix(matrix);
  expect(text).toContain('| `search` | native | native |');
  expect(text).toContain('| `setPayload` | native | emulated (2) |');
  expect(text).toContain('| `setPayloadByFilter` | native | emulated (2) |');
  expect(text).toContain('1. no text | index');
  expect(text).toContain('2. a read and a write per record (not atomic)');
  for (const line of text.split('\n').filter((candidate) => candidate.startsWith('|')))
    expect(line.split(/(?<!\\)\|/).length).toBe(5);
});
