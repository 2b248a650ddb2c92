import { fieldsOf, int32Of, MalformedReply, numbersOf, type ProtoField, textOf } from './reader.ts';
import { floatsOf } from './writer.ts';

/** How the server says that a call succeeded, or why not. */
export interface Status {
  /** 0 where it succeeded; older servers give only the legacy number. */
  readonly code: number;
  readonly reason: string;
}

/** Columns of an answer by field name. */
export interface Columns {
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly json: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  readonly vectors: ReadonlyMap<string, { readonly dimension: number; readonly data: Float32Array }>;
}

export interface Mutation {
  readonly status: Status;
  readonly deleted: number;
  readonly upserted: number;
  /** The server's hybrid timestamp of the write. */
  readonly timestamp: bigint;
}

export interface QueryReply {
  readonly status: Status;
  readonly columns: Columns;
}

export interface SearchReply {
  readonly status: Status;
  readonly columns: Columns;
  /** Best first, one query after another. */
  readonly keys: readonly string[];
  readonly scores: Float32Array;
  /** How many hits each query has. */
  readonly hits: readonly number[];
}

/** Every answer of a server says whether the call succeeded. */
function present(status: Status | undefined): Status {
  if (status === undefined) throw new MalformedReply('the answer does not say whether the call succeeded');
  return status;
}

export function decodeMutation(message: Uint8Array): Mutation {
  let status: Status | undefined;
  let deleted = 0;
  let upserted = 0;
  let timestamp = 0n;
  for (const field of fieldsOf(message)) {
    if (field.field === 1) status = decodeStatus(bytesOf(field));
    else if (field.field === 7) deleted = numbersOf(field)[0] ?? 0;
    else if (field.field === 8) upserted = numbersOf(field)[0] ?? 0;
    else if (field.field === 9 && field.kind === 'varint') timestamp = field.value;
  }
  return { status: present(status), deleted, upserted, timestamp };
}

export function decodeQuery(message: Uint8Array): QueryReply {
  let status: Status | undefined;
  const columns = new ColumnReader();
  for (const field of fieldsOf(message)) {
    if (field.field === 1) status = decodeStatus(bytesOf(field));
    else if (field.field === 2) columns.read(bytesOf(field));
  }
  return { status: present(status), columns };
}

export function decodeSearch(message: Uint8Array): SearchReply {
  let status: Status | undefined;
  let results: Omit<SearchReply, 'status'> = {
    columns: new ColumnReader(),
    keys: [],
    scores: new Float32Array(),
    hits: [],
  };
  for (const field of fieldsOf(message)) {
    if (field.field === 1) status = decodeStatus(bytesOf(field));
    else if (field.field === 2) results = decodeResults(bytesOf(field));
  }
  return { status: present(status), ...results };
}

function decodeResults(message: Uint8Array): Omit<SearchReply, 'status'> {
  const columns = new ColumnReader();
  let keys: readonly string[] = [];
  let scores = new Float32Array();
  const hits: number[] = [];
  for (const field of fieldsOf(message)) {
    if (field.field === 3) columns.read(bytesOf(field));
    else if (field.field === 4) scores = joined(scores, floatsOf(bytesOf(field)));
    else if (field.field === 5) keys = decodeKeys(bytesOf(field));
    else if (field.field === 6) hits.push(...numbersOf(field));
  }
  const total = hits.reduce((sum, count) => sum + count, 0);
  if (keys.length !== total || scores.length !== total)
    throw new MalformedReply(`the answer counts ${total} hits, with ${keys.length} keys and ${scores.length} scores`);
  return { columns, keys, scores, hits };
}

function decodeStatus(message: Uint8Array): Status {
  let legacy = 0;
  let code = 0;
  let reason = '';
  for (const field of fieldsOf(message)) {
    if (field.field === 1 && field.kind === 'varint') legacy = int32Of(field.value);
    else if (field.field === 2) reason = textOf(bytesOf(field));
    else if (field.field === 3 && field.kind === 'varint') code = int32Of(field.value);
  }
  // Some failures have only one of the two numbers. 65535 is what the server gives a failure without a number of its own.
  return { code: code !== 0 ? code : legacy === 0 ? 0 : 65_535, reason };
}

function decodeKeys(message: Uint8Array): readonly string[] {
  for (const field of fieldsOf(message)) {
    if (field.field === 2) return textsOf(bytesOf(field));
    if (field.field === 1) return numberListOf(bytesOf(field)).map(String);
  }
  return [];
}

class ColumnReader implements Columns {
  readonly texts = new Map<string, readonly string[]>();
  readonly json = new Map<string, readonly Uint8Array[]>();
  readonly numbers = new Map<string, readonly number[]>();
  readonly vectors = new Map<string, { readonly dimension: number; readonly data: Float32Array }>();

  read(message: Uint8Array): void {
    let name = '';
    let scalars: Uint8Array | undefined;
    let vector: Uint8Array | undefined;
    for (const field of fieldsOf(message)) {
      if (field.field === 2) name = textOf(bytesOf(field));
      else if (field.field === 3) scalars = bytesOf(field);
      else if (field.field === 4) vector = bytesOf(field);
    }
    if (scalars !== undefined) this.#readScalars(name, scalars);
    if (vector !== undefined) this.#readVectors(name, vector);
  }

  #readScalars(name: string, message: Uint8Array): void {
    for (const field of fieldsOf(message)) {
      const values = bytesOf(field);
      if (field.field === 6) this.texts.set(name, textsOf(values));
      else if (field.field === 9) this.json.set(name, [...fieldsOf(values)].map(bytesOf));
      else if (field.field === 2 || field.field === 3) this.numbers.set(name, numberListOf(values));
    }
  }

  #readVectors(name: string, message: Uint8Array): void {
    let dimension = 0;
    let data = new Float32Array();
    for (const field of fieldsOf(message)) {
      if (field.field === 1) dimension = numbersOf(field)[0] ?? 0;
      else if (field.field === 2)
        for (const part of fieldsOf(bytesOf(field))) data = joined(data, floatsOf(bytesOf(part)));
    }
    this.vectors.set(name, { dimension, data });
  }
}

function textsOf(message: Uint8Array): string[] {
  const texts: string[] = [];
  for (const field of fieldsOf(message)) texts.push(textOf(bytesOf(field)));
  return texts;
}

function numberListOf(message: Uint8Array): number[] {
  const numbers: number[] = [];
  for (const field of fieldsOf(message)) for (const value of numbersOf(field)) numbers.push(value);
  return numbers;
}

function joined(before: Float32Array<ArrayBuffer>, more: Float32Array): Float32Array<ArrayBuffer> {
  const both = new Float32Array(before.length + more.length);
  both.set(before);
  both.set(more, before.length);
  return both;
}

function bytesOf(field: ProtoField): Uint8Array {
  if (field.kind === 'varint') throw new MalformedReply('the answer holds a number where a message should be');
  return field.value;
}
