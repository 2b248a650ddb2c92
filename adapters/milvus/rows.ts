import type { Parts, StoredRecord } from '../../src/driver.ts';
import { columns } from './expression.ts';
import { idOf } from './keys.ts';
import { decodePayload } from './stored-payload.ts';
import { MalformedReply } from './wire/reader.ts';
import type { Columns } from './wire/replies.ts';

/** The columns to ask for. */
export function outputOf({ payload, vector }: Parts): string[] {
  return [columns.key, ...(payload ? [columns.payload, columns.text] : []), ...(vector ? [columns.vector] : [])];
}

/** Records from the columns of an answer. */
export function recordsOf(reply: Columns, keys: readonly string[], parts: Parts): StoredRecord[] {
  const payload = parts.payload ? payloadsOf(reply, keys.length) : undefined;
  const vector = parts.vector ? vectorsOf(reply, keys.length) : undefined;
  return keys.map((key, i) => ({
    id: idOf(key),
    ...(payload && { payload: payload(i) }),
    ...(vector && { vector: vector(i) }),
  }));
}

export function keysOf(reply: Columns): readonly string[] {
  const keys = reply.texts.get(columns.key);
  if (keys === undefined) throw new MalformedReply('the answer holds rows without their keys');
  return keys;
}

function payloadsOf(reply: Columns, count: number) {
  const visible = reply.json.get(columns.payload) ?? [];
  const texts = reply.texts.get(columns.text) ?? [];
  if (visible.length !== count || texts.length !== count)
    throw new MalformedReply(`${count} rows with ${visible.length} payloads`);
  return (i: number) => decodePayload(visible[i]!, texts[i]!);
}

function vectorsOf(reply: Columns, count: number) {
  const { dimension, data } = reply.vectors.get(columns.vector) ?? { dimension: 0, data: new Float32Array() };
  if (data.length !== dimension * count)
    throw new MalformedReply(`${count} rows of dimension ${dimension} with ${data.length} numbers`);
  return (i: number) => data.slice(i * dimension, (i + 1) * dimension);
}
