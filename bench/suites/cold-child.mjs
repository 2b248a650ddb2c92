/**
 * A fresh process that opens an index, asks once, and says how long that took: `cold-child.mjs ENGINE PLACE DIMENSION METRIC USEARCH`, the
 * last the directory of the package. Plain JavaScript, so that the process starts as quickly as an application would.
 */
import { createRequire } from 'node:module';

const [engine = '', place = '', dimensionText = '', metric = '', usearch = ''] = process.argv.slice(2);
const dimension = Number(dimensionText);
const require = createRequire(import.meta.url);
const query = Float32Array.from({ length: dimension }, (_, i) => Math.sin(i + 1));
const k = 10;

/**
 * Each imports what it needs after the clock has started.
 * @type {Record<string, () => ArrayLike<unknown> | Promise<ArrayLike<unknown>>>}
 */
const openings = {
  'anyvec-store': async () => {
    const { connect } = await import('anyvec');
    const database = await connect({ provider: 'native', path: place });
    const store = await database.collection('bench');
    return store.search(query, { k });
  },
  'hnswlib-node': () => {
    const { HierarchicalNSW } = require('hnswlib-node');
    const index = new HierarchicalNSW(metric === 'euclidean' ? 'l2' : 'cosine', dimension);
    index.readIndexSync(place);
    return index.searchKnn(Array.from(query), k).neighbors;
  },
  'faiss-node': () => {
    const { Index } = require('faiss-node');
    return Index.read(place).search(Array.from(query), k).labels;
  },
  'usearch-f32': () => askUsearch('f32'),
  'usearch-i8': () => askUsearch('i8'),
};

/** @param {string} quantization */
function askUsearch(quantization) {
  const { Index } = require(usearch);
  const index = new Index({ dimensions: dimension, metric: metric === 'euclidean' ? 'l2sq' : 'cos', quantization });
  index.load(place);
  return index.search(query, k, 1).keys;
}

const started = performance.now();
const found = await openings[engine]?.();
const ms = performance.now() - started;
if (found?.length !== k) throw new Error(`${engine} found ${found?.length}`);
process.stdout.write(`${ms}\n`, () => process.exit(0));
