import { parseInstant } from '../../src/filter/datetime.ts';
import { parsePath, valueAt } from '../../src/filter/path.ts';
import type { FieldType, Payload } from '../../src/types.ts';
import { isPlainObject, setOwn } from '../../src/validate/payload.ts';
import { isAddressable } from './expression.ts';
import { MalformedReply } from './wire/reader.ts';

/** The longest JSON text of a payload, in UTF-8 bytes: what a VARCHAR column holds. */
export const payloadBytes = 65_535;
/** The longest JSON value of a column, in UTF-8 bytes. */
const columnBytes = 65_536;

/** A payload as it is stored: what filters see, and the text of the whole where that is not all of it. */
export interface StoredPayload {
  readonly visible: Uint8Array;
  readonly text: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The key beside the payload's own under which a `datetime` field's instants are stored, as epoch milliseconds. */
export function instantsKey(field: string): string {
  return `_av@${field}`;
}

/**
 * Payloads are stored as they are, unless servers disagree about something in them: null members (whose existence they judge differently), and
 * keys that no expression can name. Those are left out of what filters see, and the text of the whole is stored beside it.
 *
 * @returns undefined for a payload that does not fit.
 */
export function encodePayload(
  payload: Payload,
  json: string,
  datetimeFields: readonly string[],
): StoredPayload | undefined {
  const plain = isPlain(payload, true);
  const instants = datetimeFields.flatMap((field) => instantsOf(payload, field));
  const visible = encoder.encode(
    plain && instants.length === 0 ? json : JSON.stringify(visiblePart(payload, instants)),
  );
  return visible.byteLength > columnBytes ? undefined : { visible, text: plain ? '' : json };
}

/** The payload again. */
export function decodePayload(visible: Uint8Array, text: string): Payload {
  const stored = parseObject(text === '' ? decoder.decode(visible) : text);
  if (text !== '') return stored;
  for (const key of Object.keys(stored)) if (key.startsWith('_av@')) delete (stored as Record<string, unknown>)[key];
  return stored;
}

function parseObject(json: string): Payload {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new MalformedReply('a stored payload is no JSON', { cause: error });
  }
  if (!isPlainObject(value)) throw new MalformedReply('a stored payload is no JSON object');
  return value as Payload;
}

/** Whether all members can be stored as they are. Null elements of arrays can. */
function isPlain(value: unknown, atRoot = false): boolean {
  if (Array.isArray(value)) return value.every((element) => element === null || isPlain(element));
  if (!isPlainObject(value)) return value !== null;
  return Object.keys(value).every(
    (key) => isAddressable(key) && !(atRoot && key.startsWith('_av')) && isPlain(value[key]),
  );
}

function visiblePart(payload: Payload, instants: readonly (readonly [string, unknown])[]): object {
  const visible = withoutHidden(payload, true) as Record<string, unknown>;
  for (const [key, value] of instants) setOwn(visible, key, value);
  return visible;
}

function withoutHidden(value: unknown, atRoot = false): unknown {
  if (Array.isArray(value)) return value.map((element) => withoutHidden(element));
  if (!isPlainObject(value)) return value;
  const visible: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (value[key] === null || !isAddressable(key) || (atRoot && key.startsWith('_av'))) continue;
    setOwn(visible, key, withoutHidden(value[key]));
  }
  return visible;
}

function instantsOf(payload: Payload, field: string): [string, unknown][] {
  const value = valueAt(payload, parsePath(field, 'fields'));
  const instant = (text: unknown) => (typeof text === 'string' ? parseInstant(text) : undefined);
  const instants = Array.isArray(value) ? value.flatMap((element) => instant(element) ?? []) : instant(value);
  return instants === undefined ? [] : [[instantsKey(field), instants]];
}

/** The fields that have instants stored beside them. */
export function datetimeFieldsOf(fields: { readonly [field: string]: FieldType }): string[] {
  return Object.keys(fields).filter((field) => fields[field] === 'datetime');
}
