import type { Registry } from 'prom-client';

import type { TracedCall } from '../tracing.ts';
import { nameOf } from './drift-gauges.ts';
import type { TenantOf } from './prometheus.ts';

/** What each tenant takes, as counters. */
export interface TenantCounters {
  /** To be taken out of the registry in the end. */
  readonly names: readonly string[];
  count(call: TracedCall, seconds: number): void;
}

/** Names told apart: each is a series for every operation, and there may be more tenants than anyone wants to pay for. */
const mostTenants = 1_000;
/** All that come after them. */
const otherTenants = '_other';
const labelNames = ['provider', 'collection', 'tenant'] as const;

/** Registers the counters. */
export function tenantCounters(
  { Counter }: typeof import('prom-client'),
  registry: Registry,
  tenantOf: TenantOf,
): TenantCounters {
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers: [registry] });
  const calls = counter('anyvec_tenant_calls_total', 'Calls in namespaces of tenants');
  const failures = counter('anyvec_tenant_errors_total', 'Calls in namespaces of tenants that failed');
  const duration = counter('anyvec_tenant_seconds_total', 'Time that calls in namespaces of tenants took');
  const known = new Set<string>();
  return {
    names: [calls, failures, duration].map(nameOf),
    count({ provider, collection = '', namespace, error }, seconds) {
      const name = namespace === undefined ? undefined : tenantOf(namespace);
      if (name === undefined) return;
      const tenant = known.has(name) || known.size < mostTenants ? name : otherTenants;
      known.add(tenant);
      const place = { provider, collection, tenant };
      calls.inc(place);
      duration.inc(place, seconds);
      if (error !== undefined) failures.inc(place);
    },
  };
}
