import type { FileSystem } from '../../src/engine/storage/filesystem.ts';
import type { Durability } from '../../src/engine/storage/settings.ts';
import { openDatabase, Session } from './database.ts';
import { Disk } from './disk.ts';
import type { DiskOp } from './disk-state.ts';
import { type Failures, shownError } from './failures.ts';
import { Generator, type WorkloadShape } from './generate.ts';
import { History } from './history.ts';
import { MemFs } from './mem-fs.ts';
import { Model } from './model.ts';
import { type Observed, observe } from './observe.ts';
import { Random } from './random.ts';
import type { Sabotage } from './sabotage.ts';
import { type CrashPolicy, crashPolicies } from './survival.ts';
import { Workload, withSession } from './workload.ts';

/** One run of a workload, to be cut off at any moment. */
export interface Recorded {
  readonly journal: readonly DiskOp[];
  readonly history: History;
  readonly durability: Durability;
}

/** How a workload is recorded. `sabotage` puts a defect between the engine and the disk. */
export interface RecordOptions {
  readonly seed: number;
  readonly shape: WorkloadShape;
  readonly durability: Durability;
  readonly groups: number;
  readonly sabotage?: Sabotage;
}

const none: Sabotage = (fs) => fs;

/** Runs a workload, with a restart in its middle. */
export async function record({ seed, shape, durability, groups, sabotage = none }: RecordOptions): Promise<Recorded> {
  const fs = new MemFs();
  const history = new History();
  const generator = new Generator(shape, new Random(seed));
  const now = () => fs.journal.length;
  for (const part of [Math.ceil(groups / 2), Math.floor(groups / 2)]) {
    await withSession(sabotage(fs), durability, (session) =>
      new Workload(session, durability, now, history).run(generator, part),
    );
    for (const name of history.model.collections.keys()) history.keepAll(name, now());
  }
  return { journal: fs.journal, history, durability };
}

/** One loss of power: after `moment` changes, with what `policy` leaves, chance drawn from `draw`. */
export interface Loss {
  readonly moment: number;
  readonly policy: CrashPolicy;
  readonly draw: number;
}

/** Losses in order of their moments: half at any, half just before something becomes durable, when most is at stake. */
export function drawLosses({ journal }: Recorded, count: number, random: Random): Loss[] {
  const syncs = journal.flatMap((op, moment) => (op.kind === 'sync' ? [moment] : []));
  const losses = Array.from({ length: count }, () => ({
    moment: random.chance(0.5) ? random.pick(syncs) : random.between(0, journal.length),
    policy: random.pick(crashPolicies),
    draw: random.seed(),
  }));
  return losses.sort((a, b) => a.moment - b.moment);
}

/** Takes the images at the given losses, which are in order of their moments, and checks each. */
export async function checkImages(
  run: Recorded,
  losses: readonly Loss[],
  failures: Failures,
  replay: (loss: Loss) => string,
  sabotage: Sabotage = none,
): Promise<void> {
  const disk = new Disk();
  let at = 0;
  for (const loss of losses) {
    for (; at < loss.moment; at++) disk.apply(run.journal[at]!);
    const random = new Random(loss.draw);
    const image = new MemFs(disk.crash(loss.policy, random));
    try {
      await checkImage(image, run, loss.moment, random, sabotage);
    } catch (error) {
      failures.add(replay(loss), shownError(error));
    }
  }
}

/** Opens an image, compares, goes on writing, loses power again in that, opens twice. */
async function checkImage(
  image: MemFs,
  run: Recorded,
  moment: number,
  random: Random,
  sabotage: Sabotage,
): Promise<void> {
  const { durability, history } = run;
  const untouched = image.disk.crash('none', random);
  const after = await recover(sabotage(image), image, durability, history, moment, random);
  const again = await crashAgain(untouched, image, random);
  const second = await reopened(again, durability);
  complain(after.complaint(second.components, again.moment), 'after a second crash, during recovery or soon after it');
  const third = await reopened(again, durability);
  if (text(second) !== text(third)) throw new Error(`opening twice gave two states: ${text(second)} / ${text(third)}`);
}

/** The first recovery: what was found, and the history of what was written on top of it. */
async function recover(
  fs: FileSystem,
  image: MemFs,
  durability: Durability,
  history: History,
  moment: number,
  random: Random,
) {
  const db = await openDatabase(fs, durability);
  const found = await observe(db);
  complain(history.complaint(found.components, moment), 'after the crash');
  const after = new History(Model.of(found.components));
  const session = new Session(db);
  const workload = new Workload(session, durability, () => image.journal.length, after);
  const shape: WorkloadShape = { ids: 30, batch: 4, collections: ['one', 'two', 'wide'], namespaces: ['', 'tenant/1'] };
  const generator = new Generator(shape, random);
  await workload.run(generator, 2);
  for (const collection of after.model.collections.keys()) await workload.perform([{ kind: 'flush', collection }]);
  await workload.run(generator, 1);
  return after;
}

async function crashAgain(untouched: Disk, image: MemFs, random: Random) {
  const moment = random.between(0, image.journal.length);
  for (const op of image.journal.slice(0, moment)) untouched.apply(op);
  const policy = random.pick(['none', 'all', 'prefix', 'sectors', 'reordered'] as const);
  return { fs: new MemFs(untouched.crash(policy, random)), moment };
}

async function reopened({ fs }: { fs: MemFs }, durability: Durability): Promise<Observed> {
  return withSession(fs, durability, ({ db }) => observe(db));
}

function complain(complaint: string | undefined, when: string): void {
  if (complaint !== undefined) throw new Error(`${when}: ${complaint}`);
}

function text({ components }: Observed): string {
  return JSON.stringify([...components].sort());
}
