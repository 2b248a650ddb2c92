import type { Gauge, Registry } from 'prom-client';

import type { DriftWindow } from './drift.ts';

const labelNames = ['provider', 'collection'] as const;
const actions = ['recreate-index', 'raise-effort', 'ask-backend'] as const;

/** What monitoring drift comes to, as gauges of the latest window. */
export interface DriftGauges {
  /** To be taken out of the registry in the end. */
  readonly names: readonly string[];
  show(window: DriftWindow): void;
  /** Takes out what there is about a collection. */
  hide(place: { readonly provider: string; readonly collection: string }): void;
}

/** Registers the gauges. */
export function driftGauges({ Gauge }: typeof import('prom-client'), registry: Registry): DriftGauges {
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers: [registry] });
  const recall = gauge('anyvec_recall', 'Recall of the last window of sampled searches, a mean');
  const low = gauge('anyvec_recall_low', 'Low end of its 95 % confidence interval');
  const high = gauge('anyvec_recall_high', 'High end of its 95 % confidence interval');
  const baseline = gauge('anyvec_recall_baseline', 'What the recall usually is, once that is known');
  const limit = gauge('anyvec_recall_limit', 'Advice is given where the recall is certainly and repeatedly below');
  const ratio = gauge(
    'anyvec_index_drift_ratio',
    'Squared distance of recent vectors from what the index was trained on, as a multiple of that in training',
  );
  const advice = new Gauge({
    name: 'anyvec_drift_advice',
    help: '1 while there is advice to do something about an index, by action',
    labelNames: [...labelNames, 'action'],
    registers: [registry],
  });
  const all: readonly Gauge<string>[] = [recall, low, high, baseline, limit, ratio, advice];
  return {
    names: all.map(nameOf),
    show(window) {
      const { provider, collection } = window;
      const place = { provider, collection };
      recall.set(place, window.recall);
      low.set(place, window.interval[0]);
      high.set(place, window.interval[1]);
      limit.set(place, window.limit);
      setOrRemove(baseline, place, window.baseline);
      setOrRemove(ratio, place, window.driftRatio);
      for (const action of actions) advice.set({ ...place, action }, window.advice?.action === action ? 1 : 0);
    },
    hide({ provider, collection }) {
      const place = { provider, collection };
      for (const each of [recall, low, high, baseline, limit, ratio]) each.remove(place);
      for (const action of actions) advice.remove({ ...place, action });
    },
  };
}

/** The name a metric of prom-client has: its types do not say that it has one. */
export function nameOf(metric: object): string {
  return 'name' in metric ? String(metric.name) : '';
}

/** A figure that is not known any more must not stay as it was. */
function setOrRemove(gauge: Gauge<string>, place: { provider: string; collection: string }, value?: number): void {
  if (value === undefined) gauge.remove(place);
  else gauge.set(place, value);
}
