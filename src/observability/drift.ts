/**
 * `anyvec/drift`: notices when an index comes to find less than it did, and says what to do about it. Runs wherever the stores do.
 *
 * @module
 */
import type { CollectionDriver } from '../driver.ts';
import { invalid } from '../errors.ts';
import type { Middleware } from '../middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../middleware/forward.ts';
import type { CollectionStats } from '../types.ts';
import { chooseAction, type DriftAction } from './drift-advice.ts';
import { Hysteresis } from './hysteresis.ts';
import { type RecallSample, sampleRecall } from './recall-sampler.ts';
import { type JudgedWindow, RecallTrend } from './recall-trend.ts';

export type { DriftAction } from './drift-advice.ts';
export type { RecallSample } from './recall-sampler.ts';

/** What {@link monitorDrift} takes. */
export interface DriftOptions {
  /** Which share of the searches is compared with the exact answer, 0 to 1. Default 0.01. */
  readonly share?: number;
  /** Comparisons that are judged together, 30 to 100,000. Default 100. Nothing is ever said of fewer. */
  readonly windowSamples?: number;
  /** The recall that must be reached, whatever it was before; 0 to 1. Default 0.8. */
  readonly target?: number;
  /** How far below what it usually is the recall may fall, above 0 to 1. Default 0.05. */
  readonly tolerance?: number;
  /** How many times as far from what the index was trained on as in training (`stats().drift`) vectors of late may lie; above 1. Default 2. */
  readonly mostDrift?: number;
  /** Windows in a row that it takes to give advice, and to take it back; 1 to 100. Default 2. */
  readonly confirmations?: number;
  /** Told when advice is given, and when it is taken back. Must not throw. */
  readonly onAdvice?: (advice: DriftAdvice) => void;
  /** Told of every window, after its advice. Must not throw. */
  readonly onWindow?: (window: DriftWindow) => void;
  /** Told of every comparison. Must not throw. */
  readonly onSample?: (sample: RecallSample) => void;
  /** Told of a collection that was dropped, or whose database was closed: what was said of it does not hold any more. Must not throw. */
  readonly onGone?: (place: { readonly provider: string; readonly collection: string }) => void;
}

/** That something should be done about an index, or no longer. */
export interface DriftAdvice extends DriftAction {
  readonly provider: string;
  readonly collection: string;
  /** False where it is taken back: the recall has recovered. */
  readonly inForce: boolean;
  /** What gave rise to it. */
  readonly causes: readonly ('recall' | 'drift')[];
}

/** What a row of comparisons of one collection came to. */
export interface DriftWindow {
  readonly provider: string;
  readonly collection: string;
  readonly samples: number;
  /** Mean share of the exact answer that was found, 0 to 1. */
  readonly recall: number;
  /** Where the recall lies with 95 % confidence. */
  readonly interval: readonly [low: number, high: number];
  /** What it usually is; undefined while that is being learnt, from the first two windows that are not too low. */
  readonly baseline?: number;
  /** Below it, certainly and repeatedly, advice is given. */
  readonly limit: number;
  /** `stats().drift`: recent over trained; undefined where the index does not say. */
  readonly driftRatio?: number;
  /** In force after this window. */
  readonly advice?: DriftAdvice;
}

/** A monitor at work. */
export interface DriftMonitor {
  /** For `connect(url, { middleware })`. */
  readonly middleware: Middleware;
  /** The advice in force. */
  advice(): readonly DriftAdvice[];
}

type Listeners = Pick<DriftOptions, 'onAdvice' | 'onWindow' | 'onSample' | 'onGone'>;
type Settings = Required<Omit<DriftOptions, keyof Listeners>> & Listeners;

/** Drift is over when it is below this share of what is too much. */
const driftClearance = 0.75;
/** A collection that has grown so many times has another usual recall. */
const newCollection = 2;
const statsMilliseconds = 10_000;

/**
 * Compares a share of the searches with the exact answer, off the path of their callers, and watches what comes of it, collection by collection:
 *
 * - **Recall.** Samples are judged in windows. A window is low where the whole 95 % interval of its mean lies below the limit: the larger of `target`
 *   and of what is usual less `tolerance`. What is usual is learnt from the first windows, and anew once the collection has doubled, or has another
 *   type of index, provided that the recall is good then.
 * - **Drift**, where the index says how far the vectors of late are from what it was trained on (`stats().drift`).
 *
 * `confirmations` such windows in a row make advice, as many good ones take it back; good is well above the limit, so that it does not come and go.
 * The interval holds for queries that are independent: where one query is asked again and again, it is the recall of that one.
 *
 * Sampling costs an exact search for each sample, and one call of `stats` for each window. Backends that cannot be exact are not sampled.
 *
 * @throws `InvalidArgument` for options out of range.
 * @example
 * const monitor = monitorDrift({ onAdvice: ({ inForce, collection, reason }) => log.warn({ inForce, collection }, reason) });
 * const db = await connect('faiss:./data', { middleware: [monitor.middleware] });
 */
export function monitorDrift(options: DriftOptions = {}): DriftMonitor {
  const settings = checked(options);
  const watched = new Set<WatchedCollection>();
  return {
    middleware(driver) {
      const collections = new Map<string, WatchedCollection>();
      const watch = (inner: CollectionDriver) => {
        const { name } = inner.info;
        const collection = collections.get(name) ?? new WatchedCollection(settings, driver.provider, name);
        collections.set(name, collection);
        watched.add(collection);
        return collection.attach(inner);
      };
      const forget = (name: string) => {
        const collection = collections.get(name);
        if (collection === undefined) return;
        collections.delete(name);
        watched.delete(collection);
        settings.onGone?.({ provider: driver.provider, collection: name });
      };
      const tracked = forwardDriver(driver, {
        wrapCollection: watch,
        async dropCollection(name, context) {
          const dropped = await driver.dropCollection(name, context);
          forget(name);
          return dropped;
        },
        async close() {
          try {
            await driver.close();
          } finally {
            for (const name of [...collections.keys()]) forget(name);
          }
        },
      });
      const onSample = (sample: RecallSample) => {
        settings.onSample?.(sample);
        return collections.get(sample.collection)?.add(sample.recall);
      };
      return sampleRecall({ share: settings.share, onSample })(tracked);
    },
    advice: () => [...watched].flatMap(({ advice }) => advice ?? []),
  };
}

/** One collection of one database. */
class WatchedCollection {
  readonly #settings: Settings;
  readonly #place: { readonly provider: string; readonly collection: string };
  readonly #trend: RecallTrend;
  readonly #recallIsLow: Hysteresis;
  readonly #hasDrifted: Hysteresis;
  #inner: CollectionDriver | undefined;
  #advice: DriftAdvice | undefined;
  /** When the usual recall was learnt. */
  #learntWith: { readonly type: string; readonly count: number } | undefined;

  constructor(settings: Settings, provider: string, collection: string) {
    this.#settings = settings;
    this.#place = { provider, collection };
    this.#trend = new RecallTrend(settings);
    this.#recallIsLow = new Hysteresis(settings.confirmations);
    this.#hasDrifted = new Hysteresis(settings.confirmations);
  }

  get advice(): DriftAdvice | undefined {
    return this.#advice;
  }

  attach(inner: CollectionDriver): CollectionDriver {
    this.#inner = inner;
    return forwardCollection(inner, {
      recreateIndex: async (...args) => {
        await inner.recreateIndex(...args);
        this.#trend.restart();
      },
    });
  }

  /** Resolves when what the sample gave rise to is done. */
  async add(recall: number): Promise<void> {
    const judged = this.#trend.add(recall);
    if (judged === undefined || this.#inner === undefined) return;
    const stats = await this.#inner
      .stats({ signal: AbortSignal.timeout(statsMilliseconds) })
      // A backend that cannot say now: the next window will do.
      .catch(() => undefined);
    if (stats !== undefined) this.#conclude(judged, stats);
  }

  #conclude(judged: JudgedWindow, stats: CollectionStats): void {
    const { drift } = stats;
    const driftRatio = drift && drift.recent / drift.trained;
    this.#recallIsLow.see(judged.verdict === 'low' ? 'bad' : judged.verdict === 'good' ? 'good' : 'neither');
    this.#hasDrifted.see(this.#driftSign(driftRatio));
    this.#update(judged, stats, driftRatio);
    this.#settings.onWindow?.({
      ...this.#place,
      samples: judged.samples,
      recall: judged.recall,
      interval: judged.interval,
      ...(judged.baseline !== undefined && { baseline: judged.baseline }),
      limit: judged.limit,
      ...(driftRatio !== undefined && { driftRatio }),
      ...(this.#advice !== undefined && { advice: this.#advice }),
    });
    this.#learnAnewIfOther(judged, stats);
  }

  #driftSign(ratio: number | undefined): 'bad' | 'good' | 'neither' {
    const { mostDrift } = this.#settings;
    if (ratio !== undefined && ratio >= mostDrift) return 'bad';
    // An index that was made anew has nothing to say yet: that is over, too.
    return ratio === undefined || ratio < Math.max(1, driftClearance * mostDrift) ? 'good' : 'neither';
  }

  #update(judged: JudgedWindow, stats: CollectionStats, driftRatio: number | undefined): void {
    const causes = [
      ...(this.#recallIsLow.isOn ? (['recall'] as const) : []),
      ...(this.#hasDrifted.isOn ? (['drift'] as const) : []),
    ];
    const isWanted = causes.length > 0;
    if (isWanted === (this.#advice !== undefined)) return;
    const before = this.#advice;
    const { mostDrift } = this.#settings;
    const action = chooseAction({
      stats,
      capabilities: this.#inner!.capabilities,
      finding: findingOf(judged),
      driftRatio,
      mostDrift,
      countBefore: this.#learntWith?.count ?? stats.count,
    });
    this.#advice = isWanted ? { ...this.#place, ...action, inForce: true, causes } : undefined;
    this.#settings.onAdvice?.(this.#advice ?? { ...before!, inForce: false, reason: findingOf(judged) });
  }

  /** Of a good window only: a recall that has fallen must not become the usual one. */
  #learnAnewIfOther({ verdict, baseline }: JudgedWindow, { index: { type }, count }: CollectionStats): void {
    if (baseline === undefined) this.#learntWith = { type, count };
    const { type: typeThen, count: countThen } = this.#learntWith ?? { type, count };
    const isOther = type !== typeThen || count >= newCollection * countThen;
    if (verdict !== 'good' || this.#advice !== undefined || !isOther) return;
    this.#trend.forget();
    this.#learntWith = undefined;
  }
}

function findingOf({ samples, recall, interval: [low, high], baseline, limit }: JudgedWindow): string {
  const usual = baseline === undefined ? '' : `, usually ${baseline.toFixed(3)}`;
  const between = `95 % confidence: ${low.toFixed(3)} to ${high.toFixed(3)}`;
  return `recall ${recall.toFixed(3)} in the last ${samples} sampled searches (${between}${usual}, limit ${limit.toFixed(3)})`;
}

function checked(options: DriftOptions): Settings {
  const {
    share = 0.01,
    windowSamples = 100,
    target = 0.8,
    tolerance = 0.05,
    mostDrift = 2,
    confirmations = 2,
  } = options;
  const within = (name: string, value: number, least: number, most: number, whole = false) => {
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
    throw invalid(`options.${name}`, `${whole ? 'an integer' : 'a number'} from ${least} to ${most} is needed`);
  };
  within('share', share, 0, 1);
  within('windowSamples', windowSamples, 30, 100_000, true);
  within('target', target, 0, 1);
  within('tolerance', tolerance, 0.001, 1);
  within('mostDrift', mostDrift, 1.01, 1e6);
  within('confirmations', confirmations, 1, 100, true);
  return { ...options, share, windowSamples, target, tolerance, mostDrift, confirmations };
}
