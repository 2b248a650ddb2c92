import { unsupported } from '../../src/errors.ts';
import type { IndexSpec } from '../../src/types.ts';

/** An index as Qdrant is told of it, and what of the wish it has no use for. */
export interface ResolvedIndex {
  /** With the type and the defaults filled in. */
  readonly spec: IndexSpec;
  readonly hnsw: {
    readonly m: number;
    readonly ef_construct: number;
    readonly on_disk?: boolean;
    readonly full_scan_threshold?: number;
  };
  readonly quantization: Quantization | undefined;
  /** As paths, for example `index.nlist`. */
  readonly ignoredHints: readonly string[];
}

export type Quantization =
  | { readonly scalar: { readonly type: 'int8'; readonly quantile?: number; readonly always_ram?: boolean } }
  | { readonly binary: { readonly always_ram?: boolean } }
  | { readonly product: { readonly compression: string; readonly always_ram?: boolean } };

export const indexTypes = ['hnsw', 'flat'] as const;

/** Options by Qdrant's names, and what they must be. */
const options = {
  quantization: 'string',
  quantile: 'number',
  compression: 'string',
  alwaysRam: 'boolean',
  onDisk: 'boolean',
  fullScanThreshold: 'number',
} as const;

/**
 * @throws `Unsupported` under `strict` for settings without effect, and for an unknown quantisation.
 */
export function resolveIndex(index: IndexSpec, strict: boolean): ResolvedIndex {
  const type = index.type === 'auto' ? 'hnsw' : index.type;
  const flat = type === 'flat';
  const given = index.options ?? {};
  const used = Object.keys(given).filter((name) => isOption(name) && typeof given[name] === options[name]);
  const ignoredHints = [
    ...(['nlist', 'nprobe', ...(flat ? (['m', 'efConstruction', 'ef'] as const) : [])] as const)
      .filter((name) => index[name] !== undefined)
      .map((name) => `index.${name}`),
    ...Object.keys(given)
      .filter((name) => !used.includes(name))
      .map((name) => `index.options.${name}`),
  ];
  if (strict && ignoredHints.length > 0)
    throw unsupported(ignoredHints.join(', '), `Qdrant has no use for it with an index of type ${type}`);
  const { m = 16, efConstruction = 200 } = index;
  const spec: IndexSpec = flat
    ? { type }
    : { type, m, efConstruction, ...(index.ef !== undefined && { ef: index.ef }) };
  return {
    spec: used.length === 0 ? spec : { ...spec, options: Object.fromEntries(used.map((name) => [name, given[name]!])) },
    hnsw: {
      // Without links there is no graph, and every search compares every point.
      m: flat ? 0 : m,
      ef_construct: efConstruction,
      ...(typeof given.onDisk === 'boolean' && { on_disk: given.onDisk }),
      ...(typeof given.fullScanThreshold === 'number' && { full_scan_threshold: given.fullScanThreshold }),
    },
    quantization: quantizationOf(given),
    ignoredHints,
  };
}

function isOption(name: string): name is keyof typeof options {
  return Object.hasOwn(options, name);
}

function quantizationOf({
  quantization,
  quantile,
  compression,
  alwaysRam,
}: NonNullable<IndexSpec['options']>): Quantization | undefined {
  const ram = typeof alwaysRam === 'boolean' ? { always_ram: alwaysRam } : {};
  switch (quantization) {
    case undefined:
    case 'none':
      return undefined;
    case 'scalar':
      return { scalar: { type: 'int8', ...(typeof quantile === 'number' && { quantile }), ...ram } };
    case 'binary':
      return { binary: ram };
    case 'product':
      return { product: { compression: typeof compression === 'string' ? compression : 'x16', ...ram } };
    default:
      throw unsupported(`The quantization ${JSON.stringify(quantization)}`, 'known are none, scalar, binary, product');
  }
}
