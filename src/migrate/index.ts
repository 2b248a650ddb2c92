/**
 * Node only. Migration between any two databases: {@link migrate}, or its steps {@link plan} and {@link verify} by themselves.
 */
export { migrate } from './migrate.ts';
export { plan } from './plan.ts';
export { renderPlan, renderReport, renderVerification } from './report.ts';
export type * from './types.ts';
export { verify } from './verify.ts';
