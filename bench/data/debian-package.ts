import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { canInstallPackages } from '../../scripts/addons/system-packages.mjs';
import { excerpt, SetupError, seconds } from '../../scripts/lib/report.mjs';
import { hasCommand, run } from '../../scripts/lib/run.mjs';
import { benchCache } from '../lib/places.ts';

/** The unpacked contents of a Debian package, from the system where it is installed, else fetched into the cache: no root is needed. */
export async function debianPackage(name: string, installedFile: string): Promise<string> {
  if (existsSync(installedFile)) return '/';
  const directory = join(benchCache, 'debian', name);
  if (existsSync(directory)) return directory;
  const remedy = `sudo apt-get install -y ${name}`;
  if (!['apt-get', 'dpkg-deb'].every(hasCommand)) throw new SetupError(`bench  no apt-get here; wanted: ${remedy}`);
  const started = performance.now();
  const work = `${directory}.${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  if (!(await fetch(name, work)) && canInstallPackages()) {
    await run('apt-get', ['update']);
    await fetch(name, work);
  }
  const file = readdirSync(work).find((entry) => entry.endsWith('.deb'));
  if (file === undefined)
    throw new SetupError(`bench  the Debian package ${name} could not be fetched; run: ${remedy}`);
  const { ok, output } = await run('dpkg-deb', ['-x', join(work, file), work]);
  if (!ok) throw new SetupError(`${excerpt(output)}\nbench  ${file} could not be unpacked`);
  rmSync(join(work, file));
  renameSync(work, directory);
  console.log(`bench  Debian package ${name} fetched in ${seconds(performance.now() - started)}`);
  return directory;
}

async function fetch(name: string, into: string): Promise<boolean> {
  return (await run('apt-get', ['download', name], { cwd: into })).ok;
}
