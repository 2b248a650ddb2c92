import type { BoundedReader, Element, TableLayout } from '../../src/files/table-layout.ts';
import { elementBytes } from '../../src/files/table-layout.ts';

/** No header that numpy writes for a matrix is longer. */
const maximumHeaderBytes = 65_536;
const magic = '\x93NUMPY';
const elements: Readonly<Record<string, Element>> = { '<f2': 'f2', '<f4': 'f4', '<f8': 'f8' };

/**
 * Where the rows of a matrix are: two dimensions, C order, little-endian floats of 2, 4 or 8 bytes.
 *
 * @throws `Corruption`, also for another kind of array.
 */
export function npyLayout(reader: BoundedReader): TableLayout {
  const head = reader.view(0, 10);
  const start = String.fromCharCode(...Array.from({ length: 6 }, (_, i) => head.getUint8(i)));
  const version = head.getUint8(6);
  if (start !== magic || version < 1 || version > 3) throw reader.corrupt('it is no npy file');
  const textAt = version === 1 ? 10 : 12;
  const length = version === 1 ? head.getUint16(8, true) : reader.view(8, 4).getUint32(0, true);
  if (length > maximumHeaderBytes) throw reader.corrupt('its header is too long');
  const header = parseHeader(new TextDecoder().decode(reader.view(textAt, length)), reader);
  const stride = header.columns * elementBytes[header.element];
  const end = reader.skip(textAt + length, header.rows, stride);
  if (end !== reader.size) throw reader.corrupt(`the matrix ends at byte ${end}, and the file at byte ${reader.size}`);
  const segments = header.rows === 0 ? [] : [{ count: header.rows, stride, vectorAt: textAt + length }];
  return { dimension: header.columns, element: header.element, segments };
}

function parseHeader(text: string, reader: BoundedReader): { element: Element; rows: number; columns: number } {
  const descr = /'descr':\s*'([^']{1,16})'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const [, rows, columns] = /'shape':\s*\(\s*(\d{1,15})\s*,\s*(\d{1,15})\s*,?\s*\)/.exec(text) ?? [];
  const element = descr === undefined ? undefined : elements[descr];
  if (element === undefined)
    throw reader.corrupt(`its numbers are ${JSON.stringify(descr ?? 'unknown')}; only <f4, <f2 and <f8 are read`);
  if (order !== 'False') throw reader.corrupt('it is not in C order; write it with numpy.ascontiguousarray');
  if (rows === undefined || columns === undefined) throw reader.corrupt('it is no matrix of two dimensions');
  const dimension = Number(columns);
  if (dimension < 1 || dimension > 65_536) throw reader.corrupt(`its vectors have ${columns} numbers`);
  return { element, rows: Number(rows), columns: dimension };
}
