import type { SearchTrace } from '../../search-trace.ts';
import { none } from '../positions.ts';
import type { Generation } from '../renewing-index.ts';
import type { SlotSet } from '../vector-index.ts';
import { noteMaskedPlan } from './explanation.ts';
import { Graph } from './graph.ts';
import { bandOf, leastShareMet, lookFor, type MaskedPlan, type MaskedQuestion, planMasked, planNear } from './plan.ts';
import { type Found, mostProposed, noSlack, type Slack } from './proposal.ts';

/** What a scan keeps for `k` neighbours asked for, where nothing is known of how far codes err. */
const scanned = { factor: 8, beyond: 48 };

/** A search among some of the vectors. */
export interface FilteredQuestion {
  readonly query: Float32Array;
  readonly k: number;
  readonly ef: number;
  readonly allowed: SlotSet;
  /** How many of the graph's vectors are allowed. */
  readonly passing: number;
  /** Undefined where it is not known how far codes err. */
  readonly slack: Slack | undefined;
  readonly comparisonsPerEf: number;
}

/** The nearest of what is allowed, by the codes; undefined where codes do not tell it apart. */
export function searchFiltered(
  { index, positions }: Generation<Graph>,
  { query, k, ef, allowed, passing, slack, comparisonsPerEf }: FilteredQuestion,
  trace: SearchTrace | undefined,
): Found | undefined {
  const question = { passing, live: positions.live, ef, comparisonsPerEf, hasSigns: index.hasSigns };
  if (positions.isIdentity && allowed.view !== undefined) index.askWithin(query, allowed.view());
  else
    index.ask(query, (visit) => {
      allowed.forEach((slot) => {
        const position = positions.positionOf(slot);
        if (position !== none) visit(position);
      });
    });
  const plan = planFor(index, question);
  if (trace !== undefined) noteMaskedPlan(trace, question, plan);
  if (plan.kind !== 'scan') {
    const found = walk(index, question, plan);
    if (found.size >= Math.min(ef, passing)) return found;
    trace?.take('code-scan', 'a walk found too few: the filter keeps out what is near the query');
  }
  const found = scan(index, question, k, slack);
  return found ?? trace?.decline('what passes the filter is so much alike in distance that codes do not tell it apart');
}

/** For what was asked last. */
function planFor(index: Graph, question: MaskedQuestion): MaskedPlan {
  const plan = planMasked(question);
  const breadth = lookFor(question, plan);
  return breadth === undefined ? plan : planNear(question, plan, index.lookAround(breadth));
}

function walk(index: Graph, { ef }: MaskedQuestion, plan: Exclude<MaskedPlan, { kind: 'scan' }>): Found {
  return plan.kind === 'walk'
    ? index.walk(ef, plan.breadth, leastShareMet(plan.share))
    : index.walkThrough(Math.max(ef, plan.ef), plan.most);
}

/** Undefined where distances are much alike, and codes do not tell them apart: then the vectors themselves are compared, by the engine. */
function scan(index: Graph, question: MaskedQuestion, k: number, slack: Slack | undefined): Found | undefined {
  const wanted =
    slack === undefined ? Math.min(Graph.mostFound, Math.max(question.ef, scanned.factor * k + scanned.beyond)) : k;
  const most = Math.min(Graph.mostFound, Math.max(wanted, mostProposed) + 1);
  // Of what is wanted there must be enough in the first part.
  const band = bandOf({ ...question, ef: Math.max(question.ef, wanted) });
  const found =
    band === undefined
      ? index.scan(wanted, most, slack ?? noSlack)
      : index.scanSigned(wanted, most, slack ?? noSlack, band);
  return found.size < most ? found : undefined;
}
