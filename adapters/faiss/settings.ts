import { requireDimension } from '../../src/engine/index/addon/native-vectors.ts';
import { type IndexSetting, resolveWith } from '../../src/engine/index/resolve.ts';
import { invalid, unsupported } from '../../src/errors.ts';
import type { IndexSpec, Metric } from '../../src/types.ts';
import { type Factory, parseFactory, productLists } from './factory.ts';

/** Values of `IndexSpec.type`, the default first. */
export const types = ['hnsw', 'flat', 'ivf-flat', 'ivf-sq8', 'ivf-pq', 'faiss'] as const;
type Type = (typeof types)[number];

/** An index, all settings filled in. */
export interface FaissPlan {
  readonly spec: IndexSpec;
  readonly ignoredHints: readonly string[];
  readonly factory: Factory;
  /** Candidates proposed per match asked for: what codes get wrong, the engine's exact scores put right. */
  readonly oversampling: number;
  /** While a graph is built. */
  readonly efConstruction: number;
  /** Of a search without hints: `efSearch` of a graph, `nprobe` of lists, 0 without either. */
  readonly effort: number;
}

type Bounds = { readonly [name: string]: readonly [least: number, greatest: number] };
const settingBounds: Bounds = {
  m: [2, 128],
  efConstruction: [4, 4_096],
  ef: [1, 65_536],
  nlist: [1, 65_536],
  nprobe: [1, 65_536],
};
const optionBounds: Bounds = { oversampling: [1, 100], subquantizers: [1, 65_536], nbits: [1, 8] };
const graphDefaults = { m: 16, efConstruction: 200, ef: 64 };
/** Lists by default: trained from about ten thousand vectors on, below which comparing with each takes milliseconds. */
const defaultLists = 256;
/** Numbers per part of a product code. */
const defaultPart = 8;

/**
 * The settings with defaults, the factory string they come to, and what is ignored.
 *
 * @throws `InvalidArgument`, `Unsupported`
 */
export function planIndex(asked: IndexSpec, dimension: number, metric: Metric): FaissPlan {
  requireDimension(dimension);
  const type = typeOf(asked);
  requireIntegers('index', asked, settingBounds);
  requireIntegers('index.options', asked.options ?? {}, optionBounds);
  const text = factoryText(type, asked, dimension);
  const factory = parseFactory(text, dimension, metric);
  const { spec, ignoredHints } = resolveWith(asked, type, defaultsOf(type, asked, factory), optionsOf(type));
  const effort = (factory.graph ? spec.ef : spec.nprobe) ?? 0;
  const lists = factory.nlist === undefined ? {} : { nprobe: Math.min(effort, factory.nlist) };
  const oversampling = Number(asked.options?.oversampling ?? usualOversampling(factory));
  const options = {
    ...productOptions(type, asked, dimension),
    ...(type === 'faiss' && { factory: text }),
    oversampling,
  };
  return {
    spec: { ...spec, ...lists, options },
    ignoredHints,
    factory,
    oversampling,
    efConstruction: spec.efConstruction ?? graphDefaults.efConstruction,
    effort: lists.nprobe ?? effort,
  };
}

function typeOf({ type, options }: IndexSpec): Type {
  if (type === 'auto') return types[0];
  const known = types.find((name) => name === type);
  if (known === undefined) throw unsupported(`the index type ${JSON.stringify(type)}`, `faiss has ${types.join(', ')}`);
  const factory = options?.factory;
  if (known === 'faiss' && factory !== undefined && typeof factory !== 'string') {
    throw invalid('index.options.factory', "a faiss factory string is needed, for example 'IVF256,SQ8'");
  }
  return known;
}

function factoryText(type: Type, { m, nlist = defaultLists, options }: IndexSpec, dimension: number): string {
  switch (type) {
    case 'flat':
      return 'Flat';
    case 'hnsw':
      return `HNSW${m ?? graphDefaults.m}`;
    case 'ivf-flat':
      return `IVF${nlist},Flat`;
    case 'ivf-sq8':
      return `IVF${nlist},SQ8`;
    case 'ivf-pq': {
      const { subquantizers, nbits } = productSettings(options, dimension);
      return productLists(nlist, subquantizers, nbits, dimension);
    }
    case 'faiss':
      return String(options?.factory ?? 'Flat');
  }
}

/** The settings in use; in a factory string those that it does not say itself. */
function defaultsOf(
  type: Type,
  { nlist = defaultLists }: IndexSpec,
  factory: Factory,
): { [S in IndexSetting]?: number } {
  const { m, ...effort } = graphDefaults;
  if (factory.graph) return type === 'faiss' ? effort : graphDefaults;
  if (factory.nlist === undefined) return {};
  // A sixteenth of the lists, but not so few that near neighbours behind a border are missed.
  const nprobe = Math.min(factory.nlist, Math.max(8, Math.ceil(factory.nlist / 16)));
  return type === 'faiss' ? { nprobe } : { nlist, nprobe };
}

function optionsOf(type: Type): string[] {
  if (type === 'ivf-pq') return ['subquantizers', 'nbits', 'oversampling'];
  return type === 'faiss' ? ['factory', 'oversampling'] : ['oversampling'];
}

function productOptions(type: Type, { options }: IndexSpec, dimension: number): { readonly [name: string]: number } {
  return type === 'ivf-pq' ? productSettings(options, dimension) : {};
}

function productSettings(options: IndexSpec['options'], dimension: number): { subquantizers: number; nbits: number } {
  const subquantizers = Number(options?.subquantizers ?? Math.ceil(dimension / defaultPart));
  if (subquantizers > dimension)
    throw invalid('index.options.subquantizers', `${dimension} at most, one for each number of a vector`);
  return { subquantizers, nbits: Number(options?.nbits ?? 8) };
}

/** Sixteen over the bits that are left of a number: 1 for floats, 2 for bytes, 32 for half a bit. */
function usualOversampling({ bitsPerNumber }: Factory): number {
  return Math.min(32, Math.max(1, Math.round(16 / bitsPerNumber)));
}

function requireIntegers(place: string, settings: object, bounds: Bounds): void {
  for (const [name, value] of Object.entries(settings)) {
    const range = bounds[name];
    if (range === undefined || value === undefined) continue;
    const [least, greatest] = range;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= greatest) continue;
    throw invalid(`${place}.${name}`, `an integer from ${least} to ${greatest} is needed`);
  }
}
