import type { Support } from '../../src/capabilities.ts';
import { indexTypes } from './index-params.ts';

/** What differs between servers that speak the same protocol. Found out once, from the server's version. */
export interface Dialect {
  readonly name: 'milvus-2.3' | 'milvus' | 'milvus-lite';
  /** A comparison is null where the key is missing or of another type, and so is its negation. */
  readonly threeValued: boolean;
  /** `F in [...]` takes a payload member. */
  readonly inTakesMembers: boolean;
  /** `array_length` is known, and 0 for what is no array. */
  readonly arrayLength: boolean;
  /** `true` equals 1 and `false` equals 0. */
  readonly booleansAreNumbers: boolean;
  /** A page of a query comes in the order of the primary key. */
  readonly pagesInKeyOrder: boolean;
  /** What names a collection can have; undefined for any. */
  readonly collectionNames: RegExp | undefined;
  /** Vectors shorter than this are refused. */
  readonly minimumDimension: number;
  /** Names in an `IndexSpec` of the indexes that it builds, beside `auto`. */
  readonly indexTypes: readonly string[];
  /** Queries in one request that are answered by the same bits as each alone: more of them go through matrix products. */
  readonly batchQueries: number;
  /** Collections keep what they hold when the server restarts. */
  readonly persistence: Support;
}

const names = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;

/** Measured on 2.3.5. */
const milvus23: Dialect = {
  name: 'milvus-2.3',
  threeValued: false,
  inTakesMembers: true,
  arrayLength: true,
  booleansAreNumbers: false,
  pagesInKeyOrder: true,
  collectionNames: names,
  minimumDimension: 1,
  indexTypes,
  batchQueries: 10,
  persistence: 'native',
};

/** 2.4 and later: only what holds for 2.3 and for three-valued logic alike is relied upon, since no such server was measured. */
const milvus24: Dialect = { ...milvus23, name: 'milvus', threeValued: true, arrayLength: false, minimumDimension: 2 };

/** Measured on milvus-lite 3.2.2: another engine behind the same protocol. */
const lite: Dialect = {
  name: 'milvus-lite',
  threeValued: true,
  inTakesMembers: false,
  arrayLength: false,
  booleansAreNumbers: true,
  pagesInKeyOrder: false,
  collectionNames: undefined,
  minimumDimension: 1,
  // It takes others, and fails when it comes to building them.
  indexTypes: ['flat', 'hnsw', 'ivf-flat', 'ivf-sq8'],
  batchQueries: 1,
  persistence: 'native',
};

/** By what `GetVersion` says: `v2.3.5-lite` is a real server of 2.3.5, `milvus_lite-3.2.2` is milvus-lite. */
export function dialectOf(version: string): Dialect {
  if (version.startsWith('milvus_lite')) return lite;
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  return major === 2 && minor <= 3 ? milvus23 : milvus24;
}
