import type { Durability } from '../../src/engine/storage/settings.ts';
import { openDatabase, Session } from './database.ts';
import { Generator, type WorkloadShape } from './generate.ts';
import { MemFs } from './mem-fs.ts';
import { absent, componentsOf, difference, Model } from './model.ts';
import { observe } from './observe.ts';
import { shownOp } from './operations.ts';
import { Random } from './random.ts';

/** A run against the model. */
export interface ModelRun {
  readonly seed: number;
  readonly operations: number;
  readonly shape: WorkloadShape;
  /** Groups of operations between two restarts, on average. */
  readonly perSession: number;
}

/** Random operations on a database and on a model, with restarts, compared at each. Throws at the first difference. */
export async function runModel({
  seed,
  operations,
  shape,
  perSession,
}: ModelRun): Promise<{ done: number; reopens: number }> {
  const random = new Random(seed);
  const generator = new Generator(shape, random);
  const fs = new MemFs();
  const model = new Model();
  let [done, reopens] = [0, 0];
  while (done < operations) {
    const durability: Durability = random.pick(['always', 'interval', 'memory']);
    const db = await openDatabase(fs, durability, { originals: random.pick(['disk', 'memory']) });
    reopens += 1;
    const session = new Session(db);
    compare(model, (await observe(db)).components, `seed ${seed}: reopened after ${done} operations`);
    for (let left = random.between(1, 2 * perSession); left > 0 && done < operations; left--) {
      for (const op of generator.group(model)) {
        const [said, expected] = [await session.perform(op), model.apply(op)];
        if (said.acknowledged !== expected.acknowledged || said.missing !== expected.missing)
          throw new Error(
            `seed ${seed}, operation ${done}: ${shownOp(op)} said ${JSON.stringify(said)}, the model ${JSON.stringify(expected)}`,
          );
        done += 1;
      }
    }
    if (random.chance(0.3)) compare(model, (await observe(db)).components, `seed ${seed}: after ${done} operations`);
    // Or the process is killed, which takes nothing from the files.
    if (random.chance(0.7)) await db.close();
    else fs.unlock();
    fs.forgetJournal();
  }
  return { done, reopens };
}

function compare(model: Model, found: ReadonlyMap<string, string>, when: string): void {
  for (const name of new Set([...componentsOf(model.collections.keys()), ...found.keys()])) {
    const [expected, value] = [model.component(name), found.get(name) ?? absent];
    if (expected !== value) throw new Error(`${when}: ${name}: ${difference(expected, value)}`);
  }
}
