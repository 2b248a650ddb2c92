import { afterEach, describe, expect, it, vi } from 'vitest';
import { Partition } from '../../src/engine/partition.ts';
import { OperationLog } from '../../src/engine/storage/log.ts';
import { damageTrials } from './corruption.ts';
import { Failures } from './failures.ts';
import type { FaultPlan } from './faulty-fs.ts';
import { smallShape, type WorkloadShape, wideShape } from './generate.ts';
import { runWithFault } from './io-faults.ts';
import { runModel } from './model-run.ts';
import { checkImages, drawLosses, type Recorded, record } from './power-loss.ts';
import { Random } from './random.ts';
import {
  keepsLastWriteBack,
  replacesInPlace,
  retriesFsync,
  returnsBeforeFsync,
  type Sabotage,
  skipsDirectoryFsync,
  skipsFsync,
  swallowsWriteErrors,
} from './sabotage.ts';

const planted = vi.hoisted(() => ({ ignoreChecksums: false }));
vi.mock('../../src/engine/storage/crc32.ts', async (original) => {
  const real = await original<typeof import('../../src/engine/storage/crc32.ts')>();
  return {
    ...real,
    crc32: (...given: Parameters<typeof real.crc32>) => (planted.ignoreChecksums ? 0 : real.crc32(...given)),
  };
});

afterEach(() => {
  planted.ignoreChecksums = false;
  vi.restoreAllMocks();
});

/** The searches for defects, each with a fixed seed and small; they end at the first failure. Whether they found one. */
const hunts = {
  powerLoss: (sabotage?: Sabotage) => losePower(smallShape, sabotage),
  powerLossWide: (sabotage?: Sabotage) => losePower(wideShape, sabotage),
  /** Of the calls that take space, the next after every third call. */
  faults: (sabotage?: Sabotage) => hasFault(150, 3, (call) => ({ call, code: 'ENOSPC', sticky: false }), sabotage),
  fsyncFaults: (sabotage?: Sabotage) =>
    hasFault(60, 2, (call) => ({ call, code: 'EIO', sticky: false, only: 'sync' }), sabotage),
  async damage(): Promise<boolean> {
    const failures = new Failures();
    await damageTrials({ seed: 5, trials: 60, failures });
    return failures.count > 0;
  },
  model: () => throws(runModel({ seed: 3, operations: 200, shape: wideShape, perSession: 15 })),
};

async function hasFault(
  calls: number,
  stride: number,
  plan: (call: number) => FaultPlan,
  sabotage?: Sabotage,
): Promise<boolean> {
  for (let call = stride; call < calls; call += stride)
    if (await throws(runWithFault(11, 12, plan(call), sabotage))) return true;
  return false;
}

async function losePower(shape: WorkloadShape, sabotage?: Sabotage): Promise<boolean> {
  const random = new Random(7);
  for (let i = 0; i < 4; i++) {
    let run: Recorded;
    try {
      run = await record({
        seed: random.seed(),
        shape,
        durability: 'always',
        groups: 16,
        ...(sabotage && { sabotage }),
      });
    } catch {
      return true;
    }
    for (let batch = 0; batch < 3; batch++) {
      const failures = new Failures();
      const losses = drawLosses(run, 8, random);
      await checkImages(run, losses, failures, () => '', sabotage);
      if (failures.count > 0) return true;
    }
  }
  return false;
}

function throws(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    () => true,
  );
}

const fileSystemDefects: [string, keyof typeof hunts, Sabotage][] = [
  ['fsync is skipped', 'powerLoss', skipsFsync],
  ['a write is acknowledged before its fsync', 'powerLoss', returnsBeforeFsync],
  ['the fsync of directories is forgotten', 'powerLoss', skipsDirectoryFsync],
  ['files are replaced in place', 'powerLoss', replacesInPlace],
  ['the last batch is dropped', 'powerLoss', keepsLastWriteBack],
  ['a failed fsync is tried again', 'fsyncFaults', retriesFsync],
  ['a failed write passes for a good one', 'faults', swallowsWriteErrors],
];

const engineDefects: [string, keyof typeof hunts, () => void][] = [
  ['checksums are ignored (power loss)', 'powerLossWide', ignoreChecksums],
  ['checksums are ignored (damage)', 'damage', ignoreChecksums],
  [
    'deletes are not logged',
    'powerLoss',
    () => spoilAppend((operation) => (operation.kind === 'remove' ? undefined : operation)),
  ],
  [
    'half of a batch is logged',
    'powerLoss',
    () =>
      spoilAppend((operation) => {
        if (operation.kind !== 'put' || operation.records.length < 2) return operation;
        return { ...operation, records: operation.records.slice(0, operation.records.length >> 1) };
      }),
  ],
  ['an old operation is replayed a second time', 'powerLoss', replayFirstAgain],
  ['an index of another state is served', 'model', serveStaleIndexes],
  ['a snapshot lacks the newest record', 'model', forgetNewestInSnapshots],
];

describe('the harness finds the defect planted:', { timeout: 60_000 }, () => {
  it('none planted: none found', async () => {
    for (const [name, hunt] of Object.entries(hunts)) expect({ [name]: await hunt() }).toEqual({ [name]: false });
  });

  for (const [name, hunt, sabotage] of fileSystemDefects) {
    it(name, async () => expect(await hunts[hunt](sabotage)).toBe(true));
  }
  for (const [name, hunt, plant] of engineDefects) {
    it(name, async () => {
      plant();
      expect(await hunts[hunt]()).toBe(true);
    });
  }
});

type Operation = Parameters<OperationLog['append']>[0];

function spoilAppend(spoil: (operation: Operation) => Operation | undefined): void {
  const { append } = OperationLog.prototype;
  vi.spyOn(OperationLog.prototype, 'append').mockImplementation(async function (this: OperationLog, operation) {
    const spoilt = spoil(operation);
    if (spoilt !== undefined) await append.call(this, spoilt);
  });
}

function replayFirstAgain(): void {
  const open = OperationLog.open.bind(OperationLog);
  vi.spyOn(OperationLog, 'open').mockImplementation(async (fs, path, identity, limits, apply) => {
    let first: Operation | undefined;
    const opened = await open(fs, path, identity, limits, (operation) => {
      first ??= operation;
      apply(operation);
    });
    if (first !== undefined) apply(first);
    return opened;
  });
}

function serveStaleIndexes(): void {
  vi.spyOn(Partition.prototype, 'vectorVersion', 'get').mockReturnValue(1);
}

function forgetNewestInSnapshots(): void {
  const { content } = Partition.prototype;
  vi.spyOn(Partition.prototype, 'content').mockImplementation(function (this: Partition) {
    const whole = content.call(this);
    return { ...whole, order: whole.order.slice(0, -1) };
  });
}

function ignoreChecksums(): void {
  planted.ignoreChecksums = true;
}
