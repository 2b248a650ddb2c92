import { invalid, unsupported } from '../../../errors.ts';
import type { IndexSpec, Metric } from '../../../types.ts';
import { resolveWith } from '../resolve.ts';
import type { ResolvedIndex } from '../vector-index.ts';

/** Values of `IndexSpec.type`. */
export const types = ['ivf-flat', 'ivf-sq8', 'ivf-pq', 'ivf-hnsw'] as const;
type IvfType = (typeof types)[number];

/** What the lists hold: f32 components, 8-bit codes, product codes of 8 bits a part, of 4 bits a part. */
export type ListKind = 'flat' | 'sq8' | 'pq' | 'pq4';

/** Inverted lists, all settings filled in. */
export interface IvfSettings {
  readonly kind: ListKind;
  /** Whether the centroids are searched by a graph. */
  readonly graph: boolean;
  /** Undefined: by the number of vectors. */
  readonly nlist: number | undefined;
  /** Undefined: by the number of lists. */
  readonly nprobe: number | undefined;
  /** Parts of a product code. */
  readonly pqM: number;
  readonly opq: boolean;
  readonly seed: number;
}

const defaultSeed = 100;
/** f32 components that one byte of a product code stands for by default: a sixteenth of their size. */
const componentsPerByte = 4;
/** Lists that are too short cost recall and gain nothing: as long as there are fewer vectors for each, there are fewer lists. */
const leastListLength = 16;
const mostLists = 65_536;

/**
 * The specification with defaults, and what it has no use for.
 *
 * @throws `InvalidArgument` for numbers out of range.
 */
export function resolveIvf(spec: IndexSpec, dimension: number, metric: Metric): ResolvedIndex {
  const type = typeOf(spec);
  const { nlist, nprobe } = spec;
  const lists = {
    ...(nlist !== undefined && { nlist: integer('index.nlist', nlist, 1, mostLists) }),
    ...(nprobe !== undefined && { nprobe: integer('index.nprobe', nprobe, 1, mostLists) }),
    ...(nlist !== undefined && nprobe === undefined && { nprobe: usualProbes(nlist, metric) }),
  };
  // `resolveWith` keeps settings by the names of their defaults.
  const { spec: used, ignoredHints } = resolveWith(
    { ...spec, ...lists },
    type,
    { nlist: 0, nprobe: 0 },
    type === 'ivf-pq' ? ['seed', 'pqM', 'pqBits', 'opq'] : ['seed'],
  );
  const options = used.options ?? {};
  const seed = integer('index.options.seed', options.seed ?? defaultSeed, 0, 2 ** 32 - 1);
  return {
    spec: { type, ...lists, options: { seed, ...(type === 'ivf-pq' && productOptions(options, dimension)) } },
    ignoredHints,
  };
}

/** The settings of a resolved specification. */
export function ivfSettings({ type, nlist, nprobe, options = {} }: IndexSpec): IvfSettings {
  return {
    kind: type === 'ivf-pq' ? (options.pqBits === 4 ? 'pq4' : 'pq') : type === 'ivf-sq8' ? 'sq8' : 'flat',
    graph: type === 'ivf-hnsw',
    nlist,
    nprobe,
    pqM: Number(options.pqM ?? 0),
    opq: options.opq === true,
    seed: Number(options.seed),
  };
}

/** The number of lists for so many vectors. */
export function listsFor({ nlist }: IvfSettings, vectors: number): number {
  const most = Math.max(1, Math.floor(vectors / leastListLength));
  return Math.min(most, nlist ?? Math.min(mostLists, Math.round(4 * Math.sqrt(vectors))));
}

/**
 * Lists visited where nobody says how many: a tenth, but not so few that near neighbours behind a border are missed. The largest inner products lie
 * in lists further apart.
 */
export function usualProbes(lists: number, metric: Metric): number {
  return Math.min(lists, Math.max(8, Math.ceil(lists / (metric === 'dot' ? 5 : 10))));
}

function typeOf({ type }: IndexSpec): IvfType {
  const found = type === 'auto' ? types[0] : types.find((name) => name === type);
  if (found === undefined)
    throw unsupported(`the index type ${JSON.stringify(type)}`, `this is the provider of ${types.join(', ')}`);
  return found;
}

function productOptions(
  { pqM, pqBits = 8, opq = false }: NonNullable<IndexSpec['options']>,
  dimension: number,
): { pqM: number; pqBits: number; opq: boolean } {
  if (pqBits !== 4 && pqBits !== 8) throw invalid('index.options.pqBits', '4 or 8 is needed');
  if (typeof opq !== 'boolean') throw invalid('index.options.opq', 'true or false is needed');
  const usual = Math.max(1, Math.ceil((8 * dimension) / (componentsPerByte * pqBits)));
  return { pqM: integer('index.options.pqM', pqM ?? usual, 1, dimension), pqBits, opq };
}

function integer(place: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(place, `an integer from ${least} to ${most} is needed`);
}
