/* Documents from JSON lines: a line is one. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { VectorStoreError } from 'anyvec';
import { z } from 'zod';
import type { Document } from '../documents.ts';
import { type Columns, rowDocument } from './rows.ts';

const object = z.record(z.string(), z.unknown());

/** Reads a file of any length; empty lines are skipped. */
export function readJsonl(path: string, columns: Columns = {}): AsyncGenerator<Document> {
  return jsonlDocuments(
    createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }),
    path,
    columns,
  );
}

/** @throws `InvalidArgument`, naming `origin` and the line. */
export async function* jsonlDocuments(
  lines: AsyncIterable<string> | Iterable<string>,
  origin: string,
  columns: Columns = {},
): AsyncGenerator<Document> {
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const text = number === 1 ? line.replace(/^\uFEFF/, '') : line;
    if (text.trim() !== '')
      yield rowDocument(parsed(text, `${origin}, line ${number}`), columns, `${origin}, line ${number}`);
  }
}

function parsed(line: string, place: string): z.infer<typeof object> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new VectorStoreError('InvalidArgument', `${place}: not JSON`);
  }
  const checked = object.safeParse(json);
  if (checked.success) return checked.data;
  throw new VectorStoreError('InvalidArgument', `${place}: not a JSON object`);
}
