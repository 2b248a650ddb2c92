/*
 * Product codes of 4 bits a part. The table of a part fits into one register: with its entries rounded to 7 bits, sixteen rows look up theirs at once. The
 * sums of what is looked up are exact; each entry is off by half a step at most, and the step is the same for all parts.
 */
import { parts, roundedTables, rowBytes, tables } from './layout';
import { largestOf, leastOf } from './floats';

/** Two parts are added up as bytes: twice this is below 256. */
const mostRounded: f32 = 127;
/** Sums of two, from so many bytes of a row, stay below 2^16 together. */
const mostTogether: i32 = 256;

/** An inner product is `tableBias` and the rounded entries times `tableStep`. */
export let tableBias: f32 = 0;
export let tableStep: f32 = 0;

// @ts-expect-error: decorator
@inline
function leastEntry(table: usize): f32 {
  const a = f32x4.min(v128.load(table), v128.load(table, 16));
  return leastOf(f32x4.min(a, f32x4.min(v128.load(table, 32), v128.load(table, 48))));
}

// @ts-expect-error: decorator
@inline
function largestEntry(table: usize): f32 {
  const a = f32x4.max(v128.load(table), v128.load(table, 16));
  return largestOf(f32x4.max(a, f32x4.max(v128.load(table, 32), v128.load(table, 48))));
}

/** Four entries as integers. */
// @ts-expect-error: decorator
@inline
function rounded(at: usize, least: v128, inverse: v128): v128 {
  return i32x4.trunc_sat_f32x4_u(f32x4.nearest(f32x4.mul(f32x4.sub(v128.load(at), least), inverse)));
}

/** Rounds the tables, which must be filled. */
export function roundTables(): void {
  let widest: f32 = 0;
  let bias: f32 = 0;
  for (let part = 0; part < parts; part++) {
    const table = tables + (<usize>part << 6);
    const least = leastEntry(table);
    bias += least;
    widest = max(widest, largestEntry(table) - least);
  }
  tableBias = bias;
  tableStep = widest / mostRounded;
  const inverse = f32x4.splat(tableStep > 0 ? <f32>1.0 / tableStep : 0);
  for (let part = 0; part < parts; part++) {
    const table = tables + (<usize>part << 6);
    const least = f32x4.splat(leastEntry(table));
    const low = i16x8.narrow_i32x4_s(rounded(table, least, inverse), rounded(table + 16, least, inverse));
    const high = i16x8.narrow_i32x4_s(rounded(table + 32, least, inverse), rounded(table + 48, least, inverse));
    v128.store(roundedTables + (<usize>part << 4), i8x16.narrow_i16x8_u(low, high));
  }
}

/** The inner products of the query of the tables with sixteen rows, as f32 to `out`. */
export function nibbleSums(rows: usize, out: usize): void {
  const nibble = i8x16.splat(15);
  let s0 = i32x4.splat(0);
  let s1 = i32x4.splat(0);
  let s2 = i32x4.splat(0);
  let s3 = i32x4.splat(0);
  let table = roundedTables;
  for (let byte = 0; byte < rowBytes; ) {
    // Sums of u16: of the even rows, with those of the row beyond in the upper half; of the odd rows alone.
    let both = i16x8.splat(0);
    let odd = i16x8.splat(0);
    for (const end = min(rowBytes, byte + mostTogether); byte < end; byte++) {
      const codes = v128.load(rows);
      const first = i8x16.swizzle(v128.load(table), v128.and(codes, nibble));
      const second = i8x16.swizzle(v128.load(table, 16), v128.and(i16x8.shr_u(codes, 4), nibble));
      const sums = i8x16.add(first, second);
      both = i16x8.add(both, sums);
      odd = i16x8.add(odd, i16x8.shr_u(sums, 8));
      rows += 16;
      table += 32;
    }
    const even = i16x8.sub(both, i16x8.shl(odd, 8));
    const low = v128.shuffle<i16>(even, odd, 0, 8, 1, 9, 2, 10, 3, 11);
    const high = v128.shuffle<i16>(even, odd, 4, 12, 5, 13, 6, 14, 7, 15);
    s0 = i32x4.add(s0, i32x4.extend_low_i16x8_u(low));
    s1 = i32x4.add(s1, i32x4.extend_high_i16x8_u(low));
    s2 = i32x4.add(s2, i32x4.extend_low_i16x8_u(high));
    s3 = i32x4.add(s3, i32x4.extend_high_i16x8_u(high));
  }
  v128.store(out, product(s0));
  v128.store(out, product(s1), 16);
  v128.store(out, product(s2), 32);
  v128.store(out, product(s3), 48);
}

// @ts-expect-error: decorator
@inline
function product(sums: v128): v128 {
  return f32x4.add(f32x4.splat(tableBias), f32x4.mul(f32x4.splat(tableStep), f32x4.convert_i32x4_s(sums)));
}
