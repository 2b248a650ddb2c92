/* Insertion of a node, in one call. */
import { distances, encode, prepareRow, takeIn } from './distance';
import { dimension, mostLinks, none } from './layout';
import { capacityOf, clearLinks, linksOf } from './links';
import * as pool from './pool';
import { candidates, chosenDistances, chosenNodes, list, listDistances, ownLinks, pivot, query, walked } from './scratch';
import { ask } from './search';
import { lock, lockOf, unlock } from './locks';
import { claim, levelOf, nodeOf, offerTop, top } from './state';
import { descend, listedKey, listedNode, walk } from './walk';

/**
 * Writes the row of a node and links it.
 *
 * @param source The vector: f32.
 * @param level Highest level it is on. Its lists of upper levels are there.
 * @param ef Nodes among which its neighbours are chosen.
 */
export function insert(source: usize, node: u32, level: i32, ef: i32): void {
  ask(source);
  takeIn(source);
  encode(node);
  clearLinks(node, level);
  const first = top();
  if (nodeOf(first) == none) {
    offerTop(node, level);
    return;
  }
  const highest = min(level, levelOf(first));
  let from = descend(first, highest, query());
  for (let here = highest; here >= 0; here--) {
    walk(from, here, ef, query(), node);
    from = pool.nodeIn(pool.entryAt(walked(), 0));
    const chosen = select(walked(), mostLinks);
    store<i32>(ownLinks(here), chosen);
    memory.copy(ownLinks(here) + 4, chosenNodes(), <usize>chosen << 2);
  }
  // From below: whoever meets the node on a level can go on from it on those under that.
  for (let here = 0; here <= highest; here++) {
    linkAll(node, here);
    for (let i = 0, chosen = load<i32>(ownLinks(here)); i < chosen; i++) {
      const neighbour = load<u32>(ownLinks(here) + (<usize>i << 2), 4);
      lock(lockOf(neighbour));
      linkBack(neighbour, node, here);
      unlock(lockOf(neighbour));
    }
  }
  if (level > levelOf(first)) offerTop(node, level);
}

/**
 * Inserts what is left of a batch, beside other threads that do the same.
 *
 * @param vectors f32, one vector after another.
 * @param levels i32.
 * @param first Node of the first.
 */
export function insertBatch(vectors: usize, levels: usize, first: u32, size: i32, ef: i32): void {
  for (let i = claim(); i < size; i = claim()) {
    insert(vectors + (<usize>i * <usize>dimension << 2), first + i, load<i32>(levels + (<usize>i << 2)), ef);
  }
}

/** Gives a node its links on a level, beside those that other threads may have given it already. */
function linkAll(node: u32, level: i32): void {
  const links = linksOf(node, level);
  const own = ownLinks(level) + 4;
  const chosen = load<i32>(ownLinks(level));
  lock(lockOf(node));
  if (load<u32>(links) == none) {
    memory.copy(links, own, <usize>chosen << 2);
    if (chosen < capacityOf(level)) store<u32>(links + (<usize>chosen << 2), none);
  } else {
    for (let i = 0; i < chosen; i++) linkBack(node, load<u32>(own + (<usize>i << 2)), level);
  }
  unlock(lockOf(node));
}

/**
 * Of a pool of candidates, those that are nearer to the node than to any chosen before them, so that links lead in all directions. Returns how
 * many; they are at `chosenNodes`.
 */
function select(from: usize, most: i32): i32 {
  const size = pool.sizeOf(from);
  let chosen = 0;
  for (let i = 0; i < size && chosen < most; i++) {
    const candidate = pool.entryAt(from, i);
    const node = pool.nodeIn(candidate);
    if (chosen > 0 && isCovered(node, chosen, pool.distanceOf(pool.keyIn(candidate)))) continue;
    store<u32>(chosenNodes() + (<usize>chosen << 2), node);
    chosen++;
  }
  return chosen;
}

/** Whether a node is nearer to one of the chosen than `own`. */
function isCovered(node: u32, chosen: i32, own: f32): bool {
  prepareRow(node, pivot());
  for (let first = 0; first < chosen; first += 8) {
    const some = min(8, chosen - first);
    distances(chosenNodes() + (<usize>first << 2), some, pivot(), chosenDistances());
    for (let j = 0; j < some; j++) {
      if (load<f32>(chosenDistances() + (<usize>j << 2)) < own) return true;
    }
  }
  return false;
}

/** Adds a link that is not there yet; where the list is full, the best of it and the new one are chosen again. */
function linkBack(node: u32, added: u32, level: i32): void {
  const links = linksOf(node, level);
  const most = capacityOf(level);
  let length = 0;
  while (length < most && load<u32>(links + (<usize>length << 2)) != none) {
    if (load<u32>(links + (<usize>length << 2)) == added) return;
    length++;
  }
  if (length < most) {
    store<u32>(links + (<usize>length << 2), added);
    if (length + 1 < most) store<u32>(links + (<usize>(length + 1) << 2), none);
    return;
  }
  memory.copy(list(), links, <usize>most << 2);
  store<u32>(list() + (<usize>most << 2), added);
  prepareRow(node, pivot());
  distances(list(), most + 1, pivot(), listDistances());
  pool.clear(candidates(), most + 1);
  for (let i = 0; i <= most; i++) pool.insert(candidates(), listedKey(i), listedNode(i));
  const chosen = select(candidates(), most);
  memory.copy(links, chosenNodes(), <usize>chosen << 2);
  if (chosen < most) store<u32>(links + (<usize>chosen << 2), none);
}
