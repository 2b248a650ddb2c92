export { ConformanceFailure } from './assertions.ts';
export type { Case, Need, Suite } from './case.ts';
export { type Collected, runCollected } from './collect.ts';
export { type Budget, defaultBudget, type Harness, type Runner } from './harness.ts';
export { type RunOptions, runConformance, selectCases } from './register.ts';
