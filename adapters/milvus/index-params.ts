import type { IndexSpec, Metric } from '../../src/types.ts';

/** An index as Milvus is told to build it, and what of the specification it has no use for. */
export interface MilvusIndex {
  /** With defaults filled in. */
  readonly spec: IndexSpec;
  readonly indexType: string;
  readonly params: { readonly [name: string]: number };
  readonly ignoredHints: readonly string[];
}

/** Index types by their names in an `IndexSpec`. */
const types: {
  readonly [type: string]: {
    readonly name: string;
    readonly uses: readonly (keyof IndexSpec)[];
    readonly options: readonly string[];
  };
} = {
  auto: { name: 'AUTOINDEX', uses: ['ef'], options: [] },
  flat: { name: 'FLAT', uses: [], options: [] },
  hnsw: { name: 'HNSW', uses: ['m', 'efConstruction', 'ef'], options: [] },
  'ivf-flat': { name: 'IVF_FLAT', uses: ['nlist', 'nprobe'], options: [] },
  'ivf-sq8': { name: 'IVF_SQ8', uses: ['nlist', 'nprobe'], options: [] },
  'ivf-pq': { name: 'IVF_PQ', uses: ['nlist', 'nprobe'], options: ['m', 'nbits'] },
  diskann: { name: 'DISKANN', uses: ['ef'], options: [] },
};

export const indexTypes: readonly string[] = Object.keys(types).filter((type) => type !== 'auto');

/** Milvus refuses an HNSW index without these, and IVF without `nlist`. */
const defaults = { m: 16, efConstruction: 200, ef: 64, nlist: 128, nprobe: 16 } as const;

/** The sub-vectors of IVF_PQ must divide the dimension. */
function defaultSubVectors(dimension: number): number {
  return [8, 4, 2].find((parts) => dimension % parts === 0 && dimension / parts >= 2) ?? 1;
}

export function resolveIndex(spec: IndexSpec, dimension: number): MilvusIndex {
  const { name, uses, options } = types[spec.type] ?? types.auto!;
  const resolved: Record<string, unknown> = { type: spec.type };
  for (const key of uses) if (key in defaults) resolved[key] = spec[key] ?? defaults[key as keyof typeof defaults];
  const given = spec.options ?? {};
  const used = Object.fromEntries(
    options.flatMap((key) => (typeof given[key] === 'number' ? [[key, given[key]]] : [])),
  ) as Record<string, number>;
  const params: Record<string, number> = {};
  if (name === 'HNSW') Object.assign(params, { M: resolved.m, efConstruction: resolved.efConstruction });
  if (uses.includes('nlist')) params.nlist = resolved.nlist as number;
  if (name === 'IVF_PQ') {
    Object.assign(used, { m: used.m ?? defaultSubVectors(dimension), nbits: used.nbits ?? 8 });
    Object.assign(params, used);
  }
  if (Object.keys(used).length > 0) resolved.options = used;
  const hints = (['m', 'efConstruction', 'ef', 'nlist', 'nprobe'] as const).filter(
    (key) => spec[key] !== undefined && !uses.includes(key),
  );
  const ignored = Object.keys(given).filter((key) => !(key in used));
  return {
    spec: resolved as unknown as IndexSpec,
    indexType: name,
    params,
    ignoredHints: [...hints.map((key) => `index.${key}`), ...ignored.map((key) => `index.options.${key}`)],
  };
}

/** The search hints that an index of this type takes. */
export function searchParamsOf(type: string): readonly ('ef' | 'nprobe')[] {
  return (['ef', 'nprobe'] as const).filter((hint) => (types[type] ?? types.auto!).uses.includes(hint));
}

/** Search parameters by Milvus's names. */
export function searchParams(
  { type, ef = defaults.ef, nlist = defaults.nlist, nprobe = defaults.nprobe }: IndexSpec,
  hints: { ef?: number; nprobe?: number },
  limit: number,
): { [name: string]: number } {
  // Candidate lists must hold at least what is asked for; `nprobe` at most all lists.
  const candidates = Math.min(32_768, Math.max(hints.ef ?? ef, limit));
  if (type === 'hnsw') return { ef: candidates };
  if (type === 'diskann') return { search_list: Math.min(65_535, Math.max(candidates, 16)) };
  if (type.startsWith('ivf')) return { nprobe: Math.min(hints.nprobe ?? nprobe, nlist) };
  // AUTOINDEX takes a level; `ef` is passed on by servers whose automatic index is HNSW, and ignored by others.
  return type === 'auto' ? { ef: candidates } : {};
}

export const metricNames: Readonly<Record<Metric, string>> = { cosine: 'COSINE', dot: 'IP', euclidean: 'L2' };

/** A distance (lower is better, true L2) from Milvus's score. */
export function distanceOfScore(metric: Metric, score: number): number {
  switch (metric) {
    case 'cosine':
      return 1 - Math.max(-1, Math.min(1, score));
    case 'dot':
      return 0 - score;
    case 'euclidean':
      return Math.sqrt(Math.max(0, score));
  }
}
