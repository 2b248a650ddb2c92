/**
 * Makes a data set and its truth, in a process of its own: `prepare.ts NAME COUNT QUERIES SHARES…`, the shares of filters whose truth is
 * wanted. What is there is not made again.
 */
import { withLock } from '../../scripts/lib/lock.mjs';
import { seconds } from '../../scripts/lib/report.mjs';
import { cachePlace } from '../lib/places.ts';
import { fashionMnist } from './fashion-mnist.ts';
import type { Correlation } from './filters.ts';
import { makeTruth } from './truth.ts';
import { readSet, setDirectory, writeSet } from './vector-set.ts';
import { wordVectors } from './word-vectors.ts';
import { wordnet } from './wordnet.ts';

const sources = { 'fashion-mnist': fashionMnist, wordnet, 'word-vectors': wordVectors };
const correlations: Correlation[] = ['random', 'positive', 'negative'];

const [name = '', count = '', queries = '', ...shares] = process.argv.slice(2);
const source = sources[name as keyof typeof sources];
await withLock(`${cachePlace('sets')}/${name}-${count}.lock`, async () => {
  const directory = setDirectory(name, Number(count)) ?? writeSet(await source(Number(count), Number(queries)));
  const set = readSet(directory);
  const started = performance.now();
  const filtered = shares.flatMap((share) =>
    correlations.map((correlation) => ({ correlation, share: Number(share) })),
  );
  makeTruth(set, [undefined, ...filtered]);
  console.log(
    `bench  ${name}: ${set.count} x ${set.dimension}, ${set.queries} queries, hash ${set.hash}, truth ${seconds(performance.now() - started)}`,
  );
});
