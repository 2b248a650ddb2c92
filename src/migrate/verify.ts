/** Node only. Whether a target holds what its source says it should: reads both sides by itself, and trusts nothing that a copy has noted. */
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import { integerOption } from '../validate/options.ts';
import { CollectionCheck } from './collection-check.ts';
import { PhaseProgress } from './progress.ts';
import { collectionsInScope, inNamespace, namespacesInScope } from './scope.ts';
import type { CollectionVerification, Verification, VerifyOptions } from './types.ts';

/**
 * Compares counts, ids, payloads, vectors, namespaces, and the answers of exact searches. Every difference is counted, and the first of each
 * collection are listed by id. Neither side is changed.
 *
 * Vectors are compared by their bits; where the target rounds or normalises (`capabilities.vectorReadback`), by length and angle within 1e-6.
 * Memory: ids and digests of about 50,000 records at once, the rest waits in temporary files (about 60 bytes a record).
 *
 * @throws `NotFound` for a collection that the source does not have; what the databases throw.
 * @example
 * const { ok, collections } = await verify(before, after, { collections: { articles: 'articles-v2' } });
 */
export async function verify(
  source: VectorDatabase,
  target: VectorDatabase,
  options: VerifyOptions = {},
): Promise<Verification> {
  const started = performance.now();
  const { signal, verify: how = 'full' } = options;
  if (how === 'none')
    throw new VectorStoreError('InvalidArgument', "options.verify: 'none' is for migrate; here full or sample");
  const seed = integerOption(options.seed, 'options.seed', 0, 2 ** 32 - 1, Math.floor(Math.random() * 2 ** 31));
  const call = { ...(signal && { signal }) };
  const scopes = await collectionsInScope(source, options, signal);
  const existing = new Map((await target.listCollections(call)).map((info) => [info.name, info]));
  const collections: CollectionVerification[] = [];
  const progress = new PhaseProgress('verify', await totalOf(source, target, options), options);
  for (const scope of scopes) {
    const from = await source.collection(scope.info.name, call);
    try {
      const check = new CollectionCheck(scope, from, { ...options, verify: how, seed }, progress);
      if (!existing.has(scope.target)) {
        collections.push(await check.withoutTarget());
        continue;
      }
      const into = await target.collection(scope.target, call);
      try {
        collections.push(await check.against(into, existing.get(scope.target)!));
      } finally {
        await into.close();
      }
    } finally {
      await from.close();
    }
  }
  const ok = collections.every((collection) => collection.ok);
  const isWhole = collections.every(
    ({ unverifiable, search }) => unverifiable === 0 && search.unverifiable === undefined,
  );
  return {
    source: options.sourceName ?? source.provider,
    target: options.targetName ?? target.provider,
    ...{ verify: how, ok, seed, collections },
    state: ok ? (isWhole ? 'validated' : 'unverified') : 'mismatched',
    elapsedMs: performance.now() - started,
  };
}

/** Records to be read on both sides, for the progress. */
async function totalOf(source: VectorDatabase, target: VectorDatabase, options: VerifyOptions): Promise<number> {
  const { signal } = options;
  const call = { ...(signal && { signal }) };
  let total = 0;
  for (const { info, target: name } of await collectionsInScope(source, options, signal)) {
    const from = await source.collection(info.name, call);
    for (const { source: namespace } of await namespacesInScope(from, options, signal))
      total += await inNamespace(from, namespace).count(options.where, call);
    await from.close();
    if (options.verify === 'sample' || !(await target.hasCollection(name, call))) continue;
    const into = await target.collection(name, call);
    total += (await into.stats(call)).count;
    await into.close();
  }
  return total;
}
