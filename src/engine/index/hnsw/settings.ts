import { invalid } from '../../../errors.ts';
import type { IndexSpec } from '../../../types.ts';
import { resolveWith } from '../resolve.ts';
import type { ResolvedIndex } from '../vector-index.ts';

/** An HNSW graph, all settings filled in. */
export interface GraphSettings {
  readonly m: number;
  readonly efConstruction: number;
  readonly ef: number;
  readonly seed: number;
}

const defaults: GraphSettings = { m: 16, efConstruction: 200, ef: 64, seed: 100 };
const bounds = {
  // One link per node makes the library divide by log(1).
  m: [2, 128],
  efConstruction: [4, 4_096],
  ef: [1, 65_536],
  seed: [0, 2 ** 32 - 1],
} as const satisfies Record<keyof GraphSettings, readonly [number, number]>;

/**
 * The specification with defaults, and what it has no use for.
 *
 * @throws `InvalidArgument` for numbers out of range.
 */
export function resolveSettings(spec: IndexSpec, type: string): ResolvedIndex {
  const { spec: used, ignoredHints } = resolveWith(spec, type, defaults, ['seed']);
  const { m, efConstruction, ef, seed } = graphSettings(used);
  return { spec: { type, m, efConstruction, ef, options: { seed } }, ignoredHints };
}

/** The settings of a resolved specification. */
export function graphSettings(spec: IndexSpec): GraphSettings {
  return {
    m: integer('index.m', spec.m, 'm'),
    efConstruction: integer('index.efConstruction', spec.efConstruction, 'efConstruction'),
    ef: integer('index.ef', spec.ef, 'ef'),
    seed: integer('index.options.seed', spec.options?.seed, 'seed'),
  };
}

/** `params.ef`, or the default; never what the library could not survive. */
export function searchEf(given: number | undefined, usual: number): number {
  if (given === undefined || !Number.isFinite(given)) return usual;
  const [least, most] = bounds.ef;
  return Math.min(most, Math.max(least, Math.trunc(given)));
}

function integer(place: string, value: unknown, name: keyof GraphSettings): number {
  const [least, most] = bounds[name];
  if (value === undefined) return defaults[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(place, `an integer from ${least} to ${most} is needed`);
}
