import type { FileSystem } from '../../src/engine/storage/filesystem.ts';
import { altered, alteredFiles } from './sabotage.ts';

/** The calls at which a process can be made to kill itself, before or half-way through them. */
export const killPoints = [
  'write',
  'sync',
  'truncate',
  'rename',
  'remove',
  'syncDirectory',
  'afterSync',
  'afterRename',
] as const;
type KillPoint = (typeof killPoints)[number];

/** Kills this process at the n-th of these calls: `<call>:<n>`. */
export function killedAt(fs: FileSystem, where: string): FileSystem {
  const [name, count] = where.split(':');
  let left = Number(count);
  const pass = (point: KillPoint) => {
    if (point !== name || --left > 0) return false;
    process.kill(process.pid, 'SIGKILL');
    return true;
  };
  const files = alteredFiles(fs, (file) => ({
    async write(offset, bytes) {
      if (name === 'write' && left === 1) await file.write(offset, bytes.subarray(0, bytes.length >> 1));
      pass('write');
      await file.write(offset, bytes);
    },
    async sync() {
      pass('sync');
      await file.sync();
      pass('afterSync');
    },
    async truncate(size) {
      pass('truncate');
      await file.truncate(size);
    },
  }));
  return altered(files, {
    async rename(from, to) {
      pass('rename');
      await fs.rename(from, to);
      pass('afterRename');
    },
    async remove(path) {
      pass('remove');
      await fs.remove(path);
    },
    async syncDirectory(path) {
      pass('syncDirectory');
      await fs.syncDirectory(path);
    },
  });
}
