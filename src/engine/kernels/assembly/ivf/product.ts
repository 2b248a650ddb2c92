/*
 * Product codes: a vector is cut into parts, and each part is replaced by the nearest of the 256 or 16 entries of its own codebook. Codebooks lie component
 * by component, so that four entries are compared at once whatever the length of a part.
 */
import { centroidOf, codebooks, entries, parts, residual, starts, tables } from './layout';

// @ts-expect-error: decorator
@inline
function startOf(part: i32): i32 {
  return load<i32>(starts + (<usize>part << 2));
}

// @ts-expect-error: decorator
@inline
function columnOf(component: i32): usize {
  return codebooks + <usize>component * (<usize>entries << 2);
}

/** Fills the tables with the inner products of a vector's parts with all entries. */
export function fillTables(query: usize): void {
  const bytes = <usize>entries << 2;
  for (let part = 0; part < parts; part++) {
    const from = startOf(part);
    const to = startOf(part + 1);
    const table = tables + <usize>part * bytes;
    for (let at: usize = 0; at < bytes; at += 64) {
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      for (let j = from; j < to; j++) {
        const q = v128.load32_splat(query + (<usize>j << 2));
        const column = columnOf(j) + at;
        s0 = f32x4.add(s0, f32x4.mul(v128.load(column), q));
        s1 = f32x4.add(s1, f32x4.mul(v128.load(column, 16), q));
        s2 = f32x4.add(s2, f32x4.mul(v128.load(column, 32), q));
        s3 = f32x4.add(s3, f32x4.mul(v128.load(column, 48), q));
      }
      v128.store(table + at, s0);
      v128.store(table + at, s1, 16);
      v128.store(table + at, s2, 32);
      v128.store(table + at, s3, 48);
    }
  }
}

/** The entry nearest to a part of a vector; the first of several. */
export function nearestEntry(vector: usize, part: i32): u32 {
  const from = startOf(part);
  const to = startOf(part + 1);
  let best = f32x4.splat(Infinity);
  let bestAt = i32x4.splat(0);
  let at0 = i32x4(0, 1, 2, 3);
  let at1 = i32x4(4, 5, 6, 7);
  const eight = i32x4.splat(8);
  for (let at: usize = 0, bytes = <usize>entries << 2; at < bytes; at += 32) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    for (let j = from; j < to; j++) {
      const x = v128.load32_splat(vector + (<usize>j << 2));
      const column = columnOf(j) + at;
      const d0 = f32x4.sub(v128.load(column), x);
      const d1 = f32x4.sub(v128.load(column, 16), x);
      s0 = f32x4.add(s0, f32x4.mul(d0, d0));
      s1 = f32x4.add(s1, f32x4.mul(d1, d1));
    }
    const less0 = f32x4.lt(s0, best);
    best = f32x4.pmin(best, s0);
    bestAt = v128.bitselect(at0, bestAt, less0);
    const less1 = f32x4.lt(s1, best);
    best = f32x4.pmin(best, s1);
    bestAt = v128.bitselect(at1, bestAt, less1);
    at0 = i32x4.add(at0, eight);
    at1 = i32x4.add(at1, eight);
  }
  let least = f32x4.extract_lane(best, 0);
  let entry = i32x4.extract_lane(bestAt, 0);
  for (let lane = 1; lane < 4; lane++) {
    let value: f32;
    let index: i32;
    if (lane == 1) {
      value = f32x4.extract_lane(best, 1);
      index = i32x4.extract_lane(bestAt, 1);
    } else if (lane == 2) {
      value = f32x4.extract_lane(best, 2);
      index = i32x4.extract_lane(bestAt, 2);
    } else {
      value = f32x4.extract_lane(best, 3);
      index = i32x4.extract_lane(bestAt, 3);
    }
    if (value < least || (value == least && index < entry)) {
      least = value;
      entry = index;
    }
  }
  return entry;
}

/** Squared distance of what was last encoded from what its codes stand for. */
export let productLoss: f32 = 0;

/** Of what is being encoded; see `encodeProduct`. */
let rest: f64 = 0;
let loss: f64 = 0;

/** The code of a part of the vector at `residual`, which is added to `rest` and `loss`. */
// @ts-expect-error: decorator
@inline
function encodePart(part: i32, centroid: usize): u32 {
  const entry = nearestEntry(residual, part);
  for (let j = startOf(part), to = startOf(part + 1); j < to; j++) {
    const r = <f64>load<f32>(columnOf(j) + (<usize>entry << 2));
    rest += r * (r + 2.0 * <f64>load<f32>(centroid + (<usize>j << 2)));
    const lost = <f64>load<f32>(residual + (<usize>j << 2)) - r;
    loss += lost * lost;
  }
  return entry;
}

/**
 * Writes the codes of the vector at `residual`, which is relative to the centroid of `list`. Returns, with r for what the codes stand for and c for the
 * centroid, |r|^2 + 2 <c, r>: what is left of |q - c - r|^2 without |q - c|^2 and -2 <q, r>.
 */
export function encodeProduct(list: u32, out: usize): f32 {
  const centroid = centroidOf(list);
  rest = 0;
  loss = 0;
  for (let part = 0; part < parts; part++) store<u8>(out + <usize>part, <u8>encodePart(part, centroid));
  productLoss = <f32>loss;
  return <f32>rest;
}

/** The same in 4 bits a part, two parts a byte (the first in the low bits), with the bytes sixteen apart. */
export function encodeNibbles(list: u32, out: usize): f32 {
  const centroid = centroidOf(list);
  rest = 0;
  loss = 0;
  for (let part = 0; part < parts; part += 2) {
    const low = encodePart(part, centroid);
    const high = part + 1 < parts ? encodePart(part + 1, centroid) : 0;
    store<u8>(out + (<usize>part << 3), <u8>(low | (high << 4)));
  }
  productLoss = <f32>loss;
  return <f32>rest;
}

/** The inner products of the query of the tables with four rows. */
export function tableSums(a: usize, b: usize, c: usize, d: usize): v128 {
  let s0: f32 = 0;
  let s1: f32 = 0;
  let s2: f32 = 0;
  let s3: f32 = 0;
  let table = tables;
  for (let part: usize = 0; part < <usize>parts; part++) {
    s0 += load<f32>(table + (<usize>load<u8>(a + part) << 2));
    s1 += load<f32>(table + (<usize>load<u8>(b + part) << 2));
    s2 += load<f32>(table + (<usize>load<u8>(c + part) << 2));
    s3 += load<f32>(table + (<usize>load<u8>(d + part) << 2));
    table += 1_024;
  }
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(s0), 1, s1), 2, s2), 3, s3);
}
