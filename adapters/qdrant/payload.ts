import { VectorStoreError } from '../../src/errors.ts';
import type { Id, IdMode, Payload } from '../../src/types.ts';
import { isPlainObject, setOwn } from '../../src/validate/payload.ts';
import { idOfPoint, type PointId } from './ids.ts';

/** Keys of ours in a point's payload. All begin with `_av`: a user's own key of that kind goes into the envelope. */
export const keys = {
  /** The record's id, since the point's is a hash of it. */
  id: '_av_id',
  /** The namespace; `''` for the default one. Its index keeps tenants apart. */
  namespace: '_av_ns',
  /** The vector's length under cosine, where the stored vector has length 1. Absent: 1. */
  norm: '_av_norm',
  /** The whole payload as JSON text, where it has reserved keys. */
  envelope: '_av',
} as const;

const reserved = '_av';

/** Whether a payload has keys that are ours. */
export function needsEnvelope(payload: Payload): boolean {
  return Object.keys(payload).some((key) => key.startsWith(reserved));
}

/** What is stored beside the payload. */
export interface RecordMeta {
  readonly id: Id;
  readonly namespace: string;
  /** Undefined under other metrics than cosine. */
  readonly norm: number | undefined;
}

/** A payload as JSON text with our keys, built around the text that is there already. */
export function encodePayload(payload: Payload, json: string, mode: IdMode, meta: RecordMeta): string {
  if (mode === 'native') return json;
  const { id, namespace, norm } = meta;
  const ours = `"${keys.id}":${JSON.stringify(id)},"${keys.namespace}":${JSON.stringify(namespace)}${norm === undefined || norm === 1 ? '' : `,"${keys.norm}":${norm}`}`;
  const theirs = needsEnvelope(payload) ? enveloped(payload, json) : json;
  return theirs === '{}' ? `{${ours}}` : `{${ours},${theirs.slice(1)}`;
}

function enveloped(payload: Payload, json: string): string {
  const rest: Record<string, unknown> = { [keys.envelope]: json };
  for (const key of Object.keys(payload)) if (!key.startsWith(reserved)) setOwn(rest, key, payload[key]);
  return JSON.stringify(rest);
}

/** A point's payload taken apart. */
export interface DecodedPayload extends RecordMeta {
  readonly payload: Payload;
  readonly enveloped: boolean;
}

/**
 * @param point For messages, and the id in native mode.
 * @throws `Corruption` for a point of a managed collection without our keys: somebody else wrote it, and passing it over would be silent.
 */
export function decodePayload(stored: unknown, mode: IdMode, point: PointId): DecodedPayload {
  const all = isPlainObject(stored) ? stored : {};
  if (mode === 'native')
    return { payload: all as Payload, id: idOfPoint(point), namespace: '', norm: undefined, enveloped: false };
  const { [keys.id]: id, [keys.namespace]: namespace = '', [keys.norm]: norm = 1, [keys.envelope]: envelope } = all;
  if (typeof id !== 'string' || typeof namespace !== 'string' || typeof norm !== 'number') {
    throw new VectorStoreError(
      'Corruption',
      `point ${point} lacks the keys that this library writes; open the collection with idMode 'native' if something else wrote it`,
    );
  }
  return {
    payload: typeof envelope === 'string' ? opened(envelope, point) : stripped(all),
    id,
    namespace,
    norm,
    enveloped: envelope !== undefined,
  };
}

function opened(envelope: string, point: PointId): Payload {
  try {
    const payload: unknown = JSON.parse(envelope);
    if (isPlainObject(payload)) return payload as Payload;
  } catch {
    // Said below.
  }
  throw new VectorStoreError('Corruption', `the payload of point ${point} cannot be read`);
}

function stripped(all: Readonly<Record<string, unknown>>): Payload {
  const payload: Record<string, unknown> = {};
  for (const key of Object.keys(all)) if (!key.startsWith(reserved)) setOwn(payload, key, all[key]);
  return payload as Payload;
}
