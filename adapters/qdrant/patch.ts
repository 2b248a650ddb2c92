import type { DriverPatch } from '../../src/driver.ts';
import { patched } from '../../src/engine/patch.ts';
import type { Segments } from '../../src/filter/path.ts';
import type { IdMode } from '../../src/types.ts';
import { keyOf } from './filter.ts';
import type { PointId } from './ids.ts';
import { type DecodedPayload, encodePayload, needsEnvelope } from './payload.ts';
import { type Layout, textVectorMember } from './points.ts';
import { isEmpty, type TextVectors, textVectorName } from './text-vector.ts';
import { chunksOf } from './writes.ts';

/** A point that is to be patched, as it is now. */
export interface PatchedPoint {
  readonly point: PointId;
  readonly decoded: DecodedPayload;
}

/** Characters of a request. */
const mostCharacters = 8 * 2 ** 20;
/** Points whose texts change in one operation. */
const pointsPerUpdate = 100;

/**
 * A patch as operations of `points/batch`, as JSON texts, in requests of bounded size. Where Qdrant means the same by a merge, it merges;
 * otherwise the whole payload is written anew, with our own keys, which a plain overwrite would lose.
 */
export function patchOperations(
  points: readonly PatchedPoint[],
  patch: DriverPatch,
  { idMode: mode, texts }: Pick<Layout, 'idMode' | 'texts'>,
): string[][] {
  const mergeable = canMerge(patch);
  const merged = mergeable ? points.filter(({ decoded }) => !decoded.enveloped) : [];
  const rewritten = mergeable ? points.filter(({ decoded }) => decoded.enveloped) : points;
  const operations =
    merged.length === 0
      ? []
      : mergeOperations(
          merged.map(({ point }) => point),
          patch,
        );
  const overwrites = rewritten.map((point) => overwriteOperation(point, patch, mode));
  const isAboutTexts = texts?.fields.some(({ path }) => touches(patch, path)) ?? false;
  return packed([...operations, ...overwrites, ...(isAboutTexts ? textOperations(points, patch, texts!) : [])]);
}

/** Qdrant takes a null at the top as a removal, and cannot name all keys. */
function canMerge({ mode, set, unset }: DriverPatch): boolean {
  return (
    mode === 'merge' &&
    !needsEnvelope(set) &&
    !Object.values(set).includes(null) &&
    unset.every((path) => keyOf(path) !== undefined)
  );
}

function mergeOperations(points: readonly PointId[], { json, unset }: DriverPatch): string[] {
  const ids = JSON.stringify(points);
  const set = json === '{}' ? [] : [`{"set_payload":{"payload":${json},"points":${ids}}}`];
  const removed =
    unset.length === 0 ? [] : [`{"delete_payload":{"keys":${JSON.stringify(unset.map(keyOf))},"points":${ids}}}`];
  return [...set, ...removed];
}

function touches({ mode, set, unset }: DriverPatch, [top]: Segments): boolean {
  return mode === 'replace' || Object.hasOwn(set, top!) || unset.some(([first]) => first === top);
}

/** What the points are found by once they are patched. */
function textOperations(points: readonly PatchedPoint[], patch: DriverPatch, texts: TextVectors): string[] {
  const emptied: PointId[] = [];
  const changed: string[] = [];
  for (const { point, decoded } of points) {
    const sparse = texts.of(patched(decoded.payload, patch));
    if (isEmpty(sparse)) emptied.push(point);
    else changed.push(`{"id":${JSON.stringify(point)},"vector":{${textVectorMember(sparse)}}}`);
  }
  const updates = [...chunksOf(changed, pointsPerUpdate)].map(
    (some) => `{"update_vectors":{"points":[${some.join(',')}]}}`,
  );
  if (emptied.length === 0) return updates;
  return [...updates, `{"delete_vectors":${JSON.stringify({ points: emptied, vector: [textVectorName] })}}`];
}

function overwriteOperation({ point, decoded }: PatchedPoint, patch: DriverPatch, mode: IdMode): string {
  const payload = patched(decoded.payload, patch);
  const text = encodePayload(payload, JSON.stringify(payload), mode, decoded);
  return `{"overwrite_payload":{"payload":${text},"points":[${JSON.stringify(point)}]}}`;
}

function packed(operations: readonly string[]): string[][] {
  const requests: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const operation of operations) {
    if (characters + operation.length > mostCharacters) {
      requests.push([]);
      characters = 0;
    }
    requests.at(-1)!.push(operation);
    characters += operation.length;
  }
  return requests;
}
