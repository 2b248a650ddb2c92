import type { SearchStrategy } from '../../../types.ts';
import type { SearchTrace } from '../../search-trace.ts';
import { type MaskedPlan, type MaskedQuestion, maskedCosts } from './plan.ts';

const strategies = {
  scan: 'code-scan',
  through: 'graph-filtered',
  walk: 'post-filter',
} as const satisfies Record<MaskedPlan['kind'], SearchStrategy>;

/** Writes down how a search under a filter is planned, and what was weighed. */
export function noteMaskedPlan(trace: SearchTrace, question: MaskedQuestion, plan: MaskedPlan): void {
  trace.forget('graph');
  const costs = maskedCosts(question, plan.kind === 'walk' ? plan.share : undefined);
  for (const kind of ['scan', 'through', 'walk'] as const) trace.weigh(strategies[kind], costs[kind]);
  trace.take(strategies[plan.kind], reasonFor(plan, question));
}

function reasonFor(plan: MaskedPlan, { passing, live }: MaskedQuestion): string {
  const share = `${passing} of ${live} vectors pass the filter`;
  switch (plan.kind) {
    case 'scan':
      if (plan.fewNear) return `${share}, and few of those near the query: no walk leads to them`;
      return `${share}: comparing with the codes of all of them costs little more than a walk, and misses less`;
    case 'through':
      return `${share}: a walk that goes only to those reaches them`;
    case 'walk':
      if (plan.share === passing / live) return `${share}: a walk among all meets enough of them`;
      return `${share}, and ${Math.round(100 * plan.share)} % of those near the query: a walk among all meets enough of them`;
  }
}
