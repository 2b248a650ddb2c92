import { invalid } from '../../../errors.ts';
import type { IndexSpec } from '../../../types.ts';

const quantizations = ['auto', 'none', 'sq8', 'sq4'] as const;

/** How a graph keeps components. `auto`: 4 or 8 bits, as the dimension allows, or f32 where it turns out that codes lose neighbours. */
export type Quantization = (typeof quantizations)[number];

/** @throws `InvalidArgument` */
export function quantizationOf({ options }: IndexSpec): Quantization {
  const given = options?.quantization ?? 'auto';
  const found = quantizations.find((one) => one === given);
  if (found === undefined) throw invalid('index.options.quantization', `one of ${quantizations.join(', ')} is needed`);
  return found;
}
