import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/connect.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { seed } from './seed.ts';

/** A small generator of random numbers, by Marsaglia. */
function randomFrom(start: number): (below: number) => number {
  let state = start | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** What came of opening and reading damaged copies of a file. */
export interface DamageReport {
  /** Copies that were refused, by code. */
  readonly refused: Record<string, number>;
  /** Copies that could be read: the damage was within numbers or labels. */
  readonly read: number;
  /** Errors of no type: there must be none. */
  readonly untyped: string[];
}

/**
 * Opens and reads copies of a file that were cut off, lengthened, or changed in some bytes.
 *
 * @param url Of the path, for `connect`.
 * @param ending Of the copies' name.
 */
export async function readDamaged(
  original: Uint8Array,
  count: number,
  url: (path: string) => string,
  ending = 'bin',
): Promise<DamageReport> {
  const random = randomFrom(seed);
  const directory = mkdtempSync(join(tmpdir(), 'anyvec-damaged-'));
  const path = join(directory, `damaged.${ending}`);
  const report = { refused: {} as Record<string, number>, read: 0, untyped: [] as string[] };
  try {
    for (let i = 0; i < count; i++) {
      writeFileSync(path, damage(original, i, random));
      try {
        const db = await connect(url(path));
        try {
          const store = await db.collection('damaged');
          for await (const { vector } of store.scan())
            if (vector !== null && vector.length !== store.dimension) throw new Error('vector');
        } finally {
          await db.close();
        }
        report.read++;
      } catch (error) {
        if (VectorStoreError.is(error) && error.code !== 'Internal')
          report.refused[error.code] = (report.refused[error.code] ?? 0) + 1;
        else report.untyped.push(`damage ${i}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return report;
}

function damage(original: Uint8Array, i: number, random: (below: number) => number): Uint8Array {
  if (i % 4 === 0) return original.subarray(0, random(original.length));
  const copy = Uint8Array.from(original);
  // The header and what follows it decide where everything is.
  const range = i % 4 === 1 ? Math.min(copy.length, 256) : copy.length;
  if (i % 4 === 3) {
    const at = random(Math.max(1, range - 8));
    const extremes = [0n, 1n, 0xffffffffffffffffn, 1n << 31n, 1n << 40n, 1n << 62n, 0x7fffffffn];
    new DataView(copy.buffer).setBigUint64(at, extremes[random(extremes.length)]!, true);
    return copy;
  }
  for (let flips = 1 + random(3); flips > 0; flips--) {
    const at = random(range);
    copy[at] = copy[at]! ^ (1 << random(8));
  }
  return copy;
}
