/** What a filtered search is about. */
export interface MaskedQuestion {
  /** Vectors that pass the filter. */
  readonly passing: number;
  /** Vectors in all. */
  readonly live: number;
  readonly ef: number;
  /** Comparisons of an unfiltered search, for each of its `ef`: measured on the graph. */
  readonly comparisonsPerEf: number;
  /** Whether a scan can leave out what differs most, see {@link bandOf}. */
  readonly hasSigns: boolean;
}

/** How to search under a filter. */
export type MaskedPlan =
  /** Compares with each that passes. `fewNear`: since so few of those near the query do that no walk leads to them. */
  | { readonly kind: 'scan'; readonly fewNear?: true }
  /** Walks among those that pass only, through others where it must; gives up after `most` comparisons. */
  | { readonly kind: 'through'; readonly ef: number; readonly most: number }
  /**
   * Walks among all, keeping `breadth` in mind, and leaves out what does not pass. `share`: of what it meets, so many were expected to pass when it was
   * planned.
   */
  | { readonly kind: 'walk'; readonly breadth: number; readonly share: number };

/**
 * What a comparison costs, where one of a walk among all costs 1: measured on 16,000 to 116,000 vectors of 384 components. Rows of a scan are in order,
 * and its neighbours need not be looked up; by signs most are left out. A walk among those that pass looks at the neighbours of neighbours.
 */
const costs = { scan: 1 / 1.3, scanBySigns: 1 / 5.2, through: 3 };
/** Comparisons that a walk begins with, whatever its `ef`: from the upper levels down; and through others, of some that pass anywhere. */
const beginning = { walk: 100, through: 250 };
/** A scan may cost so much more than a walk: it finds nearly all, and a walk what its `ef` finds. */
const worthOfScan = 1.3;
/** Where less than this share passes, a walk through the others loses its way more often, and looks at more. */
const sparse = 0.1;

/** What each way is expected to cost, in comparisons of a walk: what {@link planMasked} weighs. */
export function maskedCosts(
  question: MaskedQuestion,
  shareMet = shareOf(question),
): Record<MaskedPlan['kind'], number> {
  const { passing, ef, comparisonsPerEf } = question;
  return {
    scan: passing * (bandOf(question) === undefined ? costs.scan : costs.scanBySigns),
    through: beginning.through + widened(question) * comparisonsPerEf * costs.through,
    walk: beginning.walk + (ef / shareMet) * comparisonsPerEf,
  };
}

const shareOf = ({ passing, live }: MaskedQuestion) => passing / live;
const widened = (question: MaskedQuestion) => Math.ceil(question.ef * Math.max(1, sparse / shareOf(question)));

/**
 * How to search under a filter, from exact cardinalities and counted comparisons: the same question has the same plan on every machine.
 * A walk among the passing is given up once comparing with all of them would have been done: so nothing takes more than twice as long as that.
 */
export function planMasked(question: MaskedQuestion): MaskedPlan {
  const { scan, through, walk } = maskedCosts(question);
  if (scan <= worthOfScan * Math.min(through, walk)) return { kind: 'scan' };
  if (walk <= through) return walkAmong(question, shareOf(question));
  return { kind: 'through', ef: widened(question), most: Math.ceil(scan) };
}

function walkAmong({ ef }: MaskedQuestion, share: number): MaskedPlan {
  return { kind: 'walk', breadth: Math.ceil(ef / share), share };
}

/**
 * How far to look what passes near the query: a walk through others begins with what it finds, a scan has no other use for it. `comparisons` that the
 * shorter look takes, and how much longer a scan must take than the best that can come of it.
 */
const looking = { breadth: { scan: 4, through: 16 }, comparisons: 150, worth: 2 };
/** Where more than this share of what is near the query passes, a walk among all meets enough. */
const denseNear = 0.5;

/** What a look around is to keep in mind before the plan is carried out; undefined where it is not worth one. */
export function lookFor(question: MaskedQuestion, { kind }: MaskedPlan): number | undefined {
  if (kind === 'walk') return undefined;
  if (kind === 'through') return looking.breadth.through;
  const best = maskedCosts(question, 1).walk + looking.comparisons;
  return maskedCosts(question).scan > looking.worth * best ? looking.breadth.scan : undefined;
}

/** The plan for a filter that passes this share of what is near the query. */
export function planNear(question: MaskedQuestion, plan: MaskedPlan, shareNear: number): MaskedPlan {
  if (shareNear > denseNear) return walkAmong(question, shareNear);
  return plan.kind === 'through' && shareNear < leastShareMet(shareOf(question))
    ? { kind: 'scan', fewNear: true }
    : plan;
}

/** A scan by signs begins with this share of what passes, and with so many for each of `ef`. */
const firstBand = { share: 1 / 80, perEf: 4 };
/** It pays where it may leave out so much. */
const worthSigns = 8;

/** With how many of those that pass a scan by signs begins; undefined where comparing with the codes of all is as good. */
export function bandOf({ passing, ef, hasSigns }: MaskedQuestion): number | undefined {
  const band = Math.max(Math.ceil(passing * firstBand.share), firstBand.perEf * ef);
  return hasSigns && worthSigns * band <= passing ? band : undefined;
}

/**
 * The least share of what a walk meets that must pass: half of what is expected. Where less does, the filter keeps out what is near the query, and no
 * walk leads to what passes.
 */
export function leastShareMet(expected: number): number {
  return expected / 2;
}
