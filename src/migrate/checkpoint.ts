/** Node only. What of a migration the target has acknowledged, in a file that survives a kill at any moment. */

import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { VectorDatabase } from '../database.ts';
import { replaceFile } from '../engine/storage/filesystem.ts';
import { nodeFileSystem } from '../engine/storage/node-filesystem.ts';
import { VectorStoreError } from '../errors.ts';
import { canonicalJson } from './digest.ts';
import type { LeftOut, MigrateOptions, MigrationPlan } from './types.ts';

const fileName = 'checkpoint.json';

const namespaceSchema = z.object({
  source: z.string(),
  target: z.string(),
  /** Records of the source, in the order it gave them, that the target holds for certain, and what they add up to. */
  read: z.number(),
  digest: z.string(),
  /** How many records of the target these are. */
  held: z.number(),
  done: z.boolean(),
  /** Some of them, as the source gave them: see `checkIdentity`. */
  sample: z.array(z.object({ id: z.string(), digest: z.string() })).default([]),
});

const stateSchema = z.object({
  format: z.literal('anyvec-migration-1'),
  fingerprint: z.string(),
  source: z.string(),
  target: z.string(),
  finished: z.boolean(),
  collections: z.array(z.object({ source: z.string(), target: z.string(), namespaces: z.array(namespaceSchema) })),
  leftOut: z.array(
    z.object({ collection: z.string(), namespace: z.string(), id: z.string(), code: z.string(), detail: z.string() }),
  ),
});

/** How far a namespace is. */
export type NamespaceState = z.infer<typeof namespaceSchema>;

type CheckpointState = z.infer<typeof stateSchema>;

/** A migration's checkpoint: in a directory that is locked for this process, or only in memory. */
export class Checkpoint {
  readonly #directory: string | undefined;
  readonly #release: () => Promise<void>;
  #state: CheckpointState | undefined;
  #leftOutKeys: Set<string> | undefined;
  /** Whether an earlier run had begun. */
  readonly resumed: boolean;

  private constructor(directory: string | undefined, release: () => Promise<void>, state: CheckpointState | undefined) {
    this.#directory = directory;
    this.#release = release;
    this.#state = state;
    this.resumed = state !== undefined;
  }

  /**
   * @throws `Conflict` where another process migrates with this directory, where an unfinished migration is in it and nobody said to resume it, and
   *   where the one to resume has another source, target or options; `Corruption` for a file that is none of ours.
   */
  static async open(source: VectorDatabase, target: VectorDatabase, options: MigrateOptions): Promise<Checkpoint> {
    const { stateDirectory: directory, resume = false } = options;
    if (directory === undefined) {
      if (resume)
        throw new VectorStoreError(
          'InvalidArgument',
          'options.resume: it needs the stateDirectory of the run to resume',
        );
      return new Checkpoint(undefined, async () => undefined, undefined);
    }
    await nodeFileSystem.makeDirectory(directory);
    const lock = await nodeFileSystem.lock(directory);
    if ('heldBy' in lock)
      throw new VectorStoreError(
        'Conflict',
        `${directory} is in use by process ${lock.heldBy}: wait for it, or use another directory`,
      );
    try {
      const state = await readState(directory);
      return new Checkpoint(
        directory,
        () => lock.release(),
        usable(state, fingerprintOf(source, target, options), directory, resume),
      );
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get leftOut(): readonly LeftOut[] {
    return (this.#state?.leftOut ?? []) as LeftOut[];
  }

  /** Begins with a plan, or goes on: namespaces that are new since are taken up. Saved before anything is written. */
  async begin(
    plan: MigrationPlan,
    source: VectorDatabase,
    target: VectorDatabase,
    options: MigrateOptions,
  ): Promise<void> {
    const before = this.#state;
    this.#state = {
      format: 'anyvec-migration-1',
      fingerprint: fingerprintOf(source, target, options),
      source: plan.source,
      target: plan.target,
      finished: false,
      collections: plan.collections.map((collection) => {
        const known = before?.collections.find((other) => other.source === collection.source)?.namespaces ?? [];
        const namespaces = collection.namespaces.map(
          (namespace) =>
            known.find((other) => other.source === namespace.source) ?? {
              ...{ source: namespace.source, target: namespace.target },
              ...{ read: 0, digest: '', held: 0, done: false, sample: [] },
            },
        );
        return { source: collection.source, target: collection.target, namespaces };
      }),
      leftOut: before?.leftOut ?? [],
    };
    await this.write(this.snapshot());
  }

  /** The live state of a namespace: what is set in it is written with the next snapshot. */
  namespace(collection: string, namespace: string): NamespaceState {
    const found = this.#state?.collections
      .find((other) => other.source === collection)
      ?.namespaces.find((other) => other.source === namespace);
    if (found === undefined) throw new VectorStoreError('Internal', `the checkpoint does not know ${collection}`);
    return found;
  }

  /** Those of a collection that an earlier run knew. */
  namespacesOf(collection: string): readonly NamespaceState[] {
    return this.#state?.collections.find((other) => other.source === collection)?.namespaces ?? [];
  }

  /** Notes a record that was left out; once, if a resumed run meets it again. */
  leaveOut(record: LeftOut): void {
    const key = JSON.stringify([record.collection, record.namespace, record.id]);
    this.#leftOutKeys ??= new Set(
      this.leftOut.map((known) => JSON.stringify([known.collection, known.namespace, known.id])),
    );
    if (this.#leftOutKeys.has(key)) return;
    this.#leftOutKeys.add(key);
    this.#state?.leftOut.push(record);
  }

  /** The state as it is now, to be written once the target has flushed what it says. */
  snapshot(): string {
    return `${JSON.stringify(this.#state, null, 1)}
`;
  }

  async write(snapshot: string): Promise<void> {
    if (this.#directory === undefined) return;
    await replaceFile(nodeFileSystem, this.#directory, fileName, [new TextEncoder().encode(snapshot)]);
  }

  async finish(): Promise<void> {
    if (this.#state !== undefined) this.#state.finished = true;
    await this.write(this.snapshot());
  }

  close(): Promise<void> {
    return this.#release();
  }
}

async function readState(directory: string): Promise<CheckpointState | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, fileName), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    throw new VectorStoreError(
      'Corruption',
      `${join(directory, fileName)} is no checkpoint of a migration: use another directory`,
    );
  }
}

/** The state to go on from; undefined to begin. */
function usable(
  state: CheckpointState | undefined,
  fingerprint: string,
  directory: string,
  resume: boolean,
): CheckpointState | undefined {
  if (state === undefined) {
    if (!resume) return undefined;
    throw new VectorStoreError('NotFound', `${directory} holds no checkpoint to resume; start without resuming`);
  }
  if (!resume) {
    if (state.finished) return undefined;
    throw new VectorStoreError(
      'Conflict',
      `${directory} holds an unfinished migration (${state.source} to ${state.target}): resume it, or use another directory`,
    );
  }
  if (state.fingerprint === fingerprint) return state;
  throw new VectorStoreError(
    'Conflict',
    `${directory} belongs to a migration from ${state.source} to ${state.target} with another source, target or other options: give the same, or use another directory`,
  );
}

/** What must be the same for a checkpoint to mean anything; no secret is part of it, and none could be read from it. */
function fingerprintOf(source: VectorDatabase, target: VectorDatabase, options: MigrateOptions): string {
  const { sourceName, targetName, collections, namespaces, where, map, mapId, spec } = options;
  const parts = {
    source: [source.provider, sourceName ?? null],
    target: [target.provider, targetName ?? null],
    ...{ collections, namespaces, where, spec },
    map: map === undefined ? null : (mapId ?? String(map)),
  };
  return hash('sha256', canonicalJson(JSON.parse(JSON.stringify(parts))));
}
