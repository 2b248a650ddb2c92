import { malformed, QdrantError } from './errors.ts';

/** A point's id: an unsigned integer of 64 bits (a `bigint` beyond 2^53 - 1), or a UUID in its canonical spelling. */
export type PointId = number | bigint | string;

const largest = 2n ** 64n - 1n;

const uuid =
  /^(?:urn:uuid:)?(?:\{([0-9a-f-]{36})\}|([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})|([0-9a-f]{32}))$/i;

/** As Qdrant takes it from a body: numbers, and UUIDs in any of the usual spellings. */
export function readPointId(value: unknown): PointId {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  if (typeof value === 'bigint' && value >= 0n && value <= largest) return numericId(value);
  const canonical = typeof value === 'string' ? canonicalUuid(value) : undefined;
  if (canonical !== undefined) return canonical;
  throw malformed(
    `value ${shown(value)} is not a valid point ID, valid values are either an unsigned integer or a UUID`,
  );
}

function numericId(value: bigint): number | bigint {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** As it stands in a path, and as text of a stored point. */
export function readPathId(value: string): PointId {
  if (/^\d+$/.test(value)) return readPointId(BigInt(value));
  const canonical = canonicalUuid(value);
  if (canonical === undefined)
    throw new QdrantError(400, `Wrong input: Can not recognize ${JSON.stringify(value)} as point id`);
  return canonical;
}

/** In lower case with hyphens; undefined for a text that is no UUID. */
export function canonicalUuid(text: string): string | undefined {
  const found = uuid.exec(text);
  const digits = found
    ?.slice(1)
    .find((part) => part !== undefined)
    ?.replaceAll('-', '')
    .toLowerCase();
  if (digits?.length !== 32) return undefined;
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  );
}

function shown(value: unknown): string {
  if (value === null) return 'Unit';
  return typeof value === 'object' ? 'of another type' : String(value);
}

/** Integers first, ascending; then UUIDs. */
export function compareIds(a: PointId, b: PointId): number {
  if ((typeof a === 'string') !== (typeof b === 'string')) return typeof a === 'string' ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}
