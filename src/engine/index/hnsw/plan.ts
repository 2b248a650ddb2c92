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
  /** Compares with each that passes. */
  | { readonly kind: 'scan' }
  /** Walks among those that pass only, through others where it must; gives up after `most` comparisons. */
  | { readonly kind: 'through'; readonly ef: number; readonly most: number }
  /** Walks among all, keeping `breadth` in mind, and leaves out what does not pass. */
  | { readonly kind: 'walk'; readonly breadth: number };

/**
 * A comparison of a scan, whose rows are in order and whose neighbours are not looked up, costs so much less than one of a walk: measured from 13
 * to 19, on 16,000 and 60,000 vectors of 384 components. By signs a scan of the larger sets takes from 2.2 to 3.7 times less.
 */
const scanAdvantage = { plain: 16, bySigns: 40 };
/** Where more than this share passes, a walk among all finds enough. */
const dense = 0.4;
/** Where less than this share passes, a walk through the others loses its way more often, and looks at more. */
const sparse = 0.1;

/**
 * How to search under a filter, from exact cardinalities and counted comparisons: the same question has the same plan on every machine.
 * A walk among the passing is bounded by what comparing with all of them would cost.
 */
export function planMasked(question: MaskedQuestion): MaskedPlan {
  const { passing, live, ef, comparisonsPerEf } = question;
  const share = passing / live;
  const widened = Math.ceil(ef * Math.max(1, sparse / share));
  if (passing <= advantageOf(question) * widened * comparisonsPerEf) return { kind: 'scan' };
  if (share > dense) return { kind: 'walk', breadth: Math.ceil(ef / share) };
  return { kind: 'through', ef: widened, most: Math.ceil(passing / 2) };
}

/** A scan by signs begins with this share of what passes, and with so many for each of `ef`. */
const firstBand = { share: 1 / 32, perEf: 4 };
/** It pays where it may leave out so much. */
const worthSigns = 8;

/** With how many of those that pass a scan by signs begins; undefined where comparing with the codes of all is as good. */
export function bandOf({ passing, ef, hasSigns }: MaskedQuestion): number | undefined {
  const band = Math.max(Math.ceil(passing * firstBand.share), firstBand.perEf * ef);
  return hasSigns && worthSigns * band <= passing ? band : undefined;
}

function advantageOf(question: MaskedQuestion): number {
  return bandOf(question) === undefined ? scanAdvantage.plain : scanAdvantage.bySigns;
}

/** What each way is expected to cost, in comparisons of a walk: what {@link planMasked} weighs. */
export function maskedCosts(question: MaskedQuestion): Record<MaskedPlan['kind'], number> {
  const { passing, live, ef, comparisonsPerEf } = question;
  const share = passing / live;
  return {
    scan: passing / advantageOf(question),
    walk: (ef / share) * comparisonsPerEf,
    through: Math.min(Math.ceil(ef * Math.max(1, sparse / share)) * comparisonsPerEf, passing / 2),
  };
}

/**
 * The least share of what a walk meets that must pass: half of what chance would have. Where less does, the filter keeps out what is near the
 * query, and no walk leads to what passes.
 */
export function leastShareMet({ passing, live }: MaskedQuestion): number {
  return passing / live / 2;
}
