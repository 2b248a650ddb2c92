/*
 * Lists of rows, in blocks of eight, of 4-bit product codes in blocks of sixteen. A block has a header (the next block of its list, the list, how many
 * rows it has), the slots of its rows, what else belongs to each row, and the rows. Only the first block of a list may have room: rows are added there,
 * and a row that goes is replaced by the last one there.
 *
 * A position is the number of a block times its rows, plus the number of a row in it. Blocks are named by their number, so that a memory image can be
 * used wherever it lies.
 *
 * Rows lie one after another, but for those of 4-bit product codes, which are compared sixteen at once: there lies the first byte of each of the sixteen,
 * then the second byte of each, and so on.
 */
import {
  asked,
  blockBytes,
  blocks,
  blockShift,
  centroidOf,
  euclidean,
  heads,
  inverses,
  kind,
  kindCodes,
  kindFlat,
  kindNibbles,
  none,
  padded,
  reaches,
  residual,
  rowBytes,
  rowsAt,
  scales,
  sizes,
} from './layout';
import { encode, encodedLoss, encodedNorm, encodedStep } from './codes';
import { innerProduct, squaredDistance } from './floats';
import { encodeNibbles, encodeProduct, productLoss } from './product';

/** Blocks ever used. The next one lies behind them: the host sees that there is memory for it. */
export let blockCount: u32 = 0;
/** One more than the number of a block that was given back, 0 for none. */
export let freeBlock: u32 = 0;
/** Of the last insertion: the list, the squared distance from its centroid, and the squared distance from what the codes stand for. */
export let insertedList: u32 = 0;
export let insertedLoss: f32 = 0;
export let insertedError: f32 = 0;

// Of a block, as offsets in bytes.
const nextAt: usize = 0;
const listAt: usize = 4;
const countAt: usize = 8;
const slotsAt: usize = 16;
/** Codes: eight steps, then eight squared norms. Product codes: a remainder for each row. */
const detailsAt: usize = 48;
const nibbleDetailsAt: usize = 80;

// @ts-expect-error: decorator
@inline
export function blockAt(number: u32): usize {
  return blocks + <usize>number * <usize>blockBytes;
}

// @ts-expect-error: decorator
@inline
export function nextOf(block: usize): u32 {
  return load<u32>(block, nextAt);
}

// @ts-expect-error: decorator
@inline
export function countOf(block: usize): i32 {
  return load<i32>(block, countAt);
}

// @ts-expect-error: decorator
@inline
export function slotOf(block: usize, i: i32): u32 {
  return load<u32>(block + (<usize>i << 2), slotsAt);
}

/** The step of a row of codes; the remainder of a row of product codes. */
// @ts-expect-error: decorator
@inline
export function detailOf(block: usize, i: i32): f32 {
  return load<f32>(block + (<usize>i << 2), detailsAt);
}

/** The remainder of a row of 4-bit product codes. */
// @ts-expect-error: decorator
@inline
export function nibbleDetails(block: usize): usize {
  return block + nibbleDetailsAt;
}

/** The squared norm of a row of codes. */
// @ts-expect-error: decorator
@inline
export function normOf(block: usize, i: i32): f32 {
  return load<f32>(block + (<usize>i << 2), detailsAt + 32);
}

// @ts-expect-error: decorator
@inline
export function rowOf(block: usize, i: i32): usize {
  return block + <usize>rowsAt + <usize>i * <usize>rowBytes;
}

/** Where the first byte of a row of 4-bit product codes lies. */
// @ts-expect-error: decorator
@inline
export function nibblesOf(block: usize, i: i32): usize {
  return block + <usize>rowsAt + <usize>i;
}

/** Takes over the state of lists that were loaded. */
export function restore(givenBlockCount: u32, givenFreeBlock: u32): void {
  blockCount = givenBlockCount;
  freeBlock = givenFreeBlock;
}

/** Gives blocks back, one after another. */
export function release(first: u32, count: u32): void {
  for (let number = first; number < first + count; number++) {
    store<u32>(blockAt(number), freeBlock, nextAt);
    freeBlock = number + 1;
  }
}

/** Sets blocks aside that lie one after another. Returns the number of the first. */
export function reserve(count: u32): u32 {
  const first = blockCount;
  blockCount += count;
  return first;
}

function take(): u32 {
  if (freeBlock == 0) return reserve(1);
  const number = freeBlock - 1;
  freeBlock = nextOf(blockAt(number));
  return number;
}

/** Adds the vector at `asked` to a list. Returns its position. */
export function insertInto(list: u32, slot: u32): u32 {
  const headAt = heads + (<usize>list << 2);
  let number = load<u32>(headAt) - 1;
  if (number == none || countOf(blockAt(number)) == 1 << blockShift) {
    const added = take();
    store<u32>(blockAt(added), number + 1, nextAt);
    store<u32>(blockAt(added), list, listAt);
    store<i32>(blockAt(added), 0, countAt);
    store<u32>(headAt, added + 1);
    number = added;
  }
  const block = blockAt(number);
  const i = countOf(block);
  store<i32>(block, i + 1, countAt);
  store<u32>(block + (<usize>i << 2), slot, slotsAt);
  writeRow(block, i, list);
  const sizeAt = sizes + (<usize>list << 2);
  store<u32>(sizeAt, load<u32>(sizeAt) + 1);
  if (!euclidean) extendReach(list);
  insertedList = list;
  return (number << blockShift) + i;
}

/** A list with its middle near zero has no direction: its reach is bounded. */
const mostReach: f32 = 8;

/** A row that goes does not take the reach back: a list that is visited too early costs time only. */
function extendReach(list: u32): void {
  const centroid = centroidOf(list);
  const square = innerProduct(centroid, centroid, padded);
  if (!(square > 0)) return;
  const at = reaches + (<usize>list << 2);
  store<f32>(at, max(load<f32>(at), min(mostReach, innerProduct(asked, centroid, padded) / square)));
}

function writeRow(block: usize, i: i32, list: u32): void {
  const row = rowOf(block, i);
  const details = block + (<usize>i << 2);
  const centroid = centroidOf(list);
  if (kind == kindFlat) {
    memory.copy(row, asked, rowBytes);
    insertedError = squaredDistance(asked, centroid, padded);
  } else if (kind == kindCodes) {
    insertedError = encode(asked, centroid, scales, inverses, residual, row);
    insertedLoss = encodedLoss;
    store<f32>(details, encodedStep, detailsAt);
    store<f32>(details, encodedNorm, detailsAt + 32);
  } else {
    insertedError = squaredDistance(asked, centroid, padded);
    subtract(asked, centroid, residual);
    if (kind == kindNibbles) store<f32>(details, encodeNibbles(list, nibblesOf(block, i)), nibbleDetailsAt);
    else store<f32>(details, encodeProduct(list, row), detailsAt);
    insertedLoss = productLoss;
  }
}

export function subtract(a: usize, b: usize, out: usize): void {
  for (let at: usize = 0, bytes = <usize>padded << 2; at < bytes; at += 16)
    v128.store(out + at, f32x4.sub(v128.load(a + at), v128.load(b + at)));
}

function copyRow(block: usize, i: i32, from: usize, last: i32): void {
  const details = block + (<usize>i << 2);
  if (kind == kindNibbles) {
    store<f32>(details, load<f32>(from + (<usize>last << 2), nibbleDetailsAt), nibbleDetailsAt);
    for (let at: usize = 0, end = <usize>rowBytes << 4; at < end; at += 16)
      store<u8>(nibblesOf(block, i) + at, load<u8>(nibblesOf(from, last) + at));
    return;
  }
  if (kind != kindFlat) store<f32>(details, detailOf(from, last), detailsAt);
  if (kind == kindCodes) store<f32>(details, normOf(from, last), detailsAt + 32);
  memory.copy(rowOf(block, i), rowOf(from, last), rowBytes);
}

/** Takes a row out. Returns the slot of the row that is at its position now, `none` where none is. */
export function remove(position: u32): u32 {
  const block = blockAt(position >> blockShift);
  const i = <i32>(position & ((1 << blockShift) - 1));
  const list = load<u32>(block, listAt);
  const headAt = heads + (<usize>list << 2);
  const headNumber = load<u32>(headAt) - 1;
  const head = blockAt(headNumber);
  const last = countOf(head) - 1;
  let moved = none;
  if (head != block || last != i) {
    moved = slotOf(head, last);
    store<u32>(block + (<usize>i << 2), moved, slotsAt);
    copyRow(block, i, head, last);
  }
  store<i32>(head, last, countAt);
  if (last == 0) {
    store<u32>(headAt, nextOf(head));
    release(headNumber, 1);
  }
  const sizeAt = sizes + (<usize>list << 2);
  store<u32>(sizeAt, load<u32>(sizeAt) - 1);
  return moved;
}

/** The list of a position. */
export function listOf(position: u32): u32 {
  return load<u32>(blockAt(position >> blockShift), listAt);
}
