import { dirname } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import type { ColumnSource } from 'hyparquet-writer';
import { nodeFileSystem } from '../../src/engine/storage/node-filesystem.ts';
import type { FileSpec } from '../../src/files/row-store.ts';
import { specText } from '../../src/files/spec-file.ts';
import { parsePath, valueAt } from '../../src/filter/path.ts';
import type { FieldType, Id, Payload } from '../../src/types.ts';
import type { ParquetPackages } from './packages.ts';

/** Columns of a file that this library writes; behind them one for each declared top-level field. */
export const ownColumns = ['id', 'namespace', 'vector', 'payload'] as const;
/** Who made a file, and under which key it says what it is. */
export const maker = 'anyvec';
export const specKey = 'anyvec.collection';

const groupRows = 8_192;
const groupNumbers = 1 << 20;
const groupBytes = 8 << 20;

/** A row on its way to a file. */
export interface OutgoingRow {
  readonly namespace: string;
  readonly id: Id;
  readonly vector: Float32Array | null;
  readonly payload: Payload;
  readonly json: string;
}

/**
 * Writes a Parquet file so that it is there as a whole or not at all.
 *
 * @returns How many rows it has.
 */
export async function writePart(
  path: string,
  rows: AsyncIterable<OutgoingRow>,
  spec: FileSpec,
  { writer: hyparquet }: ParquetPackages,
): Promise<number> {
  const temporary = `${path}.tmp`;
  await nodeFileSystem.remove(temporary);
  const output = hyparquet.fileWriter(temporary);
  try {
    const fields = fieldColumns(spec);
    const parquet = new hyparquet.ParquetWriter({
      writer: output,
      schema: schemaOf(fields),
      kvMetadata: [{ key: specKey, value: specText(spec) }],
      createdBy: maker,
    });
    let count = 0;
    for await (const group of groups(rows, spec.dimension)) {
      await parquet.write({ columnData: columnsOf(group, fields), rowGroupSize: group.length });
      count += group.length;
    }
    await parquet.finish();
    const file = await nodeFileSystem.open(temporary, { create: false });
    await file.sync().finally(() => file.close());
    await nodeFileSystem.rename(temporary, path);
    await nodeFileSystem.syncDirectory(dirname(path));
    return count;
  } catch (error) {
    await nodeFileSystem.remove(temporary).catch(() => undefined);
    throw error;
  }
}

async function* groups(rows: AsyncIterable<OutgoingRow>, dimension: number): AsyncGenerator<OutgoingRow[]> {
  let group: OutgoingRow[] = [];
  let bytes = 0;
  for await (const row of rows) {
    group.push(row);
    bytes += row.json.length;
    if (group.length < groupRows && group.length * dimension < groupNumbers && bytes < groupBytes) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

/** A declared field that has a column of its own, so that other tools can filter by it. */
interface FieldColumn {
  readonly name: string;
  readonly type: FieldType;
}

function fieldColumns({ fields }: FileSpec): FieldColumn[] {
  return Object.entries(fields).flatMap(([path, type]) => {
    const [name, ...beneath] = parsePath(path, path);
    const taken: readonly string[] = ownColumns;
    return name === undefined || name === '' || beneath.length > 0 || taken.includes(name) ? [] : [{ name, type }];
  });
}

function schemaOf(fields: readonly FieldColumn[]): SchemaElement[] {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
  return [
    { name: 'root', num_children: ownColumns.length + fields.length },
    { name: 'id', repetition_type: 'REQUIRED', ...text },
    { name: 'namespace', repetition_type: 'REQUIRED', ...text },
    { name: 'vector', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', type: 'FLOAT' },
    { name: 'payload', repetition_type: 'REQUIRED', ...text },
    ...fields.map(({ name, type }): SchemaElement => {
      if (type === 'number') return { name, repetition_type: 'OPTIONAL', type: 'DOUBLE' };
      if (type === 'boolean') return { name, repetition_type: 'OPTIONAL', type: 'BOOLEAN' };
      return { name, repetition_type: 'OPTIONAL', ...text };
    }),
  ];
}

function columnsOf(rows: readonly OutgoingRow[], fields: readonly FieldColumn[]): ColumnSource[] {
  return [
    { name: 'id', data: rows.map(({ id }) => id) },
    { name: 'namespace', data: rows.map(({ namespace }) => namespace) },
    {
      name: 'vector',
      // The writer takes lists as plain arrays only, and finds nothing to compress in them.
      data: rows.map(({ vector }) => (vector === null ? null : Array.from(vector))),
      encoding: 'PLAIN',
      codec: 'UNCOMPRESSED',
      statistics: false,
    },
    { name: 'payload', data: rows.map(({ json }) => json), statistics: false },
    ...fields.map(({ name, type }) => ({ name, data: rows.map(({ payload }) => cell(payload, name, type)) })),
  ];
}

/** A single value of the declared type; lists and everything else are in the payload only. */
function cell(payload: Payload, name: string, type: FieldType): unknown {
  const value = valueAt(payload, [name]);
  const wanted = type === 'number' || type === 'boolean' ? type : 'string';
  return typeof value === wanted ? value : null;
}
