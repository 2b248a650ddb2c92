import { VectorStoreError } from '../../errors.ts';
import type { Pieces } from '../../time-slice.ts';
import type { Id, Payload } from '../../types.ts';
import type { SlottedRecord } from '../partition.ts';
import { ByteReader, type ByteWriter } from './bytes.ts';

/** A change of a collection, as it is logged and applied: all of it or nothing. */
export type Operation =
  | { readonly kind: 'put'; readonly namespace: string; readonly records: readonly SlottedRecord[] }
  | {
      readonly kind: 'payload';
      readonly namespace: string;
      readonly entries: readonly { readonly id: Id; readonly payload: Payload }[];
    }
  | { readonly kind: 'remove'; readonly namespace: string; readonly ids: readonly Id[] };

const kinds = { put: 1, payload: 2, remove: 3 } as const;

/** Entries that are encoded between two looks at the clock. */
const encodedTogether = 256;

/** Appends an operation's bytes. */
export function* encodeOperation(operation: Operation, to: ByteWriter): Pieces<void> {
  to.u8(kinds[operation.kind]).text(operation.namespace);
  switch (operation.kind) {
    case 'put':
      to.u32(operation.records.length);
      for (const [i, { slot, id, vector, payload, json }] of operation.records.entries()) {
        if (i % encodedTogether === encodedTogether - 1) yield;
        to.u32(slot)
          .text(id)
          .u8(vector === null ? 0 : 1);
        if (vector !== null) to.f32s(vector);
        to.text(json ?? JSON.stringify(payload));
      }
      return;
    case 'payload':
      to.u32(operation.entries.length);
      for (const [i, { id, payload }] of operation.entries.entries()) {
        if (i % encodedTogether === encodedTogether - 1) yield;
        to.text(id).text(JSON.stringify(payload));
      }
      return;
    case 'remove':
      to.u32(operation.ids.length);
      for (const [i, id] of operation.ids.entries()) {
        if (i % encodedTogether === encodedTogether - 1) yield;
        to.text(id);
      }
  }
}

/** @throws `Corruption` */
export function decodeOperation(bytes: Uint8Array, dimension: number): Operation {
  const from = new ByteReader(bytes);
  const operation = readOperation(from, dimension);
  if (!from.done) throw new VectorStoreError('Corruption', 'a logged operation has bytes to spare');
  return operation;
}

function readOperation(from: ByteReader, dimension: number): Operation {
  const kind = from.u8();
  const namespace = from.text();
  const count = from.u32();
  const each = <T>(read: () => T): T[] => {
    // Not `Array.from({ length: count })`: a wrong count must end at the end of the bytes, not allocate first.
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  };
  switch (kind) {
    case kinds.put:
      return { kind: 'put', namespace, records: each(() => readRecord(from, dimension)) };
    case kinds.payload:
      return { kind: 'payload', namespace, entries: each(() => ({ id: from.text(), payload: readPayload(from) })) };
    case kinds.remove:
      return { kind: 'remove', namespace, ids: each(() => from.text()) };
    default:
      throw new VectorStoreError('Corruption', `a logged operation is of unknown kind ${kind}`);
  }
}

function readRecord(from: ByteReader, dimension: number): SlottedRecord {
  const slot = from.u32();
  const id = from.text();
  const vector = from.u8() === 0 ? null : from.f32s(dimension);
  return { slot, id, vector, payload: readPayload(from) };
}

function readPayload(from: ByteReader): Payload {
  try {
    return JSON.parse(from.text()) as Payload;
  } catch (cause) {
    throw new VectorStoreError('Corruption', 'a stored payload is not JSON', { cause });
  }
}
