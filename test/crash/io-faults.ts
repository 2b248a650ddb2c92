import type { FileSystem } from '../../src/engine/storage/filesystem.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { openDatabase, Session } from './database.ts';
import { shownError } from './failures.ts';
import { type FaultPlan, FaultyFs } from './faulty-fs.ts';
import { Generator, smallShape } from './generate.ts';
import { MemFs } from './mem-fs.ts';
import { absent, componentsOf, difference, Model } from './model.ts';
import { observe } from './observe.ts';
import { type CrashOp, shownOp } from './operations.ts';
import { Random } from './random.ts';
import type { Sabotage } from './sabotage.ts';
import { withSession } from './workload.ts';

/** What a database may hold when some operations failed: with and without each of those whose end is unknown. */
class Possibilities {
  #models = [new Model()];

  /** The one to make the next operations for. */
  get likely(): Model {
    return this.#models[0]!;
  }
  get count(): number {
    return this.#models.length;
  }

  /** It was acknowledged: where it was not possible, that was not the state. */
  did(op: CrashOp): void {
    this.#models = this.#models.flatMap((model) => after(model, op));
    if (this.#models.length === 0) throw new Error(`${shownOp(op)} was acknowledged, and cannot have been possible`);
  }

  /** It may have been carried out. */
  mayHaveDone(op: CrashOp): void {
    const all = [...this.#models, ...this.#models.flatMap((model) => after(model, op))];
    const seen = new Map(all.map((model) => [textOf(model), model] as const).reverse());
    this.#models = [...seen.values()].reverse();
  }

  check(found: ReadonlyMap<string, string>, when: string): void {
    const names = new Set([
      ...this.#models.flatMap((model) => componentsOf(model.collections.keys())),
      ...found.keys(),
    ]);
    for (const name of names) {
      const allowed = this.#models.map((model) => model.component(name));
      const value = found.get(name) ?? absent;
      if (!allowed.includes(value))
        throw new Error(
          `${when}: ${name} is in none of ${allowed.length} possible states: ${difference(allowed[0]!, value)}`,
        );
    }
  }
}

/** The state with the operation done; none where it was impossible. */
function after(model: Model, op: CrashOp): Model[] {
  if ((op.kind === 'create') === model.collections.has(op.collection)) return [];
  const copy = model.copy();
  copy.apply(op);
  return [copy];
}

function textOf(model: Model): string {
  return componentsOf(model.collections.keys())
    .sort()
    .map((name) => `${name} ${model.component(name)}`)
    .join('\n');
}

/** One run of a workload with failing calls, and what came of it. Throws where a promise is broken. */
export async function runWithFault(
  seed: number,
  groups: number,
  plan: FaultPlan | undefined,
  sabotage: Sabotage = (fs) => fs,
): Promise<{ calls: number; failed: string | undefined }> {
  const disk = new MemFs();
  const faulty = new FaultyFs(disk, plan);
  const random = new Random(seed);
  const possible = new Possibilities();
  await runUntilHopeless(sabotage(faulty), new Generator(smallShape, random), groups, possible);
  // Either the process ends here, or the power fails: under `always` that must be the same.
  const policy = random.pick(['all', 'none', 'prefix', 'sectors'] as const);
  const found = disk.crash(policy, random);
  try {
    possible.check(
      (await withSession(found, 'always', ({ db }) => observe(db))).components,
      `reopened after ${policy}`,
    );
    await goesOn(found, random);
  } catch (error) {
    throw new Error(`${shownError(error)} (first failed call: ${faulty.failed})`);
  }
  return { calls: faulty.calls, failed: faulty.failed };
}

/** Two sessions, so that calls also fail while a database with content is opened. */
async function runUntilHopeless(
  fs: FileSystem,
  generator: Generator,
  groups: number,
  possible: Possibilities,
): Promise<void> {
  for (let part = 0; part < 2; part++) {
    const open = () => typed('open', () => openDatabase(fs, 'always'));
    const db = (await open()) ?? (await open());
    if (db === undefined) return;
    const session = new Session(db);
    for (let i = 0; i < groups / 2 && possible.count <= 8; i++) {
      for (const op of generator.group(possible.likely)) await attempt(session, op, possible);
    }
    const held = await typed('read', () => observe(db));
    if (held !== undefined) possible.check(held.components, 'before the end of the process');
    await typed('close', () => db.close());
  }
}

async function attempt(session: Session, op: CrashOp, possible: Possibilities): Promise<void> {
  try {
    await session.perform(op);
  } catch (error) {
    checkTyped(shownOp(op), error);
    if (!isCertainlyUndone(error)) possible.mayHaveDone(op);
    return;
  }
  possible.did(op);
}

/** What a database that had failed calls must do once they work again. */
async function goesOn(fs: MemFs, random: Random): Promise<void> {
  const db = await openDatabase(fs, 'always');
  const [session, held] = [new Session(db), await observe(db)];
  const model = Model.of(held.components);
  const generator = new Generator(smallShape, random);
  for (let i = 0; i < 3; i++) {
    for (const op of generator.group(model)) {
      await session.perform(op);
      model.apply(op);
    }
  }
  const left = await withSession(fs.crash('none', random), 'always', ({ db }) => observe(db));
  for (const name of componentsOf(model.collections.keys())) {
    if (model.component(name) !== left.components.get(name)) throw new Error(`${name}: lost after going on`);
  }
}

async function typed<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    checkTyped(what, error);
    return undefined;
  }
}

function checkTyped(what: string, error: unknown): void {
  // `connect` makes a typed error of what the file system throws while the directory is opened.
  if (what === 'open' && error instanceof Error && 'code' in error) return;
  if (!VectorStoreError.is(error) || error.code === 'Internal' || error.code === 'Corruption')
    throw new Error(`${what} failed with the wrong error: ${shownError(error)}`);
}

function isCertainlyUndone(error: unknown): boolean {
  if (!VectorStoreError.is(error) || error.result === undefined) return false;
  return error.result.unknown.length === 0 && error.result.failed.length > 0;
}
