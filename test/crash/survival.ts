import {
  applyBytes,
  applyNames,
  type ByteOp,
  type Content,
  type DirectoryNode,
  type FileNode,
  type NameOp,
  type Timed,
} from './disk-state.ts';
import type { Random } from './random.ts';

/**
 * What of the unsynced survives.
 *
 * `prefix`: all up to some moment, the write of that moment torn at some byte. `sectors`: each 512 bytes by chance. `garbage`: the same, and
 * sectors that were lost inside a grown file hold arbitrary bytes. `reordered`: later calls without earlier ones. `names`, `bytes`: only the
 * one kind. `zeroed`: names and sizes, all bytes zero.
 */
export const crashPolicies = [
  'none',
  'all',
  'prefix',
  'sectors',
  'garbage',
  'reordered',
  'names',
  'bytes',
  'zeroed',
] as const;
export type CrashPolicy = (typeof crashPolicies)[number];

const sectorBytes = 512;

/** How one crash treats each file and each directory. */
interface Survival {
  content(file: FileNode): Content;
  names(directory: DirectoryNode): Map<string, number>;
}

/** What `policy` does to what is unsynced at the time `now`. */
export function survivalOf(policy: CrashPolicy, random: Random, now: number): Survival {
  const keepAllNames = namesKept(() => true);
  switch (policy) {
    case 'none':
      return { content: bytesKept(() => []), names: namesKept(() => false) };
    case 'all':
      return { content: bytesKept(({ op }) => [op]), names: keepAllNames };
    case 'names':
      return { content: bytesKept(() => []), names: keepAllNames };
    case 'bytes':
      return { content: bytesKept(({ op }) => [op]), names: namesKept(() => false) };
    case 'zeroed':
      return {
        content: bytesKept(({ op }) => [op.kind === 'write' ? { ...op, bytes: new Uint8Array(op.bytes.length) } : op]),
        names: keepAllNames,
      };
    case 'prefix': {
      // Mostly near the end: that is where the unsynced is.
      const cut = now - Math.floor(random.float() ** 2 * Math.min(now, 40));
      return {
        content: bytesKept(({ time, op }) => (time < cut ? [op] : time === cut ? torn(op, random) : [])),
        names: namesKept(({ time }) => time <= cut),
      };
    }
    case 'reordered': {
      const kept = random.pick([0.3, 0.6, 0.9]);
      return {
        content: bytesKept(({ op }) => (random.chance(kept) ? [op] : [])),
        names: namesKept(() => random.chance(kept)),
      };
    }
    case 'sectors':
    case 'garbage': {
      const kept = random.pick([0.2, 0.5, 0.8]);
      return {
        content: bytesKept(({ op }, { durable }) =>
          sectors(op, kept, random, policy === 'garbage' ? durable.size : Number.POSITIVE_INFINITY),
        ),
        // File systems with a journal keep names in order: the first of them.
        names: namesPrefix(random),
      };
    }
  }
}

function bytesKept(select: (item: Timed<ByteOp>, file: FileNode) => readonly ByteOp[]): Survival['content'] {
  return (file) => {
    const content = file.durable.clone();
    for (const item of file.pending) for (const op of select(item, file)) applyBytes(content, op);
    return content;
  };
}

function namesKept(select: (item: Timed<NameOp>) => boolean): Survival['names'] {
  return (directory) => {
    const names = new Map(directory.durable);
    for (const item of directory.pending) if (select(item)) applyNames(names, item.op, directory);
    return names;
  };
}

function namesPrefix(random: Random): Survival['names'] {
  return (directory) => {
    let left = random.between(0, directory.pending.length);
    return namesKept(() => left-- > 0)(directory);
  };
}

function torn(op: ByteOp, random: Random): ByteOp[] {
  return op.kind === 'write' ? [{ ...op, bytes: op.bytes.subarray(0, random.between(0, op.bytes.length)) }] : [];
}

/** The sectors of a write that survive; of the others, those from `noiseFrom` hold noise (what was there before survives overwriting). */
function sectors(op: ByteOp, kept: number, random: Random, noiseFrom: number): ByteOp[] {
  if (op.kind === 'truncate') return random.chance(kept) ? [op] : [];
  const parts: ByteOp[] = [];
  for (let at = 0; at < op.bytes.length; ) {
    const end = Math.min(op.bytes.length, at + sectorBytes - ((op.offset + at) % sectorBytes));
    const bytes = op.bytes.subarray(at, end);
    if (random.chance(kept)) parts.push({ ...op, offset: op.offset + at, bytes });
    else if (op.offset + at >= noiseFrom)
      parts.push({ ...op, offset: op.offset + at, bytes: bytes.map(() => random.below(256)) });
    at = end;
  }
  return parts;
}
