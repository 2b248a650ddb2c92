import type { IndexSpec } from '../../types.ts';
import type { ResolvedIndex } from './vector-index.ts';

/** The standard numeric settings of an index. */
export type IndexSetting = 'm' | 'efConstruction' | 'ef' | 'nlist' | 'nprobe';

/**
 * An index specification with defaults for the settings in use, and the rest listed as ignored.
 *
 * @param options Names in `spec.options` that are used.
 */
export function resolveWith(
  spec: IndexSpec,
  type: string,
  defaults: { readonly [S in IndexSetting]?: number },
  options: readonly string[] = [],
): ResolvedIndex {
  const { type: _, options: given = {}, ...settings } = spec;
  const ignoredHints = [
    ...Object.keys(settings)
      .filter((name) => !(name in defaults))
      .map((name) => `index.${name}`),
    ...Object.keys(given)
      .filter((name) => !options.includes(name))
      .map((name) => `index.options.${name}`),
  ];
  const used = Object.fromEntries(Object.entries({ ...defaults, ...settings }).filter(([name]) => name in defaults));
  const usedOptions = Object.fromEntries(Object.entries(given).filter(([name]) => options.includes(name)));
  return {
    spec: { type, ...used, ...(Object.keys(usedOptions).length > 0 && { options: usedOptions }) },
    ignoredHints,
  };
}
