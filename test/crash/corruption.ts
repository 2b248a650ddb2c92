import { VectorStoreError } from '../../src/errors.ts';
import { openDatabase, Session } from './database.ts';
import type { Disk } from './disk.ts';
import type { Content } from './disk-state.ts';
import { type Failures, shownError } from './failures.ts';
import { Generator, smallShape, type WorkloadShape, wideShape } from './generate.ts';
import { History } from './history.ts';
import { MemFs } from './mem-fs.ts';
import { observe } from './observe.ts';
import { Random } from './random.ts';
import { Workload } from './workload.ts';

/** A database at rest, whose files are to be damaged. */
export interface Specimen {
  readonly name: string;
  readonly disk: Disk;
  readonly files: readonly { readonly path: string; readonly inode: number; readonly size: number }[];
  readonly history: History;
  /** Closed in good order: then nothing may be missing, and no tail of the log passes for unfinished. */
  readonly closed: boolean;
}

/** What is done to a file. */
export type Damage =
  | { readonly kind: 'flip'; readonly file: number; readonly bit: number }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  | {
      readonly kind: 'zero' | 'noise' | 'double';
      readonly file: number;
      readonly sector: number;
      readonly draw: number;
    }
  | { readonly kind: 'swap'; readonly file: number; readonly other: number }
  | { readonly kind: 'remove'; readonly file: number };

const tiny: WorkloadShape = { ...smallShape, ids: 12, batch: 4 };

/** Makes databases of several kinds: small ones, one with saved indexes and snapshots; closed, and killed. */
export async function makeSpecimens(seed: number): Promise<Specimen[]> {
  const random = new Random(seed);
  const made: Specimen[] = [];
  for (const [name, shape, groups, snapshotAfterBytes] of [
    ['log', tiny, 8, 2 ** 20],
    ['snapshots', smallShape, 14, 1_024],
    ['indexes', { ...wideShape, ids: 170, batch: 170 }, 4, 2 ** 20],
    ['indexes and snapshots', { ...wideShape, ids: 170, batch: 170 }, 6, 4_096],
  ] as const) {
    for (const closed of [true, false]) {
      let specimen: Specimen;
      // A workload may end with all collections dropped.
      do specimen = await makeSpecimen(name, shape, groups, snapshotAfterBytes, closed, random.seed());
      while (specimen.files.length === 0);
      made.push(specimen);
    }
  }
  return made;
}

async function makeSpecimen(
  name: string,
  shape: WorkloadShape,
  groups: number,
  snapshotAfterBytes: number,
  closed: boolean,
  seed: number,
): Promise<Specimen> {
  const fs = new MemFs();
  const history = new History();
  const db = await openDatabase(fs, 'always', { snapshotAfterBytes });
  const workload = new Workload(new Session(db), 'always', () => fs.journal.length, history);
  await workload.run(new Generator(shape, new Random(seed)), groups);
  if (closed) await db.close();
  const disk = fs.disk.crash('all', new Random(seed));
  const files = fs.files().map((path) => {
    const inode = fs.inodeOf(path);
    return { path, inode, size: fs.disk.file(inode).visible.size };
  });
  return { name: `${name}, ${closed ? 'closed' : 'killed'}`, disk, files, history, closed };
}

/** Some damage to some file; bits and sectors by chance. */
function someDamage({ files }: Specimen, random: Random): Damage {
  const file = random.below(files.length);
  const { size } = files[file]!;
  const draw = random.seed();
  if (size > 0 && random.chance(0.7)) return { kind: 'flip', file, bit: random.below(8 * size) };
  if (size > 0 && random.chance(0.6)) return { kind: 'truncate', file, size: random.below(size) };
  if (size > 0 && random.chance(0.7))
    return {
      kind: random.pick(['zero', 'noise', 'double'] as const),
      file,
      sector: random.below(Math.ceil(size / 512)),
      draw,
    };
  return random.chance(0.5) ? { kind: 'remove', file } : { kind: 'swap', file, other: random.below(files.length) };
}

/** How an opening of damaged files may end. */
export type Verdict = 'corruption' | 'unharmed' | 'named tail';

/** Damages a copy, opens it, reads everything. Throws at a wrong answer or a wrong error. */
export async function judge(specimen: Specimen, damage: Damage): Promise<Verdict> {
  const fs = new MemFs(specimen.disk.crash('all', new Random(0)));
  inflict(fs.disk, specimen, damage);
  let observed: Awaited<ReturnType<typeof observe>>;
  try {
    const db = await openDatabase(fs, 'always');
    observed = await observe(db);
    await db.close();
  } catch (error) {
    if (VectorStoreError.is(error, 'Corruption')) return 'corruption';
    throw error;
  }
  const { history, closed } = specimen;
  const complaint = history.complaint(observed.components, Number.MAX_SAFE_INTEGER);
  if (complaint === undefined) return 'unharmed';
  // The last write of a process that was killed cannot be told from one that was never acknowledged, nor, where more than a bit is gone, those
  // before it; but it must be named, if any of it is left.
  const butFor =
    damage.kind === 'flip'
      ? history.complaintButForTail(observed.components)
      : history.complaintButForEnd(observed.components);
  const isNamed = observed.recovery.some((line) => line.includes('discarded'));
  if (!closed && butFor === undefined && (isNamed || damage.kind === 'truncate')) return 'named tail';
  throw new Error(`silent: ${complaint}; recovery ${JSON.stringify(observed.recovery)}`);
}

function inflict(disk: Disk, { files }: Specimen, damage: Damage): void {
  const content = disk.file(files[damage.file]!.inode).visible;
  const { size } = content;
  switch (damage.kind) {
    case 'flip': {
      const [byte] = content.read(damage.bit >> 3, 1);
      content.write(damage.bit >> 3, Uint8Array.of(byte! ^ (1 << (damage.bit & 7))));
      return;
    }
    case 'truncate':
      content.truncate(damage.size);
      return;
    case 'remove':
      removeName(disk, files[damage.file]!.path);
      return;
    case 'swap': {
      const other = disk.file(files[damage.other]!.inode).visible;
      const [mine, theirs] = [content.read(0, size), other.read(0, other.size)];
      replace(content, theirs);
      replace(other, mine);
      return;
    }
    default:
      spoilSector(content, damage);
  }
}

function spoilSector(content: Content, { kind, sector, draw }: Extract<Damage, { sector: number }>): void {
  const old = content.read(512 * sector, 512);
  const random = new Random(draw);
  if (kind === 'double') content.write(512 * random.below(Math.ceil(content.size / 512)), old);
  else content.write(512 * sector, kind === 'zero' ? new Uint8Array(old.length) : old.map(() => random.below(256)));
}

function replace(content: Content, bytes: Uint8Array): void {
  content.truncate(0);
  content.write(0, bytes);
}

function removeName(disk: Disk, path: string): void {
  const names = path.split('/');
  const name = names.pop()!;
  let directory = 0;
  for (const part of names) directory = disk.directory(directory).visible.get(part)!;
  disk.apply({ kind: 'unlink', directory, name });
}

/** Random damage to all specimens in turn. */
export async function damageTrials(options: {
  seed: number;
  trials: number;
  failures: Failures;
}): Promise<Map<Verdict, number>> {
  const { seed, trials, failures } = options;
  const random = new Random(seed);
  const specimenSeed = random.seed();
  const specimens = await makeSpecimens(specimenSeed);
  const verdicts = new Map<Verdict, number>();
  for (let i = 0; i < trials; i++) {
    // The large ones take longer, and say little more.
    const index = i % 10 === 0 ? 4 + random.below(4) : random.below(4);
    const specimen = specimens[index]!;
    const damage = someDamage(specimen, random);
    try {
      const verdict = await judge(specimen, damage);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    } catch (error) {
      const { path, size } = specimen.files[damage.file]!;
      const where = `${specimen.name}: ${path} of ${size} bytes: ${JSON.stringify(damage)}`;
      failures.add(`makeSpecimens(${specimenSeed})[${index}], ${where}`, shownError(error));
    }
  }
  return verdicts;
}
