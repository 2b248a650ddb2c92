export { ConformanceFailure } from './assertions.ts';
export type { Case, Need, Suite } from './case.ts';
export { type Collected, type CollectOptions, runCollected } from './collect.ts';
export { type CoveredLaw, coverage, type Law, type UncoveredLaw } from './coverage.ts';
export { type Budget, defaultBudget, type Harness, type Runner } from './harness.ts';
export { type RunOptions, runConformance, selectCases } from './register.ts';
export {
  type Backend,
  type CapabilityMatrix,
  type Cell,
  capabilityMatrix,
  type Row,
  renderMatrix,
  type Section,
} from './report.ts';
