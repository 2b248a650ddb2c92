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
  const costs = maskedCosts(question);
  for (const kind of ['scan', 'through', 'walk'] as const) trace.weigh(strategies[kind], costs[kind]);
  trace.take(strategies[plan.kind], reasonFor(plan, question));
}

function reasonFor({ kind }: MaskedPlan, { passing, live }: MaskedQuestion): string {
  const share = `${passing} of ${live} vectors pass the filter`;
  switch (kind) {
    case 'scan':
      return `${share}: comparing with the codes of all of them costs less than a walk`;
    case 'through':
      return `${share}: a walk that goes only to those reaches them`;
    case 'walk':
      return `${share}: a walk among all meets enough of them`;
  }
}
