import { invalid, unsupported } from '../../src/errors.ts';
import type { Metric } from '../../src/types.ts';
import {
  type Codec,
  most,
  parseCoarse,
  parseCodec,
  parseGraph,
  parseTransform,
  refusal,
  type Setting,
  type TrainingNeed,
} from './components.ts';

/** A factory string that works through the addon, and what must be known of it. */
export interface Factory {
  /** What the library is told. */
  readonly text: string;
  /** A graph on top: its effort is `efSearch`. */
  readonly graph: boolean;
  /** Inverted lists: their effort is `nprobe`. */
  readonly nlist: number | undefined;
  readonly training: TrainingNeed;
  /** Of a stored vector's code, per number of the original vector. */
  readonly bitsPerNumber: number;
  /** Native memory per vector. */
  readonly bytesPerVector: number;
}

/**
 * Numbers that training may get at once: they travel in one array, and longer ones turn into hash tables.
 */
export const maximumTrainingNumbers = 2 ** 25;
const maximumLength = 200;

/**
 * Understands a faiss factory string: transforms, then flat, scalar, product or hash codes, a graph, or inverted lists, then `RFlat`.
 * The library ends the process on strings, and on training sets, that it cannot take, so nothing else reaches it.
 *
 * @throws `InvalidArgument` for what faiss would not take; `Unsupported` for what cannot work here, with the reason.
 */
export function parseFactory(text: string, dimension: number, metric: Metric): Factory {
  if (text.length === 0 || text.length > maximumLength) {
    throw invalid('index.options.factory', `a faiss factory string of 1 to ${maximumLength} characters is needed`);
  }
  const parts = text.split(',');
  for (const part of parts) if (!/^[A-Za-z0-9_+]+$/.test(part)) throw refusal(part);
  const refine = parts.at(-1) === 'RFlat';
  if (refine) parts.pop();
  const { written, needs, setting } = takeTransforms(parts, { dimension, metric });
  const core = parseCore(parts, setting);
  const factory: Factory = {
    text: [...written, core.text, ...(refine ? ['RFlat'] : [])].join(','),
    graph: core.graph,
    nlist: core.nlist,
    training: most(core.training, ...needs),
    bitsPerNumber: core.bits / dimension,
    bytesPerVector: core.bits / 8 + core.overhead + (refine ? 4 * dimension : 0),
  };
  requireTrainable(factory, dimension);
  return factory;
}

/** Takes the transforms off the front. */
function takeTransforms(
  parts: string[],
  start: Setting,
): { written: string[]; needs: TrainingNeed[]; setting: Setting } {
  const written: string[] = [];
  const needs: TrainingNeed[] = [];
  let setting = start;
  while (parts.length > 1) {
    const transform = parseTransform(parts[0]!, setting);
    if (transform === undefined) break;
    parts.shift();
    written.push(transform.text);
    needs.push(transform.training);
    setting = { ...setting, dimension: transform.dimension };
  }
  return { written, needs, setting };
}

interface Core {
  readonly text: string;
  readonly bits: number;
  readonly training: TrainingNeed;
  readonly graph: boolean;
  readonly nlist: number | undefined;
  /** Bytes per vector beside its code. */
  readonly overhead: number;
}

function parseCore(parts: readonly string[], setting: Setting): Core {
  const [first = '', second, ...rest] = parts;
  if (rest.length > 0) throw refusal(rest[0]!);
  const coarse = parseCoarse(first, setting);
  if (coarse !== undefined) {
    const codec = requireCodec(second, 'ivf', setting, first);
    const training = most(coarse.training, codec.training);
    return {
      text: `${first},${codec.text}`,
      bits: codec.bits,
      training,
      graph: false,
      nlist: coarse.nlist,
      overhead: 8,
    };
  }
  const graph = parseGraph(first);
  if (graph !== undefined) {
    if (graph.codec !== undefined && second !== undefined) throw refusal(second);
    const codec = requireCodec(graph.codec ?? second ?? 'Flat', 'hnsw', setting, first);
    // Two lists of links at the bottom, a share of one above, the vector's offset and level.
    const overhead = 8 * graph.m + (4 * graph.m) / (graph.m - 1) + 12;
    return {
      text: `HNSW${graph.m}_${codec.text}`,
      bits: codec.bits,
      training: codec.training,
      graph: true,
      nlist: undefined,
      overhead,
    };
  }
  if (second !== undefined) throw refusal(parseCodec(first, 'alone', setting) === undefined ? first : second);
  const { text, bits, training } = requireCodec(first, 'alone', setting, first);
  return { text, bits, training, graph: false, nlist: undefined, overhead: 0 };
}

function requireCodec(text: string | undefined, at: 'alone' | 'ivf' | 'hnsw', setting: Setting, first: string): Codec {
  if (text === undefined)
    throw invalid(
      'index.options.factory',
      `${first} must be followed by how vectors are stored, for example ${first},Flat`,
    );
  const codec = parseCodec(text, at, setting);
  if (codec === undefined) throw refusal(text);
  return codec;
}

function requireTrainable({ training }: Factory, dimension: number): void {
  if (training.required * dimension <= maximumTrainingNumbers) return;
  const points = Math.floor(maximumTrainingNumbers / dimension);
  throw unsupported(
    `training on ${training.required} vectors of ${dimension} numbers`,
    `the addon can be given ${points} at once; use fewer lists or bits`,
  );
}

/** The factory string of the library's own k-means lists with product codes, for any dimension: padded with zeros where it does not divide. */
export function productLists(nlist: number, parts: number, bits: number, dimension: number): string {
  const padded = Math.ceil(dimension / parts) * parts;
  return `${padded === dimension ? '' : `Pad${padded},`}IVF${nlist},PQ${parts}x${bits}`;
}
