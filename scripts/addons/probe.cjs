/**
 * Loads one native addon and searches with it, in a process of its own because a bad binary can end the process:
 * `node probe.cjs hnswlib|faiss`. Exit code 0 means that the nearest of three points was found.
 */
const points = [
  [0, 0],
  [3, 4],
  [6, 8],
];

/** @type {Record<string, () => number[]>} */
const nearestTo = {
  hnswlib() {
    const { HierarchicalNSW } = require('hnswlib-node');
    const index = new HierarchicalNSW('l2', 2);
    index.initIndex(points.length);
    for (const [label, point] of points.entries()) index.addPoint(point, label);
    return index.searchKnn([3, 3], 1).neighbors;
  },
  faiss() {
    const { IndexFlatL2 } = require('faiss-node');
    const index = new IndexFlatL2(2);
    index.add(points.flat());
    return index.search([3, 3], 1).labels;
  },
};

const found = nearestTo[process.argv[2] ?? '']?.();
if (found?.[0] !== 1) {
  console.error(`expected the second point to be the nearest, got ${JSON.stringify(found)}`);
  process.exitCode = 1;
}
