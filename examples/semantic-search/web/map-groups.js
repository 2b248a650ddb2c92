/** Which colour each group of the map has: the largest get one of their own, the rest share grey. */
/** @import { MapPoint } from './contract.ts' */

/** How many groups have a colour. */
export const coloured = 8;

/** @typedef {{ readonly name: string, readonly count: number }} Group */

/**
 * The groups by size; ties by name, so that a colour does not change from one visit to the next.
 * @param {readonly MapPoint[]} points
 * @returns {Group[]}
 */
export function groupsOf(points) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { group } of points) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/**
 * Number of each point's colour, `coloured` for grey.
 * @param {readonly MapPoint[]} points
 * @param {readonly Group[]} groups
 * @returns {Uint8Array}
 */
export function coloursOf(points, groups) {
  const numbers = new Map(groups.slice(0, coloured).map(({ name }, i) => [name, i]));
  return Uint8Array.from(points, ({ group }) => numbers.get(group) ?? coloured);
}
