import { nativeMetric } from '../../src/engine/index/addon/native-vectors.ts';
import { invalid, unsupported, type VectorStoreError } from '../../src/errors.ts';
import type { Metric } from '../../src/types.ts';

/** Where a component stands: the dimension that reaches it, after the transforms before it, and the collection's metric. */
export interface Setting {
  readonly dimension: number;
  readonly metric: Metric;
}

/** Vectors that training needs: below `required` the library ends the process, below `advised` it warns on stderr. */
export interface TrainingNeed {
  readonly required: number;
  readonly advised: number;
}

/** A way of storing a vector. */
export interface Codec {
  /** As the library is told. */
  readonly text: string;
  readonly bits: number;
  readonly training: TrainingNeed;
}

/** A transform in front of the rest. */
export interface Transform {
  readonly text: string;
  /** The dimension it puts out. */
  readonly dimension: number;
  readonly training: TrainingNeed;
}

/** Where a codec stands: alone, in the lists of an IVF, or under a graph. */
export type CodecPlace = 'alone' | 'ivf' | 'hnsw';

const place = 'index.options.factory';
const untrained: TrainingNeed = { required: 0, advised: 0 };
/** Ranges, thresholds and rotations are learnt from any vector; from many, well. */
const ranges: TrainingNeed = { required: 1, advised: 1_000 };
const maximumDimension = 65_536;
const maximumLists = 65_536;

/** What k-means needs for `k` centroids; the library warns below 39 vectors for each. */
function clusters(k: number): TrainingNeed {
  return { required: k, advised: 39 * k };
}

export function most(...needs: readonly TrainingNeed[]): TrainingNeed {
  return {
    required: Math.max(...needs.map((need) => need.required)),
    advised: Math.max(...needs.map((need) => need.advised)),
  };
}

const scalarBits: Readonly<Record<string, number>> = { SQ4: 4, SQ6: 6, SQ8: 8, SQfp16: 16 };

/** The codec, or undefined if it is none. */
export function parseCodec(text: string, at: CodecPlace, { dimension, metric }: Setting): Codec | undefined {
  if (text === 'Flat') return { text, bits: 32 * dimension, training: untrained };
  const scalar = scalarBits[text];
  if (scalar !== undefined) return { text, bits: scalar * dimension, training: ranges };
  return parseProductCodec(text, at, { dimension, metric }) ?? parseHashCodec(text, at, { dimension, metric });
}

function parseProductCodec(text: string, at: CodecPlace, { dimension, metric }: Setting): Codec | undefined {
  const product = match(text, /^PQ(\d+)(?:x(\d+))?(?:np)?$/);
  if (product !== undefined) {
    const m = divisor(text, product[0], dimension);
    const bits = inRange(text, 'bits', product[1] ?? 8, 1, at === 'alone' ? 12 : 8);
    if (at === 'hnsw' && bits !== 8) throw invalid(place, `${text}: a graph takes product codes of 8 bits only`);
    if (at === 'hnsw' && nativeMetric(metric) === 'ip')
      throw refused(text, 'the library ranks such a graph by L2, whatever the metric');
    // Without np the library anneals the codes for a search mode that the addon cannot choose: seconds, for nothing.
    const written = `PQ${m}${at === 'hnsw' ? '' : `x${bits}`}np`;
    return { text: written, bits: m * bits, training: clusters(2 ** bits) };
  }
  const refined = match(text, /^PQ(\d+)\+(\d+)$/);
  if (refined !== undefined && at === 'ivf') {
    requireL2(text, metric);
    const bits = 8 * (divisor(text, refined[0], dimension) + divisor(text, refined[1], dimension));
    return { text, bits, training: clusters(256) };
  }
  const fast = match(text, at === 'ivf' ? /^PQ(\d+)x4fsr?(?:_(\d+))?$/ : /^PQ(\d+)x4fs(?:_(\d+))?$/);
  if (fast === undefined || at === 'hnsw') return undefined;
  const m = divisor(text, fast[0], dimension);
  if (inRange(text, 'block size', fast[1] ?? 32, 32, 1_024) % 32 !== 0)
    throw invalid(place, `${text}: the block size is a multiple of 32`);
  return { text, bits: 4 * m, training: clusters(16) };
}

function parseHashCodec(text: string, at: CodecPlace, { dimension, metric }: Setting): Codec | undefined {
  if (at !== 'alone' || !/^LSHr?t?$/.test(text)) return undefined;
  requireL2(text, metric);
  return { text, bits: dimension, training: text.includes('t') ? ranges : untrained };
}

/** The transform, or undefined if it is none. */
export function parseTransform(text: string, { dimension, metric }: Setting): Transform | undefined {
  const principal = match(text, /^PCAR?(\d+)$/);
  if (principal !== undefined) {
    // It subtracts the mean, which changes the order of inner products.
    requireL2(text, metric);
    const out = inRange(text, 'dimensions', principal[0], 1, dimension);
    return { text, dimension: out, training: { required: out, advised: 4 * dimension } };
  }
  const rotation = match(text, /^RR(\d+)?$/);
  if (rotation !== undefined) {
    return {
      text,
      dimension: inRange(text, 'dimensions', rotation[0] ?? dimension, 1, maximumDimension),
      training: { required: 1, advised: 1 },
    };
  }
  const optimised = match(text, /^OPQ(\d+)(?:_(\d+))?$/);
  if (optimised !== undefined) {
    const out = inRange(text, 'dimensions', optimised[1] ?? dimension, 1, maximumDimension);
    divisor(text, optimised[0], out);
    return { text, dimension: out, training: clusters(256) };
  }
  const padded = match(text, /^Pad(\d+)$/);
  if (padded !== undefined) {
    return {
      text,
      dimension: Math.max(dimension, inRange(text, 'dimensions', padded[0], 1, maximumDimension)),
      training: untrained,
    };
  }
  return parseNormalisingTransform(text, { dimension, metric });
}

function parseNormalisingTransform(text: string, { dimension, metric }: Setting): Transform | undefined {
  const iterative = match(text, /^ITQ(\d+)?$/);
  if (iterative !== undefined) {
    if (metric !== 'cosine') throw refused(text, 'it brings vectors to one length, which only cosine does not see');
    const out = inRange(text, 'dimensions', iterative[0] ?? dimension, 1, dimension);
    return { text, dimension: out, training: { required: out, advised: 4 * dimension } };
  }
  if (!/^L2[nN]orm$/.test(text)) return undefined;
  if (metric !== 'cosine') throw refused(text, 'it brings vectors to one length, which only cosine does not see');
  return { text, dimension, training: untrained };
}

/** A coarse quantizer: what the lists of an IVF are found by. */
export interface Coarse {
  readonly nlist: number;
  readonly training: TrainingNeed;
}

/** The coarse quantizer, or undefined if it is none. */
export function parseCoarse(text: string, { dimension, metric }: Setting): Coarse | undefined {
  const lists = match(text, /^IVF(\d+)(?:_HNSW(\d*))?$/);
  if (lists !== undefined) {
    const nlist = inRange(text, 'lists', lists[0], 1, maximumLists);
    if (lists[1] !== undefined && lists[1] !== '') inRange(text, 'links', lists[1], 2, 128);
    return { nlist, training: clusters(nlist) };
  }
  const multi = match(text, /^IMI2x(\d+)$/);
  if (multi === undefined) return undefined;
  requireL2(text, metric);
  divisor(text, 2, dimension);
  const bits = inRange(text, 'bits', multi[0], 1, 8);
  return { nlist: 4 ** bits, training: clusters(2 ** bits) };
}

/** The links per node and the codec's text of a graph, or undefined if it is none. */
export function parseGraph(text: string): { readonly m: number; readonly codec: string | undefined } | undefined {
  const graph = match(text, /^HNSW(\d*)(?:_(.+))?$/);
  if (graph === undefined) return undefined;
  return { m: inRange(text, 'links', graph[0] === '' ? 32 : graph[0], 2, 128), codec: graph[1] };
}

/** Components that the library knows and that cannot work here, with the reason. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/[()]/, 'an index within an index cannot be trained or tuned through the addon'],
  [/^IDMap2?$/, 'it wants ids with each vector, which the addon cannot pass'],
  [/^FlatDedup$/, 'training drops duplicates, and too few distinct vectors end the process'],
  [/NSG\d*/, 'it takes no vectors after the first batch'],
  [/^(P?RQ|P?LSQ)\d.*fs/, 'the library crashes when it reads such an index back'],
  [
    /^(P?RQ|P?LSQ)\d/,
    'it trains for tens of seconds even on a few hundred vectors, in the calling thread; use PQ, or OPQ and PQ',
  ],
  [/^(RCQ|LSCQ)\d/, 'it stores no vectors'],
  [/^(2x)?\d+\+PQ/, 'adding takes milliseconds per vector, in the calling thread; use IVF and PQ'],
  [/^Residual\d/, 'the library cannot search it'],
  [/^ZnLattice\d/, 'the library cannot add to it'],
  [/^MinMax/, 'the library cannot add to it'],
  [/^PCAWR?\d/, 'whitening changes which vectors are near'],
  [/^SH/, 'spectral hashing finds less than ITQ and LSH with as many bits'],
  [/^BIVF|^BHNSW|^BHash|^BFlat/, 'binary vectors are not supported'],
];

/** Why a component is not taken. */
export function refusal(text: string): VectorStoreError {
  const known = refusals.find(([pattern]) => pattern.test(text));
  if (known !== undefined) return refused(text, known[1]);
  return invalid(place, `${JSON.stringify(text)} is no component of a faiss factory string that can stand there`);
}

function refused(text: string, reason: string): VectorStoreError {
  return unsupported(`the faiss component ${text}`, reason);
}

function requireL2(text: string, metric: Metric): void {
  if (nativeMetric(metric) === 'ip') throw refused(text, 'it knows no inner product; use cosine or euclidean');
}

function divisor(text: string, value: string | number | undefined, dimension: number): number {
  const m = inRange(text, 'parts', value, 1, dimension);
  if (dimension % m !== 0) throw invalid(place, `${text}: ${dimension} numbers cannot be cut into ${m} equal parts`);
  return m;
}

function inRange(
  text: string,
  what: string,
  value: string | number | undefined,
  least: number,
  greatest: number,
): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= greatest) return number;
  throw invalid(place, `${text}: ${what} from ${least} to ${greatest} are possible`);
}

/** The groups of a match. */
function match(text: string, pattern: RegExp): readonly (string | undefined)[] | undefined {
  return pattern.exec(text)?.slice(1);
}
