import type { DriverRecord } from '../../src/driver.ts';
import { corruptFile } from '../../src/files/corrupt.ts';
import type { Row } from '../../src/files/row-store.ts';
import type { Id, Payload } from '../../src/types.ts';
import { isPlainObject } from '../../src/validate/payload.ts';
import { f32Text } from './number-text.ts';

/** A record as a line: `{"id":…,"namespace":…,"vector":[…],"payload":{…}}`; no namespace stands for the default one. */
export function recordLine(
  namespace: string,
  { id, vector, json }: Pick<DriverRecord, 'id' | 'vector' | 'json'>,
): string {
  return `{${key(namespace, id)},"vector":${vector === null ? 'null' : vectorText(vector)},"payload":${json}}\n`;
}

/** That a record is gone: `{"id":…,"deleted":true}`. */
export function removalLine(namespace: string, id: Id): string {
  return `{${key(namespace, id)},"deleted":true}\n`;
}

function key(namespace: string, id: Id): string {
  const place = namespace === '' ? '' : `,"namespace":${JSON.stringify(namespace)}`;
  return `"id":${JSON.stringify(id)}${place}`;
}

function vectorText(vector: Float32Array): string {
  let text = '[';
  for (let i = 0; i < vector.length; i++) text += i === 0 ? f32Text(vector[i]!) : `,${f32Text(vector[i]!)}`;
  return `${text}]`;
}

/** @throws `Corruption` */
export function parseObject(text: string, place: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw corruptFile(place, 'the line is no JSON');
  }
  if (!isPlainObject(json)) throw corruptFile(place, 'the line is no JSON object');
  return json;
}

/**
 * A line that this library wrote.
 *
 * @throws `Corruption`
 */
export function parseRecord(text: string, dimension: number, position: number, place: string): Row {
  const { id, namespace = '', vector, payload, deleted } = parseObject(text, place);
  if (typeof id !== 'string' || typeof namespace !== 'string')
    throw corruptFile(place, 'no id, or no text as namespace');
  if (deleted === true && vector === undefined)
    return { position, id, namespace, vector: null, payload: {}, removed: true };
  if (!isPlainObject(payload)) throw corruptFile(place, 'no payload');
  return { position, id, namespace, vector: readVector(vector, dimension, place), payload: payload as Payload };
}

function readVector(value: unknown, dimension: number, place: string): Float32Array | null {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length !== dimension || !value.every(Number.isFinite))
    throw corruptFile(place, `no vector of ${dimension} numbers`);
  return Float32Array.from(value as number[]);
}
