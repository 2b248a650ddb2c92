/*
 * Where everything lies in memory. The host decides, after it has made room, and says so through `place`: regions may move when
 * the graph grows, so nothing here keeps an address from one call to the next.
 */

/** Ends a list of links, and stands for "no node". */
export const none: u32 = 0xffffffff;

/** How the rows hold components: as f32, as 8-bit codes, as 4-bit codes. */
export const asFloats: i32 = 0;
export const asBytes: i32 = 1;
export const asNibbles: i32 = 2;

export let kind: i32 = asBytes;
/** Components that count. */
export let dimension: i32 = 0;
/** Components of a row: `dimension`, with zeros up to what the kernels take at once. */
export let padded: i32 = 0;
/** Whether distances are squared Euclidean ones; otherwise twice the negative inner product, and a constant. */
export let euclidean: bool = false;

/** `dimension` f32, subtracted from every vector before anything else. */
export let centre: usize = 0;
/** For every node a block: its row (header, see below, then components), then its links on level 0. */
export let nodes: usize = 0;
export let rowBytes: usize = 0;
export let blockBytes: usize = 0;
/** Links on level 0: so many node numbers, ended by `none` where there are fewer. */
export let mostLinks0: i32 = 0;
/** For every node: where its links of upper levels begin in `upper`, in units of one level's list; `none` for nodes on level 0 only. */
export let upperStart: usize = 0;
/** Lists of `mostLinks` node numbers: level 1, then level 2, of one node after another. */
export let upper: usize = 0;
export let mostLinks: i32 = 0;
/** For every node, the number of the last search that met it. u16. */
export let visited: usize = 0;
/** Signs of the rows of nodes, `signBytes` each, as far as they have been taken. See `signs.ts`. */
export let signs: usize = 0;
export let signBytes: usize = 0;
/** What a scan by signs counts: the nodes of a mask (u32), and for each of them how many signs differ (u16). */
export let counted: usize = 0;
export let differing: usize = 0;
/** The graph's state, see `state.ts`. */
export let state: usize = 0;
/** See `locks.ts`. */
export let locks: usize = 0;
/** Bytes at the fixed address `scratch`, divided by `scratch.ts`. */
export let scratch: usize = 0;

/** Bytes of a row before its components: bias f32, scale f32. See `distance.ts`. */
export const header: usize = 8;

/** Components that the kernels of a kind take at once. */
function stepOf(kind: i32): i32 {
  return kind == asNibbles ? 32 : 16;
}

function paddedFor(dimension: i32, kind: i32): i32 {
  const step = stepOf(kind);
  return (dimension + step - 1) & ~(step - 1);
}

/** Bytes of a row. */
export function rowBytesFor(dimension: i32, kind: i32): usize {
  const components = <usize>paddedFor(dimension, kind);
  const bytes = kind == asFloats ? components << 2 : kind == asBytes ? components : components >> 1;
  return (header + bytes + 15) & ~15;
}

/** Bytes of a node's block. */
export function blockBytesFor(dimension: i32, kind: i32, mostLinks: i32): usize {
  return rowBytesFor(dimension, kind) + (<usize>mostLinks << 3);
}

/** Where so many signs can differ, `differing` has no room for their number. */
const mostSigns: i32 = 0x7fff;

/** Bytes of a node's signs: none but where rows are 4-bit codes. */
export function signBytesFor(dimension: i32, kind: i32): usize {
  const components = paddedFor(dimension, kind);
  return kind == asNibbles && components < mostSigns ? ((<usize>components >> 3) + 7) & ~7 : 0;
}

/** What never changes. `givenMostLinks` on upper levels; twice as many on level 0. */
export function configure(
  givenKind: i32,
  givenDimension: i32,
  isEuclidean: bool,
  givenMostLinks: i32,
  givenState: usize,
  givenCentre: usize,
  givenLocks: usize,
  givenScratch: usize,
): void {
  kind = givenKind;
  dimension = givenDimension;
  padded = paddedFor(givenDimension, givenKind);
  euclidean = isEuclidean;
  mostLinks = givenMostLinks;
  mostLinks0 = 2 * givenMostLinks;
  rowBytes = rowBytesFor(givenDimension, givenKind);
  blockBytes = blockBytesFor(givenDimension, givenKind, givenMostLinks);
  signBytes = signBytesFor(givenDimension, givenKind);
  state = givenState;
  centre = givenCentre;
  locks = givenLocks;
  scratch = givenScratch;
}

/** What moves when the graph outgrows its first memory. */
export function place(
  givenVisited: usize,
  givenUpperStart: usize,
  givenUpper: usize,
  givenSigns: usize,
  givenCounted: usize,
  givenDiffering: usize,
  givenNodes: usize,
): void {
  visited = givenVisited;
  upperStart = givenUpperStart;
  upper = givenUpper;
  signs = givenSigns;
  counted = givenCounted;
  differing = givenDiffering;
  nodes = givenNodes;
}

// @ts-expect-error: decorator
@inline
export function rowOf(node: u32): usize {
  return nodes + <usize>node * blockBytes;
}

// @ts-expect-error: decorator
@inline
export function links0Of(node: u32): usize {
  return nodes + <usize>node * blockBytes + rowBytes;
}
