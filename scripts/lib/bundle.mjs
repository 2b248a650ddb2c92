/**
 * Joins the compiled modules of each entry point into few files, together with the parts of zod that they use: Node opens each module of its
 * own, which for two hundred of them takes longer than opening a collection.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

import { packageDir, root } from './paths.mjs';
import { readJson } from './stamp.mjs';

/** What is joined, not imported. Its licence is put beside it. */
const joined = ['zod'];

/**
 * What is opened together is one file, under these names: everything that the module on the right imports, but for what an earlier one has. Without
 * this, opening a collection of the embedded engine loads forty files.
 */
const openedTogether = { core: 'src/index.js', native: 'adapters/native/index.js' };

/** Beside those of package.json: what the demo and the benchmarks import. */
const innerEntries = [
  'src/docs-search/demo.js',
  'src/cli/errors.js',
  ...['partition', 'index/flat', 'index/hnsw/provider', 'index/ivf/provider'].map((name) => `src/engine/${name}.js`),
];

/**
 * Replaces the modules of a directory that `tsc` has filled. Declarations stay as they are.
 * @param {string} directory
 */
export async function bundle(directory) {
  const entries = [...publicEntries(), ...innerEntries];
  // Not before the set-up has installed it.
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    cwd: directory,
    input: Object.fromEntries(entries.map((path) => [path.replace(/\.js$/, ''), join(directory, path)])),
    external: (id) => isBuiltin(id) || (/^[^./]/.test(id) && !joined.includes(id) && !id.startsWith('\0')),
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'] },
    treeshake: true,
    logLevel: 'warn',
  });
  const { output } = await build.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    // Comments that an editor shows are in the declarations.
    comments: { jsdoc: false },
    codeSplitting: {
      groups: Object.entries(openedTogether).map(([name, entry]) => ({
        name: groupOf(name, join(directory, entry)),
        debugName: name,
      })),
    },
  });
  await build.close();
  for (const file of modulesOf(directory)) rmSync(file);
  for (const file of output) {
    if (file.type !== 'chunk') throw new Error(`the bundle has ${file.fileName}, which is no module`);
    const path = join(directory, file.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.code);
  }
  for (const name of joined) copyFileSync(join(packageDir(name), 'LICENSE'), join(directory, `LICENSE-${name}`));
}

/**
 * Names the group of every module that an entry imports, by whatever way but `import()`.
 * @param {string} name
 * @param {string} entry
 * @returns {import('rolldown').CodeSplittingNameFunction}
 */
function groupOf(name, entry) {
  /** @type {Set<string> | undefined} */
  let members;
  return (id, context) => {
    if (members === undefined) {
      members = new Set([entry]);
      for (const member of members)
        for (const imported of context.getModuleInfo(member)?.importedIds ?? []) members.add(imported);
    }
    return members.has(id) ? name : null;
  };
}

/** Files of `exports` and `bin`, relative to dist. */
function publicEntries() {
  const { exports, bin } =
    /** @type {{ exports: Record<string, string | { default: string }>, bin: Record<string, string> }} */ (
      readJson(join(root, 'package.json'))
    );
  const targets = [
    ...Object.values(exports).map((target) => (typeof target === 'string' ? target : target.default)),
    ...Object.values(bin),
  ];
  return targets.filter((path) => path.startsWith('./dist/')).map((path) => path.slice('./dist/'.length));
}

/** @param {string} directory */
function modulesOf(directory) {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => join(directory, path));
}
