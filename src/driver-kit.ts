/**
 * `anyvec/driver`: what authors of adapters and middleware need. Applications do not.
 *
 * @module
 */
export type { Adapter } from './adapter.ts';
export { type CapabilityDifferences, capabilitiesOf, operations, optionNames, requireSupport } from './capabilities.ts';
export type * from './driver.ts';
export { type EmbeddedAdapter, type EmbeddedConfig, embeddedAdapter } from './engine/embedded.ts';
export { resolveWith } from './engine/index/resolve.ts';
export type * from './engine/index/vector-index.ts';
export { invalid, unsupported } from './errors.ts';
export { parseInstant } from './filter/datetime.ts';
export { evaluate } from './filter/evaluate.ts';
export {
  and,
  type Bounds,
  type FilterLeaf,
  type FilterNode,
  matchAll,
  matchNone,
  not,
  or,
  pushNegation,
} from './filter/normal-form.ts';
export { type FilterContext, filterOperators, parseFilter } from './filter/parse.ts';
export { formatPath, parsePath, type Segments, valueAt } from './filter/path.ts';
export { tokenize } from './filter/tokenize.ts';
export { compose, type Middleware } from './middleware/compose.ts';
export { forwardCollection, forwardDriver } from './middleware/forward.ts';
export { createDatabase } from './portable/database.ts';
export { type HybridCall, hybridByScan, searchHybridByScan } from './remote/hybrid-by-scan.ts';
export { compareIds, compareMatches, distanceBetween, distanceOf, minimumNorm, scoreOf } from './score.ts';
