/* How scratch memory is divided: lists, pools, prepared queries. Those whose length depends on the dimension come last. */
import { dimension, scratch } from './layout';
import { head } from './pool';

/** Longest pool that a search or an insertion can have. */
const mostPooled: usize = 8192;
/** Longest list of nodes to be scored at once. */
const mostListed: usize = 1024;

/** Levels that a node can be on, and links of a level, at most; the host keeps to them. */
const mostLevels: usize = 33;
const ownLinksBytes: usize = 4 * (1 + 128 + 3);

// As offsets.
const distancesAt: usize = 4 * mostListed;
const chosenAt: usize = 2 * distancesAt;
const scoresAt: usize = 3 * distancesAt;
const ownLinksAt: usize = 4 * distancesAt;
const candidatesAt: usize = ownLinksAt + mostLevels * ownLinksBytes;
const poolAt: usize = candidatesAt + head + 8 * mostListed;
const resultsAt: usize = poolAt + head + 8 * mostPooled;
const vectorAt: usize = (resultsAt + head + 8 * mostPooled + 63) & ~63;

/** Bytes of a vector as f32, with room for the padding of every kind. */
function vectorBytes(dimension: i32): usize {
  return ((<usize>dimension + 31) & ~31) << 2;
}

/** Bytes of constants before a prepared query's components. */
export const constants: usize = 32;

/** Bytes of scratch memory that a graph of this dimension needs. */
export function scratchBytes(dimension: i32): usize {
  return vectorAt + 5 * vectorBytes(dimension) + 2 * constants + 64;
}

/** Nodes to be scored. */
// @ts-expect-error: decorator
@inline
export function list(): usize {
  return scratch;
}

/** Their distances. */
// @ts-expect-error: decorator
@inline
export function listDistances(): usize {
  return scratch + distancesAt;
}

/** Nodes that were chosen as links. */
// @ts-expect-error: decorator
@inline
export function chosenNodes(): usize {
  return scratch + chosenAt;
}

// @ts-expect-error: decorator
@inline
export function chosenDistances(): usize {
  return scratch + scoresAt;
}

/** Links of the node that is being inserted, on a level: how many, then where to. */
// @ts-expect-error: decorator
@inline
export function ownLinks(level: i32): usize {
  return scratch + ownLinksAt + <usize>level * ownLinksBytes;
}

/** A pool: of what a node's links are chosen from. */
// @ts-expect-error: decorator
@inline
export function candidates(): usize {
  return scratch + candidatesAt;
}

/** The pool of a walk. */
// @ts-expect-error: decorator
@inline
export function walked(): usize {
  return scratch + poolAt;
}

/** A pool: of what satisfies the mask. */
// @ts-expect-error: decorator
@inline
export function results(): usize {
  return scratch + resultsAt;
}

/** A vector of f32 less the centre, padded with zeros. */
// @ts-expect-error: decorator
@inline
export function centred(): usize {
  return scratch + vectorAt;
}

/** The prepared query of a search or an insertion. */
// @ts-expect-error: decorator
@inline
export function query(): usize {
  return scratch + vectorAt + vectorBytes(dimension);
}

/** The signs of a query. */
// @ts-expect-error: decorator
@inline
export function querySigns(): usize {
  return scratch + vectorAt + 3 * vectorBytes(dimension) + 2 * constants;
}

/** How many nodes differ in 0, 1, … up to all signs from a query. u32. */
// @ts-expect-error: decorator
@inline
export function histogram(): usize {
  return scratch + vectorAt + 4 * vectorBytes(dimension) + 2 * constants;
}

/** A node prepared as a query. */
// @ts-expect-error: decorator
@inline
export function pivot(): usize {
  return scratch + vectorAt + 2 * vectorBytes(dimension) + constants;
}
