/* Documents from CSV: a row is one. */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { z } from 'zod';
import type { Document } from '../documents.ts';
import { type Columns, type Row, rowDocument } from './rows.ts';

const row = z.record(z.string(), z.string());

/** Reads a file with a header line, of any length. Cells that look like numbers, or are `true` or `false`, become that; empty ones are left out. */
export async function* readCsv(path: string, columns: Columns = {}): AsyncGenerator<Document> {
  const parser = createReadStream(path).pipe(
    parse({ columns: true, bom: true, skip_empty_lines: true, delimiter: /\.tsv$/i.test(path) ? '\t' : ',' }),
  );
  let number = 0;
  for await (const record of parser) {
    number += 1;
    yield rowDocument(typed(row.parse(record), columns), columns, `${path}, record ${number}`);
  }
}

function typed(cells: Readonly<Record<string, string>>, { id = 'id', title = 'title', text = 'text' }: Columns): Row {
  const verbatim = new Set([id, title, text]);
  const entries = Object.entries(cells).filter(([, cell]) => cell !== '');
  return Object.fromEntries(entries.map(([name, cell]) => [name, verbatim.has(name) ? cell : cellValue(cell)]));
}

/** Only numbers that come out as they went in: `007` and `1e400` stay text. */
function cellValue(cell: string): string | number | boolean {
  if (cell === 'true' || cell === 'false') return cell === 'true';
  const number = Number(cell);
  return String(number) === cell && Number.isFinite(number) ? number : cell;
}
