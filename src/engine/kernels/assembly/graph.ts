/*
 * HNSW over codes: one call for a whole search, one for a whole insertion.
 */
import { links0Of, mostLinks, mostLinks0, none, scratch, upper, upperStart, visited } from './layout';
import * as pool from './pool';
import { distance, distances, prepare, prepareNode, queryBytes } from './query';

/** Node where every search begins, and its level. */
export let entry: u32 = none;
export let topLevel: i32 = -1;
export let count: i32 = 0;
/** Distances computed since the host last asked. */
export let evaluations: i32 = 0;

let epoch: u32 = 0;

/** Longest pool that a search or an insertion can have. */
const mostPooled: usize = 8192;
/** Longest list of links, and one more. */
const mostListed: usize = 1024;

// Scratch memory, as offsets. Two prepared queries come last, since their length depends on the dimension.
const listAt: usize = 0;
const listDistancesAt: usize = listAt + 4 * mostListed;
const chosenAt: usize = listDistancesAt + 4 * mostListed;
const scoresAt: usize = chosenAt + 4 * mostListed;
/** A pool: of what a node's links are chosen from. */
const candidatesAt: usize = scoresAt + 4 * mostListed;
const poolAt: usize = candidatesAt + pool.head + 8 * mostListed;
/** A pool: of what satisfies the mask. */
const resultsAt: usize = poolAt + pool.head + 8 * mostPooled;
const queryAt: usize = resultsAt + pool.head + 8 * mostPooled;

/** Bytes of scratch memory that a graph of this dimension needs. */
export function scratchBytes(dimension: i32): usize {
  return queryAt + 2 * (64 + ((<usize>dimension + 15) & ~15) * 4);
}

/** Where the query of a search or insertion is prepared. */
// @ts-expect-error: decorator
@inline
function query(): usize {
  return scratch + queryAt;
}

// @ts-expect-error: decorator
@inline
function pivot(): usize {
  return scratch + queryAt + queryBytes();
}

/** Prepares a vector of f32 for the next search or insertion. */
export function ask(source: usize): void {
  prepare(source, query());
}

/** Takes the state of a graph that was loaded. */
export function restore(givenEntry: u32, givenTopLevel: i32, givenCount: i32): void {
  entry = givenEntry;
  topLevel = givenTopLevel;
  count = givenCount;
}

export function resetEvaluations(): void {
  evaluations = 0;
}

function beginVisit(): void {
  epoch++;
  if (epoch > 0xffff) {
    memory.fill(visited, 0, <usize>count << 1);
    epoch = 1;
  }
}

// @ts-expect-error: decorator
@inline
function isNew(node: u32): bool {
  const at = visited + (<usize>node << 1);
  if (<u32>load<u16>(at) == epoch) return false;
  store<u16>(at, <u16>epoch);
  return true;
}

// @ts-expect-error: decorator
@inline
function linksOf(node: u32, level: i32): usize {
  if (level == 0) return links0Of(node);
  const start = load<u32>(upperStart + (<usize>node << 2));
  return upper + (<usize>start + <usize>(level - 1)) * (<usize>mostLinks << 2);
}

// @ts-expect-error: decorator
@inline
function capacityOf(level: i32): i32 {
  return level == 0 ? mostLinks0 : mostLinks;
}

/** From a node down to the one on `level` that no neighbour is nearer than. */
function descend(from: u32, fromLevel: i32, level: i32, asked: usize): u32 {
  let at = from;
  let best = distance(at, asked);
  for (let here = fromLevel; here > level; here--) {
    let moved = true;
    while (moved) {
      moved = false;
      const listed = gather(linksOf(at, here), mostLinks, false);
      distances(scratch + listAt, listed, asked, scratch + listDistancesAt);
      evaluations += listed;
      for (let i = 0; i < listed; i++) {
        const d = load<f32>(scratch + listDistancesAt + (<usize>i << 2));
        if (d < best) {
          best = d;
          at = load<u32>(scratch + listAt + (<usize>i << 2));
          moved = true;
        }
      }
    }
  }
  return at;
}

/** Copies a list of links, with those left out that this search has met where asked. */
function gather(links: usize, most: i32, onlyNew: bool): i32 {
  let listed = 0;
  for (let i = 0; i < most; i++) {
    const node = load<u32>(links + (<usize>i << 2));
    if (node == none) break;
    if (onlyNew && !isNew(node)) continue;
    store<u32>(scratch + listAt + (<usize>listed << 2), node);
    listed++;
  }
  return listed;
}

/** Fills the pool with the nearest nodes of a level. */
function searchLevel(from: u32, level: i32, ef: i32, asked: usize): void {
  const found = scratch + poolAt;
  begin(found, ef, from, asked);
  const most = capacityOf(level);
  for (let entry = pool.follow(found); entry != 0; entry = pool.follow(found)) {
    const listed = score(linksOf(pool.nodeIn(entry), level), most, asked);
    for (let i = 0; i < listed; i++) pool.insert(found, keyAt(i), nodeAt(i));
  }
}

function begin(found: usize, ef: i32, from: u32, asked: usize): void {
  pool.clear(found, ef);
  beginVisit();
  isNew(from);
  pool.insert(found, pool.keyOf(distance(from, asked)), from);
}

/** Lists what a list of links leads to for the first time, with distances. */
// @ts-expect-error: decorator
@inline
function score(links: usize, most: i32, asked: usize): i32 {
  const listed = gather(links, most, true);
  distances(scratch + listAt, listed, asked, scratch + listDistancesAt);
  evaluations += listed;
  return listed;
}

// @ts-expect-error: decorator
@inline
function keyAt(i: i32): u32 {
  return pool.keyOf(load<f32>(scratch + listDistancesAt + (<usize>i << 2)));
}

// @ts-expect-error: decorator
@inline
function nodeAt(i: i32): u32 {
  return load<u32>(scratch + listAt + (<usize>i << 2));
}

/**
 * The nearest nodes to what was asked. Returns where their pool is.
 *
 * @param ef Nodes wanted.
 */
export function search(ef: i32): usize {
  pool.clear(scratch + poolAt, ef);
  if (entry != none) searchLevel(descend(entry, topLevel, 0, query()), 0, ef, query());
  return scratch + poolAt;
}

/**
 * The same among the nodes whose bit is set at `mask`. Others are passed through.
 *
 * @param breadth Nodes that the walk keeps in mind; more, the fewer bits are set.
 */
export function searchMasked(ef: i32, mask: usize, breadth: i32): usize {
  const found = scratch + poolAt;
  const results = scratch + resultsAt;
  pool.clear(results, ef);
  if (entry == none) return results;
  const from = descend(entry, topLevel, 0, query());
  begin(found, breadth, from, query());
  if (isSet(mask, from)) pool.insert(results, pool.keyIn(pool.entryAt(found, 0)), from);
  for (let at = pool.follow(found); at != 0; at = pool.follow(found)) {
    if (pool.keyIn(at) > pool.bound(results)) break;
    const listed = score(links0Of(pool.nodeIn(at)), mostLinks0, query());
    for (let i = 0; i < listed; i++) {
      const key = keyAt(i);
      const node = nodeAt(i);
      pool.insert(found, key, node);
      if (isSet(mask, node)) pool.insert(results, key, node);
    }
  }
  return results;
}

/** The nearest of the nodes whose bit is set at `mask`, by comparing with each. */
export function scanMasked(ef: i32, mask: usize): usize {
  const results = scratch + resultsAt;
  pool.clear(results, ef);
  let listed = 0;
  for (let base = 0; base < count; base += 32) {
    let bits = load<u32>(mask + (<usize>base >> 3));
    while (bits != 0) {
      store<u32>(scratch + listAt + (<usize>listed << 2), base + ctz(bits));
      listed++;
      bits &= bits - 1;
    }
    if (listed < <i32>mostListed - 32 && base + 32 < count) continue;
    distances(scratch + listAt, listed, query(), scratch + listDistancesAt);
    evaluations += listed;
    for (let i = 0; i < listed; i++) pool.insert(results, keyAt(i), nodeAt(i));
    listed = 0;
  }
  return results;
}

// @ts-expect-error: decorator
@inline
function isSet(mask: usize, node: u32): bool {
  return ((<u32>load<u8>(mask + (<usize>node >> 3)) >> (node & 7)) & 1) != 0;
}

/** Links a node whose row is written, after it was asked for itself. Its upper lists are there, and empty. */
export function insert(node: u32, level: i32, ef: i32): void {
  clearLinks(node, level);
  count = max(count, <i32>node + 1);
  if (entry == none) {
    entry = node;
    topLevel = level;
    return;
  }
  let from = descend(entry, topLevel, min(level, topLevel), query());
  for (let here = min(level, topLevel); here >= 0; here--) {
    searchLevel(from, here, ef, query());
    from = pool.nodeIn(pool.entryAt(scratch + poolAt, 0));
    const chosen = select(scratch + poolAt, mostLinks);
    const own = linksOf(node, here);
    memory.copy(own, scratch + chosenAt, <usize>chosen << 2);
    if (chosen < capacityOf(here)) store<u32>(own + (<usize>chosen << 2), none);
    for (let i = 0; i < chosen; i++) linkBack(load<u32>(own + (<usize>i << 2)), node, here);
  }
  if (level > topLevel) {
    topLevel = level;
    entry = node;
  }
}

function clearLinks(node: u32, level: i32): void {
  for (let here = 0; here <= level; here++) store<u32>(linksOf(node, here), none);
}

/**
 * Of a pool of candidates, those that are nearer to the node than to any chosen before them, so that links lead in all directions. Returns how
 * many; they are at `chosenAt`.
 */
function select(candidates: usize, most: i32): i32 {
  const size = pool.sizeOf(candidates);
  let chosen = 0;
  for (let i = 0; i < size && chosen < most; i++) {
    const candidate = pool.entryAt(candidates, i);
    const node = pool.nodeIn(candidate);
    const own = pool.distanceOf(pool.keyIn(candidate));
    if (chosen > 0) {
      prepareNode(node, pivot());
      distances(scratch + chosenAt, chosen, pivot(), scratch + scoresAt);
      evaluations += chosen;
      let isCovered = false;
      for (let j = 0; j < chosen; j++) {
        if (load<f32>(scratch + scoresAt + (<usize>j << 2)) < own) {
          isCovered = true;
          break;
        }
      }
      if (isCovered) continue;
    }
    store<u32>(scratch + chosenAt + (<usize>chosen << 2), node);
    chosen++;
  }
  return chosen;
}

/** Adds a link; where the list is full, the best of it and the new one are chosen again. */
function linkBack(node: u32, added: u32, level: i32): void {
  const links = linksOf(node, level);
  const most = capacityOf(level);
  let length = 0;
  while (length < most && load<u32>(links + (<usize>length << 2)) != none) length++;
  if (length < most) {
    store<u32>(links + (<usize>length << 2), added);
    if (length + 1 < most) store<u32>(links + (<usize>(length + 1) << 2), none);
    return;
  }
  memory.copy(scratch + listAt, links, <usize>most << 2);
  store<u32>(scratch + listAt + (<usize>most << 2), added);
  prepareNode(node, pivot());
  distances(scratch + listAt, most + 1, pivot(), scratch + listDistancesAt);
  evaluations += most + 1;
  const candidates = scratch + candidatesAt;
  pool.clear(candidates, most + 1);
  for (let i = 0; i <= most; i++) pool.insert(candidates, keyAt(i), nodeAt(i));
  const chosen = select(candidates, most);
  memory.copy(links, scratch + chosenAt, <usize>chosen << 2);
  if (chosen < most) store<u32>(links + (<usize>chosen << 2), none);
}
