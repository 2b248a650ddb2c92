import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

import { cacheDir, root } from '../../scripts/lib/paths.mjs';
import { entryPoints } from '../packaging/entry-points.ts';

/**
 * Joins programs that import the package by its name with the package's sources, as a bundler of a user would.
 *
 * @param platform For `browser` nothing is left outside, and nothing of Node may be needed; for `node` its modules and packages are imported.
 * @returns The files written, those of the programs first.
 */
export async function bundleExamples(
  entries: readonly string[],
  directory: string,
  platform: 'node' | 'browser',
): Promise<string[]> {
  const own = entryPoints.map(({ specifier, code }): [string, string] => [
    specifier,
    join(root, code.replace(/^dist\/(.*)\.js$/, '$1.ts')),
  ]);
  const build = await rolldown({
    input: entries.map((entry) => join(root, entry)),
    platform,
    // `anyvec` alone stands for the beginning of every specifier, unless it is told to stand for itself only.
    resolve: { alias: Object.fromEntries(own.map(([name, file]) => [`${name}$`, file])) },
    external:
      platform === 'node'
        ? (id) => /^(?:node:|@?[a-z])/.test(id) && !/^(?:anyvec|@oxc-project)\b/.test(id)
        : [/^node:/],
    transform: { target: 'es2022' },
    logLevel: 'silent',
  });
  mkdirSync(directory, { recursive: true });
  const { output } = await build.write({ dir: directory, format: 'esm', entryFileNames: '[name].mjs' });
  await build.close();
  return output.map(({ fileName }) => join(directory, fileName));
}

/** Where bundles may lie whose packages Node shall find: within the repository. */
export const bundleDirectory = (name: string): string => join(cacheDir, `${name}-${process.pid}`);
