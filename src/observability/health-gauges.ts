import type { Registry } from 'prom-client';

import type { VectorDatabase } from '../database.ts';
import { nameOf } from './drift-gauges.ts';

/** Databases that are asked for their health. */
export interface HealthGauges {
  /** To be taken out of the registry in the end. */
  readonly names: readonly string[];
  /** Returns what ends it. */
  watch(db: VectorDatabase, database: string): () => void;
}

/** Less than what Prometheus waits for an answer by default. */
const timeoutMs = 5_000;
const labelNames = ['provider', 'database'] as const;

/** Registers the gauges. Databases are asked whenever somebody reads the metrics, all at once. */
export function healthGauges({ Gauge }: typeof import('prom-client'), registry: Registry): HealthGauges {
  const watched = new Map<string, VectorDatabase>();
  let asking: Promise<void> | undefined;
  const collect = () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const latency = new Gauge({
    name: 'anyvec_health_seconds',
    help: 'How long a database took to say how it is',
    labelNames,
    registers: [registry],
    collect,
  });
  const up = new Gauge({
    name: 'anyvec_up',
    help: '1 where a database says that it works',
    labelNames,
    registers: [registry],
    collect,
  });
  async function ask(): Promise<void> {
    await Promise.all(
      [...watched].map(async ([database, db]) => {
        const health = await db.health({ timeoutMs }).catch(() => undefined);
        if (watched.get(database) !== db) return;
        const place = { provider: db.provider, database };
        up.set(place, health?.ok === true ? 1 : 0);
        if (health?.ok === true) latency.set(place, health.latencyMs / 1_000);
        else latency.remove(place);
      }),
    );
  }
  return {
    names: [latency, up].map(nameOf),
    watch(db, database) {
      watched.set(database, db);
      return () => {
        if (watched.get(database) !== db) return;
        watched.delete(database);
        for (const gauge of [up, latency]) gauge.remove({ provider: db.provider, database });
      };
    },
  };
}
