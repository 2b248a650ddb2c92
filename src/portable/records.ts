import type { StandardSchemaV1 } from '@standard-schema/spec';
import { refusal } from '../capabilities.ts';
import type { CollectionDriver, DriverRecord } from '../driver.ts';
import { invalid, unsupported, VectorStoreError } from '../errors.ts';
import type { Payload, PayloadSchema } from '../types.ts';
import { validateId } from '../validate/identifiers.ts';
import { checkDeclaredFields, copyPayload, isPlainObject } from '../validate/payload.ts';
import { shown, utf8Length } from '../validate/text.ts';
import { validateVector } from '../validate/vector.ts';

/** What records are checked against. */
export interface RecordRules {
  readonly collection: CollectionDriver;
  readonly schema: PayloadSchema | undefined;
}

const recordKeys = ['id', 'vector', 'payload'];

/**
 * A caller's record as an own, checked copy. Synchronous unless the payload schema is not.
 *
 * @throws `InvalidArgument` with the place at fault; `Unsupported` for `vector: null` where that is refused.
 */
export function prepareRecord(
  record: unknown,
  rules: RecordRules,
  place: string,
): DriverRecord | Promise<DriverRecord> {
  if (!isPlainObject(record))
    throw invalid(place, `a record is an object { id, vector, payload? }, not ${shown(record)}`);
  const { id: givenId, vector: givenVector, payload: givenPayload } = record;
  for (const key of Object.keys(record)) {
    if (!recordKeys.includes(key))
      throw invalid(
        place,
        `unknown key ${shown(key)}; a record has ${recordKeys.join(', ')} (further data belongs in the payload)`,
      );
  }
  const { info, capabilities } = rules.collection;
  const id = validateId(givenId, capabilities.limits, `${place}.id`);
  const vector =
    givenVector === null
      ? nullVector(rules, place)
      : validateVector(givenVector, info.dimension, info.metric, `${place}.vector`);
  const at = `${place}.payload`;
  const finish = (payload: Payload): DriverRecord =>
    held({ id, vector, payload, json: payloadText(payload, rules, at) }, rules, place);
  const payload = preparePayload(givenPayload === undefined ? {} : givenPayload, rules, at);
  return payload instanceof Promise ? payload.then(finish) : finish(payload);
}

/** @throws `InvalidArgument` for what this backend in particular cannot hold. */
function held(record: DriverRecord, { collection }: RecordRules, place: string): DriverRecord {
  const refused = collection.checkRecord?.(record);
  if (refused !== undefined) throw invalid(`${place}.${refused.place}`, refused.problem);
  return record;
}

function nullVector({ collection }: RecordRules, place: string): null {
  const reason = refusal(collection.capabilities.options.nullVector);
  if (reason !== undefined) throw unsupported(`A record without a vector (at ${place}.vector)`, reason);
  return null;
}

/** A whole payload: by the schema (whose output counts), then as JSON, then by the declared fields. */
export function preparePayload(payload: unknown, rules: RecordRules, place: string): Payload | Promise<Payload> {
  const finish = (value: unknown): Payload => {
    const copy = copyPayload(value, place);
    checkDeclaredFields(copy, rules.collection.info.fields, place);
    return copy;
  };
  if (rules.schema === undefined) return finish(payload);
  const result = runSchema(rules.schema, payload, place);
  return result instanceof Promise
    ? result.then((outcome) => finish(accepted(outcome, place)))
    : finish(accepted(result, place));
}

type Outcome = StandardSchemaV1.Result<object>;

function runSchema(schema: PayloadSchema, payload: unknown, place: string): Outcome | Promise<Outcome> {
  const failed = (error: unknown): never => {
    throw invalid(place, 'the payload schema threw an error', { cause: error });
  };
  try {
    const result = schema['~standard'].validate(payload);
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

function accepted(result: Outcome, place: string): object {
  if (result.issues === undefined) return result.value;
  const first = result.issues[0];
  const path = (first?.path ?? [])
    .map((segment) => `[${shown(typeof segment === 'object' ? segment.key : segment)}]`)
    .join('');
  const more = result.issues.length > 1 ? ` (and ${result.issues.length - 1} more)` : '';
  throw invalid(`${place}${path}`, `the payload schema refuses it: ${first?.message ?? 'no reason given'}${more}`);
}

/** The payload's JSON text, within the backend's bound. */
export function payloadText(payload: Payload, { collection }: Pick<RecordRules, 'collection'>, place: string): string {
  const json = JSON.stringify(payload);
  const most = collection.capabilities.limits.payloadBytes;
  // UTF-8 needs at least one and at most three bytes per unit: most texts need no measuring.
  if (json.length * 3 > most && utf8Length(json) > most) {
    throw invalid(place, `the payload is ${utf8Length(json)} bytes of JSON; this backend holds at most ${most}`);
  }
  return json;
}

/** A stored payload checked against the schema again, for `validateReads`. */
export async function checkStoredPayload(schema: PayloadSchema, payload: Payload, id: string): Promise<void> {
  const result = await schema['~standard'].validate(payload);
  if (result.issues === undefined) return;
  throw new VectorStoreError(
    'Corruption',
    `the stored payload does not fit the schema: ${result.issues[0]?.message ?? 'no reason given'}`,
    { ids: [id] },
  );
}

/** Bytes of a record in a request. */
export function bytesOf(record: DriverRecord, collection: CollectionDriver): number {
  return (
    collection.wireBytes?.(record) ?? (record.vector?.byteLength ?? 0) + utf8Length(record.id) + utf8Length(record.json)
  );
}
