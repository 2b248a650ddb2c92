/** Builds the package and packs it as it would be published: `node scripts/pack.mjs`, or `import { pack } …`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { buildIfStale } from './build.mjs';
import { isMain } from './lib/main.mjs';
import { cacheDir, root } from './lib/paths.mjs';
import { excerpt, exitWith, SetupError } from './lib/report.mjs';
import { npm } from './lib/run.mjs';

/**
 * @typedef {object} Packed
 * @property {string} tarball Absolute path.
 * @property {string[]} files Paths inside the package.
 * @property {number} size Bytes of the tarball.
 * @property {number} unpackedSize Bytes.
 */

/**
 * @param {string} [directory] Where the tarball goes.
 * @returns {Promise<Packed>}
 */
export async function pack(directory = join(cacheDir, 'pack')) {
  await buildIfStale();
  mkdirSync(directory, { recursive: true });
  const result = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', directory], { cwd: root });
  if (!result.ok) throw new SetupError(`${excerpt(result.output)}\npack  failed`);
  const [packed] = JSON.parse(result.stdout);
  return {
    tarball: join(directory, packed.filename),
    files: packed.files.map((/** @type {{ path: string }} */ file) => file.path),
    size: packed.size,
    unpackedSize: packed.unpackedSize,
  };
}

if (isMain(import.meta.filename)) {
  try {
    const { tarball, files, size } = await pack();
    console.log(`pack  ${tarball}: ${files.length} files, ${(size / 1024).toFixed(0)} kB`);
  } catch (error) {
    exitWith(error);
  }
}
