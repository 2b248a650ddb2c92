import type { Metric } from '../../src/types.ts';

/** What the workloads' records carry. `tag` and `n` are declared fields. */
export interface CrashPayload {
  readonly [key: string]: string | number | readonly number[] | null | undefined;
}

export interface CrashRecord {
  readonly id: string;
  readonly vector: readonly number[] | null;
  readonly payload: CrashPayload;
}

export interface CrashSpec {
  readonly dimension: number;
  readonly metric: Metric;
  readonly index: string;
}

/** Which records: by id, by their tag, by a bound of `n`, or all of the namespace. */
export type CrashTarget =
  | { readonly ids: readonly string[] }
  | { readonly tag: string }
  | { readonly below: number }
  | { readonly all: true };

/** One call of the public interface, as plain data: it can be printed, and sent to another process. */
export type CrashOp =
  | { readonly kind: 'create'; readonly collection: string; readonly spec: CrashSpec }
  | { readonly kind: 'drop'; readonly collection: string }
  | {
      readonly kind: 'upsert';
      readonly collection: string;
      readonly namespace: string;
      readonly records: readonly CrashRecord[];
    }
  | { readonly kind: 'delete'; readonly collection: string; readonly namespace: string; readonly target: CrashTarget }
  | {
      readonly kind: 'patch';
      readonly collection: string;
      readonly namespace: string;
      readonly target: Exclude<CrashTarget, { all: true }>;
      readonly mode: 'merge' | 'replace';
      readonly set: CrashPayload;
      readonly unset: readonly string[];
    }
  | { readonly kind: 'dropNamespace'; readonly collection: string; readonly namespace: string }
  | { readonly kind: 'index'; readonly collection: string; readonly index: string }
  | { readonly kind: 'flush'; readonly collection: string };

/** What a write said of itself, or the model says of it: how many records it touched, how many ids were not there. */
export interface Outcome {
  readonly acknowledged: number;
  readonly missing: number;
}

/** A short form of an operation for messages. */
export function shownOp(op: CrashOp): string {
  if (op.kind === 'upsert')
    return `upsert ${op.collection}/${op.namespace} ${op.records.map(({ id }) => id).join(' ')}`;
  return JSON.stringify(op);
}
