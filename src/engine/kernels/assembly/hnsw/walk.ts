/* Walks through the graph that look for the nodes nearest to a prepared query. */
import { distance, distances } from './distance';
import { links0Of, mostLinks, mostLinks0, none } from './layout';
import { capacityOf, gather, gatherNew, linksOf } from './links';
import * as pool from './pool';
import { list, listDistances, walked } from './scratch';
import { levelOf, nodeOf } from './state';
import { beginVisit, isNew } from './visits';

/** From where searches begin down to the node on the level above `level` that no neighbour is nearer than. */
export function descend(top: u64, level: i32, query: usize): u32 {
  let at = nodeOf(top);
  let best = distance(at, query);
  for (let here = levelOf(top); here > level; here--) {
    let moved = true;
    while (moved) {
      moved = false;
      const listed = gather(linksOf(at, here), mostLinks);
      distances(list(), listed, query, listDistances());
      for (let i = 0; i < listed; i++) {
        const d = load<f32>(listDistances() + (<usize>i << 2));
        if (d < best) {
          best = d;
          at = load<u32>(list() + (<usize>i << 2));
          moved = true;
        }
      }
    }
  }
  return at;
}

/** Begins a walk at a node. */
export function begin(found: usize, ef: i32, from: u32, query: usize): void {
  pool.clear(found, ef);
  beginVisit();
  isNew(from);
  pool.insert(found, pool.keyOf(distance(from, query)), from);
}

/** Fills the pool of a walk with the `ef` nearest nodes of a level, `self` (if it is a node) not among them. */
export function walk(from: u32, level: i32, ef: i32, query: usize, self: u32): void {
  const found = walked();
  begin(found, ef, from, query);
  if (self != none) isNew(self);
  const most = capacityOf(level);
  for (let entry = pool.follow(found); entry != 0; entry = pool.follow(found)) {
    const listed = gatherNew(linksOf(pool.nodeIn(entry), level), most);
    touchLinks(pool.nextIn(found));
    distances(list(), listed, query, listDistances());
    insertListed(found, listed);
  }
}

let touched: u32 = 0;

/** Begins to load the links that are probably gathered next. */
// @ts-expect-error: decorator
@inline
function touchLinks(node: u32): void {
  const links = links0Of(node);
  touched ^= load<u32>(links) ^ load<u32>(links, 64);
}

/** Takes those listed that are near enough into a pool. */
export function insertListed(found: usize, listed: i32): void {
  let bound = pool.bound(found);
  for (let i = 0; i < listed; i++) {
    const key = listedKey(i);
    if (key >= bound) continue;
    pool.insert(found, key, listedNode(i));
    bound = pool.bound(found);
  }
}

// @ts-expect-error: decorator
@inline
export function listedKey(i: i32): u32 {
  return pool.keyOf(load<f32>(listDistances() + (<usize>i << 2)));
}

// @ts-expect-error: decorator
@inline
export function listedNode(i: i32): u32 {
  return load<u32>(list() + (<usize>i << 2));
}

/** Begins a walk on level 0 with what one node leads to. */
export function expand(node: u32, query: usize): i32 {
  const listed = gatherNew(linksOf(node, 0), mostLinks0);
  distances(list(), listed, query, listDistances());
  return listed;
}
