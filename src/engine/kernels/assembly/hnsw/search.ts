/* Searches: one call of the host for each. All return where the pool with the answer is. */
import { distances, evaluations, prepare, takeIn } from './distance';
import { links0Of, mostLinks0, none } from './layout';
import { isSet } from './masks';
import * as pool from './pool';
import { chosenDistances, chosenNodes, list, listDistances, query, results, walked } from './scratch';
import { count, levelOf, nodeOf, top } from './state';
import { beginVisit, isNew } from './visits';
import { begin, descend, expand, insertListed, listedKey, listedNode, walk } from './walk';

/** Prepares a vector of f32 for the next search or insertion. */
export function ask(source: usize): void {
  takeIn(source);
  prepare(query());
}

/**
 * The nearest nodes to what was asked.
 *
 * @param ef Nodes wanted.
 */
export function search(ef: i32): usize {
  pool.clear(walked(), ef);
  const begin = top();
  if (nodeOf(begin) != none) walk(descend(begin, 0, query()), 0, ef, query(), none);
  return walked();
}

/** Nodes that a walk met, and those of them whose bit was set. */
let met: i32 = 0;
let metSet: i32 = 0;

/**
 * The same among the nodes whose bit is set at `mask`. Others are passed through.
 *
 * @param breadth Nodes that the walk keeps in mind; more, the fewer bits are set.
 * @param leastShare Where fewer of the nodes on the way have their bit set, nothing is found: the mask keeps out what is near.
 */
export function searchMasked(ef: i32, mask: usize, breadth: i32, leastShare: f32): usize {
  walkMasked(ef, mask, breadth);
  if (<f32>metSet < leastShare * <f32>met) pool.clear(results(), ef);
  return results();
}

function walkMasked(ef: i32, mask: usize, breadth: i32): void {
  const found = walked();
  const answer = results();
  pool.clear(answer, ef);
  met = 0;
  metSet = 0;
  const first = top();
  if (nodeOf(first) == none) return;
  const from = descend(first, 0, query());
  begin(found, breadth, from, query());
  if (isSet(mask, from)) pool.insert(answer, pool.keyIn(pool.entryAt(found, 0)), from);
  for (let at = pool.follow(found); at != 0; at = pool.follow(found)) {
    if (pool.keyIn(at) > pool.bound(answer)) break;
    const listed = expand(pool.nodeIn(at), query());
    met += listed;
    for (let i = 0; i < listed; i++) {
      const key = listedKey(i);
      const node = listedNode(i);
      pool.insert(found, key, node);
      if (!isSet(mask, node)) continue;
      metSet++;
      pool.insert(answer, key, node);
    }
  }
}

/**
 * The share of the nodes near what was asked that have their bit set at `mask`: of what a short walk among all meets. {@link searchThrough} begins with what it
 * found.
 *
 * @param breadth Nodes that the walk keeps in mind.
 */
export function lookAround(mask: usize, breadth: i32): f32 {
  walkMasked(breadth, mask, breadth);
  return <f32>metSet / <f32>max(1, met);
}

/**
 * The same by a walk that never compares with a node whose bit is not set, but goes on to where its links lead (ACORN, arXiv 2403.04871).
 * Begins with what {@link lookAround} has just found, and with `seeds` of the mask's nodes, spread over all.
 *
 * @param most Comparisons after which the walk is given up: the pool then has the size 0.
 */
export function searchThrough(ef: i32, mask: usize, seeds: i32, most: i32): usize {
  const found = walked();
  const near = results();
  const before = evaluations;
  pool.clear(found, ef);
  beginVisit();
  for (let i = 0; i < pool.sizeOf(near); i++) {
    const entry = pool.entryAt(near, i);
    isNew(pool.nodeIn(entry));
    pool.insert(found, pool.keyIn(entry), pool.nodeIn(entry));
  }
  scoreListed(found, gatherSeeds(mask, seeds, 0));
  for (let at = pool.follow(found); at != 0; at = pool.follow(found)) {
    if (evaluations - before > most) {
      pool.clear(found, ef);
      return found;
    }
    scoreListed(found, gatherThrough(pool.nodeIn(at), mask));
  }
  return found;
}

function scoreListed(found: usize, listed: i32): void {
  distances(list(), listed, query(), listDistances());
  insertListed(found, listed);
}

// @ts-expect-error: decorator
@inline
function enlist(node: u32, listed: i32): i32 {
  store<u32>(list() + (<usize>listed << 2), node);
  return listed + 1;
}

/** Lists the mask's nodes that a node leads to, and those that its other neighbours lead to, up to twice as many as it has links. */
function gatherThrough(node: u32, mask: usize): i32 {
  let listed = 0;
  let passed: usize = 0;
  const others = chosenNodes();
  const links = links0Of(node);
  for (let i = 0; i < mostLinks0; i++) {
    const near = load<u32>(links + (<usize>i << 2));
    if (near == none) break;
    if (!isSet(mask, near)) store<u32>(others + (passed++ << 2), near);
    // Those of the mask are walked to themselves.
    else if (isNew(near)) listed = enlist(near, listed);
  }
  touchLinks(others, passed);
  const most = 2 * mostLinks0;
  for (let i: usize = 0; i < passed && listed < most; i++) {
    const near = load<u32>(others + (i << 2));
    // No node is passed through twice.
    if (!isNew(near)) continue;
    const found = listSetOf(links0Of(near), mask, chosenDistances());
    for (let j: usize = 0; j < found; j++) {
      const far = load<u32>(chosenDistances() + (j << 2));
      if (isNew(far)) listed = enlist(far, listed);
    }
  }
  return listed;
}

/** Writes down which of a node's links lead to nodes whose bit is set, and something behind the last; returns how many do. */
// @ts-expect-error: decorator
@inline
function listSetOf(links: usize, mask: usize, to: usize): usize {
  let found: usize = 0;
  for (let i = 0; i < mostLinks0; i++) {
    const node = load<u32>(links + (<usize>i << 2));
    if (node == none) break;
    // Without a branch that would be mispredicted.
    store<u32>(to + (found << 2), node);
    found += usize(isSet(mask, node));
  }
  return found;
}

/** Keeps the compiler from leaving out loads that nobody needs the result of. */
let touched: u32 = 0;

/** Loads something of every cache line of the links of some nodes, so that memory fetches them all at once. */
// @ts-expect-error: decorator
@inline
function touchLinks(nodes: usize, size: usize): void {
  let all: u32 = 0;
  const end = (<usize>mostLinks0 - 1) << 2;
  for (let i: usize = 0; i < size; i++) {
    const links = links0Of(load<u32>(nodes + (i << 2)));
    for (let at: usize = 0; at < end; at += 64) all ^= load<u32>(links + at);
    all ^= load<u32>(links + end);
  }
  touched = all;
}

/** Lists one node of the mask for each of `seeds` equal parts of all nodes, where there is one near its beginning. */
function gatherSeeds(mask: usize, seeds: i32, already: i32): i32 {
  let listed = already;
  const words = (count() + 31) >> 5;
  const part = max(1, words / seeds);
  for (let first = 0; first < words; first += part) {
    const end = min(words, first + part);
    for (let word = first; word < end; word++) {
      const bits = load<u32>(mask + (<usize>word << 2));
      if (bits == 0) continue;
      const node = <u32>(word << 5) + ctz(bits);
      if (isNew(node)) listed = enlist(node, listed);
      break;
    }
  }
  return listed;
}
