import { backendFacts } from './coverage/backend-facts.ts';
import { filterLaws } from './coverage/filters.ts';
import { peerDefects } from './coverage/peer-defects.ts';
import { recordLaws } from './coverage/records.ts';
import { writeLaws } from './coverage/writes.ts';

/** A rule, and the cases that would fail if it were broken. */
export interface CoveredLaw {
  /** Short and stable, for example `filter/ne-complement`. */
  readonly key: string;
  /** What the rule says. */
  readonly meaning: string;
  /** Names of cases, in full. */
  readonly cases: readonly string[];
  /** What of it only a server can show; tested by the adapters of remote backends. */
  readonly remote?: string;
}

/** A rule that this suite does not test, with the reason. */
export interface UncoveredLaw {
  readonly key: string;
  readonly meaning: string;
  readonly outOfScope: string;
}

/** One rule: covered by cases, or out of scope with the reason. */
export type Law = CoveredLaw | UncoveredLaw;

/** Every rule of the portable semantics, every trap known of a backend, and every defect seen in other libraries, with the cases for it. */
export const coverage: readonly Law[] = [...recordLaws, ...filterLaws, ...writeLaws, ...backendFacts, ...peerDefects];
