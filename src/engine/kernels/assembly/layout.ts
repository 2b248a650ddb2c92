/*
 * Where everything lies in memory. The host decides, after it has made room, and says so through `place`: regions may move when
 * the graph grows, so nothing here keeps an address from one call to the next.
 */

/** Ends a list of links, and stands for "no node". */
export const none: u32 = 0xffffffff;

/** Components of a vector, with zeros up to a multiple of 16. */
export let padded: i32 = 0;
/** Components that count. */
export let dimension: i32 = 0;
/** 0: smaller is nearer by negative inner product (also cosine, of unit vectors); 1: by squared Euclidean distance. */
export let euclidean: bool = false;

/** Row of a node: header (see `header`), then its codes. */
export let rows: usize = 0;
export let rowBytes: usize = 0;
/** Links on level 0: `mostLinks0` node numbers, ended by `none` where there are fewer. */
export let links0: usize = 0;
export let mostLinks0: i32 = 0;
/** For every node: where its links of upper levels begin in `upper`, in units of one level's list; `none` for nodes on level 0 only. */
export let upperStart: usize = 0;
/** Lists of `mostLinks` node numbers: level 1, then level 2, of one node after another. */
export let upper: usize = 0;
export let mostLinks: i32 = 0;
/** For every node, the number of the last search that met it. u16. */
export let visited: usize = 0;
/** Bytes at the fixed address `scratch`, divided by `pool.ts`, `query.ts` and `graph.ts`. */
export let scratch: usize = 0;

/** Bytes of a row before its codes: offset f32, scale f32, squared norm f32, sum of the codes i32. */
export const header: usize = 16;

export function place(
  givenDimension: i32,
  isEuclidean: bool,
  givenRows: usize,
  givenLinks0: usize,
  givenMostLinks0: i32,
  givenUpperStart: usize,
  givenUpper: usize,
  givenMostLinks: i32,
  givenVisited: usize,
  givenScratch: usize,
): void {
  dimension = givenDimension;
  padded = (givenDimension + 15) & ~15;
  euclidean = isEuclidean;
  rows = givenRows;
  rowBytes = (header + <usize>padded + 63) & ~63;
  links0 = givenLinks0;
  mostLinks0 = givenMostLinks0;
  upperStart = givenUpperStart;
  upper = givenUpper;
  mostLinks = givenMostLinks;
  visited = givenVisited;
  scratch = givenScratch;
}

// @ts-expect-error: decorator
@inline
export function rowOf(node: u32): usize {
  return rows + <usize>node * rowBytes;
}

// @ts-expect-error: decorator
@inline
export function links0Of(node: u32): usize {
  return links0 + <usize>node * (<usize>mostLinks0 << 2);
}
