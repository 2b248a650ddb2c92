/**
 * The API reference, from the doc comments of the public entry points: `npm run docs` writes it to .cache/docs. Fails for a public name without a
 * doc comment, for a link that leads nowhere, and for a type in a signature that users could not name.
 */
import { join } from 'node:path';

import { isMain } from './lib/main.mjs';
import { cacheDir, root } from './lib/paths.mjs';
import { exitWith, SetupError, seconds } from './lib/report.mjs';
import { readJson } from './lib/stamp.mjs';

/** Parts of types that users see through the types which are made of them, and never name. */
const inner = {
  'src/filter/types.ts': [
    'ConditionOn',
    'ScalarsOf',
    'HasArray',
    'UntypedFilter',
    'Fields',
    'Entry',
    'Ordered',
    'Text',
  ],
  'src/types.ts': ['PayloadOut', 'VectorOut', 'PayloadIn'],
  'adapters/milvus/config.ts': ['MilvusConfig'],
  'adapters/pinecone/config.ts': ['PineconeConfig', 'OfficialClient'],
  'adapters/qdrant/config.ts': ['QdrantConfig'],
  'adapters/hnswlib/client.ts': ['HnswlibGraph'],
  'adapters/faiss/client.ts': ['NativeIndex'],
  'conformance/context.ts': ['Context'],
  'src/fusion.ts': ['FusionSettings'],
  'src/engine/storage/settings.ts': ['Durability', 'Originals'],
  'src/engine/storage/filesystem.ts': ['FileSystem'],
  'src/engine/search-trace.ts': ['SearchTrace'],
  'src/time-slice.ts': ['TimeSlice'],
  'src/engine/index/saved-content.ts': ['SavedContent'],
};

/** Each entry point of package.json, as users write it, by its source, without extension. */
function entryPoints() {
  const { name, exports } = /** @type {{ name: string, exports: Record<string, string | { default: string }> }} */ (
    readJson(join(root, 'package.json'))
  );
  return new Map(
    Object.entries(exports).flatMap(([subpath, target]) =>
      typeof target === 'string'
        ? []
        : [[target.default.replace(/^\.\/dist\/(.+)\.js$/, '$1'), `${name}${subpath.slice(1)}`]],
    ),
  );
}

/**
 * Reads the doc comments, and writes the reference where a directory is given and nothing is wrong.
 * @param {{ directory?: string, entries?: string[], tsconfig?: string }} [options] Default of `entries`: those of the package.
 * @returns {Promise<string[]>} What is wrong with them.
 */
export async function reference({ directory, entries, tsconfig = join(root, 'tsconfig.build.json') } = {}) {
  const { Application, LogLevel } = await import('typedoc');
  const own = entryPoints();
  /** @type {string[]} */
  const problems = [];
  const app = await Application.bootstrap({
    entryPoints: entries ?? [...own.keys()].map((path) => join(root, `${path}.ts`)),
    tsconfig,
    basePath: root,
    name: 'anyvec: API reference',
    readme: entries ? 'none' : join(root, 'README.md'),
    // tsc has looked for errors of types already.
    skipErrorChecking: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    disableSources: true,
    githubPages: false,
    logLevel: LogLevel.Warn,
    validation: { notExported: true, invalidLink: true, rewrittenLink: true, notDocumented: true },
    requiredToBeDocumented: ['Class', 'Interface', 'Function', 'Method', 'TypeAlias', 'Variable'],
    intentionallyNotExported: entries
      ? []
      : Object.entries(inner).flatMap(([file, names]) => names.map((name) => `${file}:${name}`)),
  });
  app.logger.log = (message, level) => {
    // Members of an object written out in a signature have their explanation there.
    if (level >= LogLevel.Warn && !message.includes('.__type.')) problems.push(message);
  };
  const project = await app.convert();
  if (project === undefined) return [...problems, 'nothing could be read'];
  // Typedoc calls them by their files.
  for (const module of project.children ?? [])
    module.name = own.get(module.name) ?? own.get(`${module.name}/index`) ?? module.name;
  app.validate(project);
  if (problems.length === 0 && directory !== undefined) await app.generateDocs(project, directory);
  return problems;
}

if (isMain(import.meta.filename)) {
  const started = performance.now();
  try {
    const problems = await reference({ directory: join(cacheDir, 'docs') });
    if (problems.length > 0) throw new SetupError(`${problems.join('\n')}\ndocs  ${problems.length} problems`);
    console.log(`docs  .cache/docs/index.html is ready (${seconds(performance.now() - started)})`);
  } catch (error) {
    exitWith(error);
  }
}
