import { getHeapStatistics } from 'node:v8';
import type { FileMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { unsupported } from '../../src/errors.ts';
import { corruptFile } from '../../src/files/corrupt.ts';
import type { Column } from './page-check.ts';

/** A leaf of the schema. */
export interface Leaf {
  /** Of the column of the top level that it belongs to. */
  readonly name: string;
  readonly path: string;
  readonly maximumRepetition: number;
  readonly maximumDefinition: number;
}

/** No file has this many rows for each of its bytes, however well its ids are compressed. */
const maximumRowsPerByte = 1_024n;

/** Values of a column of a row group: nested ones are decoded together, and take some 12 bytes each. */
const maximumValues = Math.floor(getHeapStatistics().heap_size_limit / 24);

/**
 * Checks what a file says of itself before anything is taken for it.
 *
 * @returns The leaves, in the order of the columns of each row group.
 * @throws `Corruption`; `Unsupported` for row groups that are too large for this process.
 */
export function checkFooter(path: string, metadata: FileMetaData, schema: SchemaTree, size: number): Leaf[] {
  const leaves = leavesOf(schema, '', 0, 0);
  if (new Set(leaves.map((leaf) => leaf.path)).size !== leaves.length)
    throw corruptFile(path, 'two columns have one name');
  let sum = 0n;
  for (const group of metadata.row_groups) {
    sum += checkGroup(path, group, leaves, size);
  }
  if (sum !== metadata.num_rows || sum > BigInt(size) * maximumRowsPerByte)
    throw corruptFile(path, 'its row groups do not add up to its rows, or are far too many');
  return leaves;
}

function checkGroup(
  path: string,
  { num_rows: rows, columns }: RowGroup,
  leaves: readonly Leaf[],
  size: number,
): bigint {
  if (typeof rows !== 'bigint' || rows < 0n) throw corruptFile(path, 'a row group has fewer rows than none');
  // The reader would begin columns of another order or number, and not wait for them: their errors would end the process.
  const found = columns.map(({ meta_data: column }) => JSON.stringify(column?.path_in_schema));
  if (found.length !== leaves.length || found.some((leaf, i) => leaf !== leaves[i]!.path))
    throw corruptFile(path, 'a row group has other columns than the file');
  for (const [i, { meta_data: column }] of columns.entries()) {
    const values = column?.num_values;
    const isNested = leaves[i]!.maximumRepetition > 0;
    if (typeof values !== 'bigint' || values < rows || (!isNested && values !== rows))
      throw corruptFile(path, 'a row group has more rows than values, or fewer');
    const { start, end } = rangeOf(column!);
    if (!(start >= 0 && end >= start && end <= size)) throw corruptFile(path, 'it refers to bytes that are not there');
    if (values > maximumValues)
      throw unsupported(
        path,
        `a row group of ${values} values is more than fits into memory here: write smaller row groups, or give node more with --max-old-space-size`,
      );
  }
  return rows;
}

/** Where the pages of a column are. */
export function rangeOf(column: Column['metadata']): { start: number; end: number } {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  return { start, end: start + Number(column.total_compressed_size) };
}

function leavesOf(
  { path, element, children }: SchemaTree,
  name: string,
  repetition: number,
  definition: number,
): Leaf[] {
  const isRoot = path.length === 0;
  const type = isRoot ? 'REQUIRED' : element.repetition_type;
  const maximumRepetition = repetition + (type === 'REPEATED' ? 1 : 0);
  const maximumDefinition = definition + (type === 'REQUIRED' ? 0 : 1);
  const top = path.length === 1 ? element.name : name;
  if (children.length === 0) return [{ name: top, path: JSON.stringify(path), maximumRepetition, maximumDefinition }];
  return children.flatMap((child) => leavesOf(child, top, maximumRepetition, maximumDefinition));
}
