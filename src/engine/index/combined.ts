import { unsupported } from '../../errors.ts';
import type { IndexSpec } from '../../types.ts';
import type { VectorIndexProvider } from './vector-index.ts';

/** Several providers as one, which goes by the type of the index. `auto` is the first type of the first. */
export function combinedProvider(providers: readonly VectorIndexProvider[]): VectorIndexProvider {
  const types = providers.flatMap((provider) => provider.types);
  const providerOf = ({ type }: IndexSpec): VectorIndexProvider => {
    const wanted = type === 'auto' ? types[0]! : type;
    const found = providers.find((provider) => provider.types.includes(wanted));
    if (found === undefined)
      throw unsupported(`the index type ${JSON.stringify(type)}`, `known are ${types.join(', ')}`);
    return found;
  };
  return {
    types,
    resolve: (spec, dimension, metric) => providerOf(spec).resolve(spec, dimension, metric),
    create: (resolved, vectors) => providerOf(resolved.spec).create(resolved, vectors),
    load: (bytes, resolved, vectors) => providerOf(resolved.spec).load(bytes, resolved, vectors),
    loadFrom: (content, resolved, vectors) => providerOf(resolved.spec).loadFrom?.(content, resolved, vectors),
    usedParams: (spec) => providerOf(spec).usedParams(spec),
  };
}
