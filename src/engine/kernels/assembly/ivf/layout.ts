/*
 * Where everything lies in memory, and what kind of lists there are. The host decides, writes it down as a table of u32 in the order of `configure`,
 * and calls that. Addresses are in bytes.
 */

/** Stands for "no slot" and "no list". */
export const none: u32 = 0xffffffff;

/** Lists of f32 components; of 8-bit codes; of product codes of 8 bits a part; of 4 bits a part. */
export const kindFlat: i32 = 0;
export const kindCodes: i32 = 1;
export const kindProduct: i32 = 2;
export const kindNibbles: i32 = 3;

/** Components that count. */
export let dimension: i32 = 0;
/** The same with zeros up to a multiple of 16: of everything but the rows of lists of f32, which go up to a multiple of 4. */
export let padded: i32 = 0;
export let kind: i32 = 0;
/** Smaller is nearer by squared Euclidean distance; otherwise by negative inner product. */
export let euclidean: bool = false;
/** Number of lists. */
export let lists: i32 = 0;

/** f32: a vector from the host. */
export let source: usize = 0;
/** f32: the same, rotated where there is a rotation. */
export let asked: usize = 0;
/** f32: scratch. */
export let residual: usize = 0;
/** f32: size of each component of what lists hold, and the inverse. */
export let scales: usize = 0;
export let inverses: usize = 0;
/** f32: size of each component of vectors, and the inverse. */
export let coarseScales: usize = 0;
export let coarseInverses: usize = 0;
/** i16: a vector prepared for products with codes of rows. */
export let prepared: usize = 0;
/** i16: a vector prepared for products with codes of centroids. */
export let coarsePrepared: usize = 0;
/** f32: `padded` components for each list. */
export let centroids: usize = 0;
/** i8: the same in codes. */
export let centroidCodes: usize = 0;
/** f32: for each list the step of these codes; then, for each, the squared norm of what they stand for. */
export let centroidSteps: usize = 0;
export let centroidNorms: usize = 0;
/** f32, where nearness is by inner product: for each list how much further than the centroid, in its direction, a row has reached. At least 1. */
export let reaches: usize = 0;
/** u32: for each list one more than the number of its first block, 0 for an empty one. */
export let heads: usize = 0;
/** u32: for each list the number of its rows. */
export let sizes: usize = 0;
/** u64: a heap of lists. */
export let order: usize = 0;
/** u64: a heap of what a search has found. */
export let found: usize = 0;
/** 128 bytes: rows that wait to be compared, four at a time. */
export let pending: usize = 0;
/** f32: rows of `rotationWidth` components, one for each component of a rotated vector; 0 without a rotation. */
export let rotation: usize = 0;
export let rotationWidth: i32 = 0;
/** Parts that product codes cut a vector into, and u32 where each begins (and, at last, where the last one ends). */
export let parts: i32 = 0;
export let starts: usize = 0;
/** Entries of a codebook: 256, or 16 where a code has 4 bits. */
export let entries: i32 = 0;
/** f32: for each component its value in each of the entries. */
export let codebooks: usize = 0;
/** f32: for each part the inner product of the query with each of the entries. */
export let tables: usize = 0;
/** u8: the same for codes of 4 bits, for an even number of parts, as `roundTables` writes them. */
export let roundedTables: usize = 0;
export let blocks: usize = 0;
export let blockBytes: i32 = 0;
/** Bytes of a row, and where rows begin in a block. */
export let rowBytes: i32 = 0;
export let rowsAt: i32 = 0;
/** A block has room for two to this power of rows. */
export let blockShift: i32 = 0;

export function configure(table: usize): void {
  dimension = load<i32>(table);
  padded = load<i32>(table, 4);
  kind = load<i32>(table, 8);
  euclidean = load<i32>(table, 12) != 0;
  lists = load<i32>(table, 16);
  source = load<u32>(table, 20);
  asked = load<u32>(table, 24);
  residual = load<u32>(table, 28);
  scales = load<u32>(table, 32);
  inverses = load<u32>(table, 36);
  coarseScales = load<u32>(table, 40);
  coarseInverses = load<u32>(table, 44);
  prepared = load<u32>(table, 48);
  coarsePrepared = load<u32>(table, 52);
  centroids = load<u32>(table, 56);
  centroidCodes = load<u32>(table, 60);
  centroidSteps = load<u32>(table, 64);
  centroidNorms = load<u32>(table, 68);
  heads = load<u32>(table, 72);
  sizes = load<u32>(table, 76);
  order = load<u32>(table, 80);
  found = load<u32>(table, 84);
  pending = load<u32>(table, 88);
  rotation = load<u32>(table, 92);
  rotationWidth = load<i32>(table, 96);
  parts = load<i32>(table, 100);
  starts = load<u32>(table, 104);
  codebooks = load<u32>(table, 108);
  tables = load<u32>(table, 112);
  blocks = load<u32>(table, 116);
  blockBytes = load<i32>(table, 120);
  rowBytes = load<i32>(table, 124);
  rowsAt = load<i32>(table, 128);
  reaches = load<u32>(table, 132);
  entries = load<i32>(table, 136);
  roundedTables = load<u32>(table, 140);
  blockShift = load<i32>(table, 144);
}

// @ts-expect-error: decorator
@inline
export function centroidOf(list: u32): usize {
  return centroids + <usize>list * (<usize>padded << 2);
}
