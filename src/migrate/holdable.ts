/** Node only. Which records a target can hold: the one rule of plan, copy and verification. */
import { type Capabilities, refusal } from '../capabilities.ts';
import type { Payload, RecordInput } from '../types.ts';
import { utf8Length } from '../validate/text.ts';
import type { FindingCode } from './types.ts';

/** Codes of findings about records that the target cannot hold. */
export type UnholdableCode = Extract<FindingCode, 'null-vector' | 'id-too-long' | 'payload-too-large'>;

/** Why a target cannot hold a record, undefined if it can as far as its capabilities tell. */
export function unholdable(
  { id, vector, payload = {} }: RecordInput<Payload>,
  { limits, options }: Capabilities,
): { readonly code: UnholdableCode; readonly detail: string } | undefined {
  const refused = vector === null ? refusal(options.nullVector) : undefined;
  if (refused !== undefined) return { code: 'null-vector', detail: `it has no vector: ${refused}` };
  if (utf8Length(id) > limits.idBytes)
    return { code: 'id-too-long', detail: `its id has ${utf8Length(id)} bytes, the target holds ${limits.idBytes}` };
  const json = JSON.stringify(payload);
  // A code unit takes at most three bytes: most texts need no measuring.
  if (json.length * 3 <= limits.payloadBytes || utf8Length(json) <= limits.payloadBytes) return undefined;
  const detail = `its payload is ${utf8Length(json)} bytes of JSON, the target holds ${limits.payloadBytes}`;
  return { code: 'payload-too-large', detail };
}

/** Whether a source may have records that a target cannot hold. */
export function mayBeUnholdable(source: Capabilities, target: Capabilities): boolean {
  return (
    target.limits.idBytes < source.limits.idBytes ||
    target.limits.payloadBytes < source.limits.payloadBytes ||
    (refusal(target.options.nullVector) !== undefined && refusal(source.options.nullVector) === undefined)
  );
}

/** The findings that are accepted by default. */
const acceptedByDefault: readonly FindingCode[] = ['vector-rounding'];

/** Whether a lossy finding is accepted. */
export function isAccepted(code: FindingCode, allowLossy: boolean | readonly FindingCode[] | undefined): boolean {
  if (typeof allowLossy === 'boolean') return allowLossy || acceptedByDefault.includes(code);
  return (allowLossy ?? acceptedByDefault).includes(code);
}
