import { type Capabilities, isSupported } from '../capabilities.ts';
import type { CollectionStats, IndexSpec, SearchParams } from '../types.ts';

/**
 * What to do about an index that has come to find too little.
 *
 * | action | |
 * |---|---|
 * | `recreate-index` | `store.recreateIndex(advice.index)`: what was learnt from the vectors is learnt anew |
 * | `raise-effort` | search with `advice.params` or more; `autotune(store, { recall })` finds how much |
 * | `ask-backend` | nothing can be done about the index from here: what to look at says `reason` |
 */
export interface DriftAction {
  readonly action: 'recreate-index' | 'raise-effort' | 'ask-backend';
  /** In a sentence or two, with the figures. */
  readonly reason: string;
  /** For `recreate-index`. */
  readonly index?: IndexSpec;
  /** For `raise-effort`. */
  readonly params?: SearchParams;
}

/** What an action is chosen by. */
export interface Situation {
  readonly stats: CollectionStats;
  readonly capabilities: Capabilities;
  /** What was found, in a clause. */
  readonly finding: string;
  /** Recent error over that of training; undefined where the index does not say. */
  readonly driftRatio: number | undefined;
  /** From which ratio on what was learnt is out of date. */
  readonly mostDrift: number;
  /** Records there were when the usual recall was learnt. */
  readonly countBefore: number;
}

/** Types whose lists, codes or both are learnt from vectors once: of the engine, faiss, Milvus and Qdrant, and factory strings. */
const trained = /ivf|pq|sq|scann|rabitq|quant|opq|bin/i;
/** Types that leave nothing out. */
const exhaustive = /^(bin_)?flat$/i;
const usualEf = 64;
/** A collection that has grown so many times needs other lists. */
const muchGrowth = 4;

/** The remedy for the type of index at hand. */
export function chooseAction(situation: Situation): DriftAction {
  const { stats, capabilities, finding, driftRatio, mostDrift } = situation;
  const { index } = stats;
  const canRecreate = isSupported(capabilities.operations.recreateIndex);
  if (exhaustive.test(index.type))
    return {
      action: 'ask-backend',
      reason: `${finding}; an index of type ${index.type} compares with every vector: probably the answers differ by what is written between the two searches`,
    };
  const isOutOfDate = driftRatio !== undefined && driftRatio >= mostDrift;
  if (canRecreate && (isOutOfDate || isTrained(index))) return recreate(situation);
  const params = moreEffort(index, capabilities);
  if (params !== undefined)
    return {
      action: 'raise-effort',
      params,
      reason: `${finding}; an index of type ${index.type} learns nothing that could be out of date: let it look further, and if that becomes too slow recreate it with more links (m, efConstruction)`,
    };
  if (canRecreate) return recreate(situation);
  return {
    action: 'ask-backend',
    reason: `${finding}; the index is the backend's own affair: look there for segments that are not indexed yet, for quantisation without rescoring, or for how hard a search tries`,
  };
}

function recreate({ stats: { index, count }, finding, driftRatio, countBefore }: Situation): DriftAction {
  const growth = countBefore > 0 ? count / countBefore : 1;
  const scaled = index.nlist !== undefined && growth >= muchGrowth;
  // Lists as usual: their number by the square root of the vectors'.
  const next = scaled ? { ...index, nlist: Math.round(index.nlist! * Math.sqrt(growth)) } : index;
  const figures =
    driftRatio === undefined ? '' : `, and vectors of late lie ${driftRatio.toFixed(1)} times as far from it`;
  const lists = scaled ? ` With ${growth.toFixed(0)} times as many records there should be more lists.` : '';
  return {
    action: 'recreate-index',
    index: next,
    reason: `${finding}; what the index (${index.type}) learnt comes from vectors of another time${figures}: recreate it, so that it learns from those of today.${lists}`,
  };
}

function isTrained({ type, options }: IndexSpec): boolean {
  return trained.test(type) || trained.test(String(options?.factory ?? '')) || hasCodes(options);
}

function hasCodes(options: IndexSpec['options']): boolean {
  return options?.quantization !== undefined && !['none', 'auto', false].includes(options.quantization as string);
}

/** Twice what it is, where the backend has a use for it. */
function moreEffort({ ef, nprobe }: IndexSpec, { searchParams }: Capabilities): SearchParams | undefined {
  if (searchParams.includes('ef')) return { ef: 2 * (ef ?? usualEf) };
  if (searchParams.includes('nprobe') && nprobe !== undefined) return { nprobe: 2 * nprobe };
  return undefined;
}
