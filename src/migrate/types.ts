/** Node only. What migrating takes and gives. */
import type { Filter } from '../filter/types.ts';
import type { CollectionInfo, FieldType, Id, IndexSpec, Metric, Payload, RecordInput, VectorRecord } from '../types.ts';

/** A record as it is read from the source. */
export type SourceRecord = VectorRecord<Payload, { payload: true; vector: true }>;

/** Where a record was read. */
export interface Place {
  readonly collection: string;
  /** `''` for the default namespace. */
  readonly namespace: string;
}

/**
 * Makes of a record what the target shall hold: another record, several, or none. It must give the same for the same record each time, because
 * the verification and a resumed copy call it again; and no two records may become records with one id.
 */
export type RecordMap = (
  record: SourceRecord,
  place: Place,
) => MappedRecords | undefined | Promise<MappedRecords | undefined>;

/** What a {@link RecordMap} gives for one record. */
export type MappedRecords = RecordInput<Payload> | readonly RecordInput<Payload>[];

/** Names to take, or names with what they shall be called at the target. */
export type NameMapping = readonly string[] | { readonly [source: string]: string };

/** What of the source is meant, and what of it belongs into the target. */
export interface ScopeOptions {
  /** Default: all collections, under their names. */
  readonly collections?: NameMapping;
  /** In each of these collections; `''` is the default namespace. Default: all, under their names. */
  readonly namespaces?: NameMapping;
  /** Only records whose payload matches. */
  readonly where?: Filter<Payload>;
  readonly map?: RecordMap;
  /** What the target's collections shall be, where it differs from the source: for a map that embeds anew, or for another index. */
  readonly spec?: {
    readonly dimension?: number;
    readonly metric?: Metric;
    readonly index?: IndexSpec;
    readonly fields?: { readonly [path: string]: FieldType };
  };
}

/** How the ends are called in plans, reports and checkpoints. Never put a secret in them. Default: their providers' names. */
export interface EndNames {
  readonly sourceName?: string;
  readonly targetName?: string;
}

/** What every step takes. */
export interface StepOptions {
  /** Aborts: what was acknowledged is in the checkpoint, and the call rejects with `Aborted`. */
  readonly signal?: AbortSignal;
  /** Called at least once for each batch. What it throws ends the migration. */
  readonly onProgress?: (progress: MigrationProgress) => void;
}

/** How far a step is. */
export interface MigrationProgress {
  /** `survey`: the plan reads the source. `verify` counts the records read on both sides. */
  readonly phase: 'survey' | 'copy' | 'verify';
  readonly done: number;
  /** As counted by the plan. */
  readonly total: number;
  /** Records per second since the phase began (copying: since this run began). */
  readonly rate: number;
  /** Milliseconds that the rest will take at this rate; undefined while nobody knows. */
  readonly etaMs?: number;
}

/** What a finding is about. */
export type FindingCode =
  | 'collection-name'
  | 'collection-exists'
  | 'collection-differs'
  | 'dimension'
  | 'metric'
  | 'namespaces'
  | 'namespace-name'
  | 'upsert'
  | 'vector-rounding'
  | 'vector-length'
  | 'field-type'
  | 'fields-differ'
  | 'ttl'
  | 'null-vector'
  | 'id-too-long'
  | 'payload-too-large'
  | 'record-refused'
  | 'volatile'
  | 'envelope'
  | 'index'
  | 'not-surveyed';

/** Something that the plan has to say. Only `lossless` findings leave the migration as it is. */
export interface Finding {
  readonly severity: 'lossless' | 'lossy' | 'impossible';
  readonly code: FindingCode;
  /** Where: a collection of the source, or `target`. */
  readonly what: string;
  /** In words, with what to do. */
  readonly detail: string;
  /** How many records it is about, where it is about records; and some of their ids. */
  readonly count?: number;
  readonly ids?: readonly Id[];
}

/** A namespace to copy. */
export interface NamespacePlan {
  /** `''` for the default one. */
  readonly source: string;
  readonly target: string;
  /** That match `where`. */
  readonly records: number;
}

/** A collection to copy. */
export interface CollectionPlan {
  readonly source: string;
  readonly target: string;
  readonly info: CollectionInfo;
  readonly dimension: number;
  readonly metric: Metric;
  readonly index: IndexSpec;
  readonly fields: { readonly [path: string]: FieldType };
  /** Whether the target has it already. */
  readonly exists: boolean;
  readonly namespaces: readonly NamespacePlan[];
  readonly records: number;
}

/** What a migration would do. */
export interface MigrationPlan {
  readonly source: string;
  readonly target: string;
  readonly collections: readonly CollectionPlan[];
  readonly records: number;
  readonly findings: readonly Finding[];
  /** The findings that forbid it: impossible ones, and lossy ones that are not allowed. Empty: it can go ahead. */
  readonly refused: readonly Finding[];
}

/** What {@link plan} takes. */
export interface PlanOptions extends ScopeOptions, EndNames, StepOptions {
  /**
   * Which lossy findings are accepted: all, or those of these codes. What the target cannot hold is then left out, and listed in the report.
   * Default: `['vector-rounding']`, the last bits that stores which normalise vectors cannot keep.
   */
  readonly allowLossy?: boolean | readonly FindingCode[];
  /** `append`: write into collections that exist, beside what they hold (an equal id is replaced). Default `refuse`. */
  readonly ifExists?: 'refuse' | 'append';
  /**
   * `full` (default): where the target holds less than the source may have, every record is looked at before anything is written.
   * `none`: such records are found while copying, which then stops.
   */
  readonly survey?: 'full' | 'none';
}

/** What {@link verify} takes. */
export interface VerifyOptions extends ScopeOptions, EndNames, StepOptions {
  /**
   * `full` (default): every record of both sides. `sample`: counts, and `sampleSize` records of each collection. `none`: nothing; not for `verify`.
   */
  readonly verify?: 'full' | 'sample' | 'none';
  /** Default 1,000. */
  readonly sampleSize?: number;
  /** Records beyond the source's are expected at the target, for `ifExists: 'append'`: they are counted, and no difference. Default false. */
  readonly allowExtra?: boolean;
  /** See {@link PlanOptions.allowLossy}: records that the target cannot hold are then expected to be missing. */
  readonly allowLossy?: boolean | readonly FindingCode[];
  /** Ids that were left out because the target refused them. */
  readonly leftOut?: readonly LeftOut[];
  /** Exact searches by vectors of the source, asked of both sides, per collection. Default 200, or 10 where a side reads everything for one; 20 at most with a map. 0: none. */
  readonly queries?: number;
  /** Differences listed per collection; all are counted. Default 1,000. */
  readonly listed?: number;
  /** For which records are drawn as a sample or as a query. Default: a new one. */
  readonly seed?: number;
  /** Where digests are kept while they are compared (about 60 bytes a record). Default: the system's directory for temporary files. */
  readonly temporaryDirectory?: string;
}

/** A record that was left out on purpose. */
export interface LeftOut extends Place {
  readonly id: Id;
  readonly code: FindingCode;
  readonly detail: string;
}

/** What {@link migrate} takes. */
export interface MigrateOptions extends PlanOptions, Omit<VerifyOptions, 'leftOut' | 'allowExtra'> {
  /** Where the checkpoint is kept; one directory for one migration. Default: none, and then a killed migration starts again. */
  readonly stateDirectory?: string;
  /** Go on from the checkpoint. `Conflict` if it belongs to a migration with another source, target or other options. */
  readonly resume?: boolean;
  /** Write only what the target does not hold equally, into collections that exist. Removes nothing. */
  readonly repair?: boolean;
  /** What `map` does, in a word: part of the checkpoint's fingerprint. Give another one when the map changes. */
  readonly mapId?: string;
  /** Batches in flight, 1–64. Default: the target's. */
  readonly concurrency?: number;
  /** Records per batch, 1–10,000. Default: the target's, 250 where it takes one batch at a time, and at most 8 MiB. */
  readonly batchSize?: number;
  /** Records per second at most. Default: no limit. */
  readonly rate?: number;
  /** Milliseconds between checkpoints, each of which flushes the target. Default 5,000. */
  readonly checkpointEveryMs?: number;
}

/** What was copied. */
export interface CopyReport {
  /** Records read from the source, those that an earlier run had copied included. */
  readonly read: number;
  /** Records written by this run. */
  readonly written: number;
  /** Found at the target already, and not written again by this run. */
  readonly present: number;
  readonly leftOut: readonly LeftOut[];
  /** Whether an earlier run had begun. */
  readonly resumed: boolean;
  readonly elapsedMs: number;
}

/**
 * How a record differs. `missing`, `extra`: on one side only. `duplicate`: one side gave the id twice. `namespace`: it is in another namespace than
 * it should be.
 */
export type DifferenceKind = 'missing' | 'extra' | 'duplicate' | 'vector' | 'payload' | 'namespace';

/** One difference. */
export interface Difference {
  /** Of the target. */
  readonly namespace: string;
  readonly id: Id;
  readonly kinds: readonly DifferenceKind[];
  readonly detail: string;
}

/** What a search of both sides gave. */
export interface SearchCheck {
  readonly queries: number;
  readonly k: number;
  /** Queries whose answers agree, up to ties. */
  readonly agreeing: number;
  /** Share of the source's matches that the target found as well, ties counted as found; 1 if all. */
  readonly overlap: number;
  /** In words, of some that differ. */
  readonly differing: readonly string[];
  /**
   * What the target should find was computed from the records that it should hold, because the source holds others or other vectors (a map, another
   * metric, records left out), or cannot search exactly.
   */
  readonly computed?: true;
  /** Why it was not done. */
  readonly unverifiable?: string;
}

/** How a collection compares. */
export interface CollectionVerification {
  readonly source: string;
  readonly target: string;
  /** Everything agrees. */
  readonly ok: boolean;
  /** What of the collection itself differs (it is missing, dimension, metric, declared fields), in words. */
  readonly schema: readonly string[];
  /** How vectors were compared. */
  readonly vectors: 'bits' | 'rounded' | 'direction';
  /** Records that the source says the target should hold, and that it holds. */
  readonly expected: number;
  readonly found: number;
  /** Equal ones. */
  readonly validated: number;
  /** With another vector or payload, or in another namespace, or given twice. */
  readonly mismatched: number;
  readonly missing: number;
  readonly extra: number;
  /** Left out with the operator's consent, or not in the sample. */
  readonly unverifiable: number;
  readonly unverifiableReasons: readonly string[];
  /** Target namespaces that should be empty or should not. */
  readonly namespaces: { readonly missing: readonly string[]; readonly extra: readonly string[] };
  readonly differences: readonly Difference[];
  readonly search: SearchCheck;
}

/** How the two sides compare. */
export interface Verification {
  readonly source: string;
  readonly target: string;
  readonly verify: 'full' | 'sample';
  readonly ok: boolean;
  /** The worst that is true: `unverified` where records were not looked at. */
  readonly state: 'validated' | 'unverified' | 'mismatched';
  readonly collections: readonly CollectionVerification[];
  readonly seed: number;
  readonly elapsedMs: number;
}

/** What became of a migration. */
export interface MigrationReport {
  readonly plan: MigrationPlan;
  readonly copy: CopyReport;
  /** Undefined with `verify: 'none'`. */
  readonly verification?: Verification;
  /** Copied, and verified without a difference. False with `verify: 'none'`. */
  readonly ok: boolean;
}
