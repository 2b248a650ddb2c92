/**
 * Semantic search in the documentation of the packages in node_modules, on three backends: answers in the terminal, then the page.
 * `npm run demo`, or `npm run demo -- "question" "another" --filter '{"package":"vitest"}' -k 3`; `--no-serve` ends without the page.
 * On a fresh clone it sets everything up first; the second run starts in seconds. Ctrl-C (or SIGTERM) ends the page.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { faiss } from './addons/faiss.mjs';
import { buildIfStale } from './build.mjs';
import { cacheDir, root } from './lib/paths.mjs';
import { exitWith } from './lib/report.mjs';
import { setup } from './setup.mjs';

const defaultQuestions = [
  'keep only the most recently used values in memory',
  'store 64 bit integers without losing precision',
  'how do I measure how fast a function is?',
];
const usage = `npm run demo -- ["question" …] [--filter '{"package":"vitest"}'] [-k 3] [--all] [--port 8137] [--no-serve]`;
// About two minutes of embedding on two cores; --all takes half as long again. Either is cached.
const maxSections = 1200;

/** A wrong command line is told before anything slow happens. */
function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      filter: { type: 'string' },
      limit: { type: 'string', short: 'k', default: '3' },
      all: { type: 'boolean' },
      port: { type: 'string', default: '8137' },
      'no-serve': { type: 'boolean' },
    },
  });
  const k = Number(values.limit);
  if (!Number.isInteger(k) || k < 1 || k > 10_000) {
    throw new TypeError(`-k takes a whole number from 1 to 10000, not ${values.limit}`);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new TypeError(`--port takes 0 to 65535, not ${values.port}`);
  const filter = values.filter === undefined ? {} : { filter: parseJson(values.filter) };
  return {
    k,
    port,
    serves: !values['no-serve'],
    ...filter,
    ...(!values.all && { maxSections }),
    questions: positionals.length > 0 ? positionals : defaultQuestions,
  };
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TypeError(`--filter is not JSON (${error instanceof Error ? error.message : error})`);
  }
}

/** Whoever compares figures must know which faiss they are of. */
function faissNote() {
  const addons = join(cacheDir, 'addons');
  const isBuiltHere = existsSync(addons) && readdirSync(addons).some((name) => name.includes(faiss.builtFrom));
  return isBuiltHere ? [`faiss: built against the system's ${faiss.builtFrom}, generic (SSE) code`] : [];
}

/** @param {ReturnType<typeof readOptions>} options */
async function demo({ port, serves, ...options }) {
  const { addons } = await setup({ requireAddons: false });
  await buildIfStale();
  const built = (/** @type {string} */ path) => pathToFileURL(join(root, 'dist/src', path)).href;
  /** @type {typeof import('../src/docs-search/demo.ts')} */
  const { runDemo } = await import(built('docs-search/demo.js'));
  /** @type {typeof import('../src/cli/errors.ts')} */
  const { describeError, exitCodeOf } = await import(built('cli/errors.js'));
  const onError = (/** @type {unknown} */ error) => console.error(describeError(error));
  try {
    const notes = faissNote();
    await runDemo({ projectDir: root, cacheDir, addons, notes, onError, isConversing: !serves, ...options });
    if (serves) await servePage({ port, maxSections: options.maxSections, addons });
  } catch (error) {
    onError(error);
    process.exitCode = exitCodeOf(error);
  }
}

/**
 * Until it is interrupted.
 * @param {{ port: number, maxSections?: number, addons: import('./addons.mjs').AddonStates }} options
 */
async function servePage({ port, maxSections, addons }) {
  const ended = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  const { serveDocumentation } = await importTypeScript('examples/semantic-search/demo.ts');
  const working = Object.entries(addons).filter(([, { available }]) => available);
  const backends = ['native', ...working.map(([name]) => name)];
  const page = await serveDocumentation({ projectDir: root, cacheDir, port, maxSections, backends });
  console.log(`\nThe page is at ${page.url} (${page.documents} documents; Ctrl-C ends it)`);
  await ended;
  await page.close();
}

/**
 * The example is TypeScript, as its readers will copy it.
 * @param {'examples/semantic-search/demo.ts'} path
 * @returns {Promise<typeof import('../examples/semantic-search/demo.ts')>}
 */
async function importTypeScript(path) {
  await import('../test/support/typescript-loader.mjs');
  return import(pathToFileURL(join(root, path)).href);
}

/** @type {ReturnType<typeof readOptions> | undefined} */
let options;
try {
  options = readOptions();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\nusage: ${usage}`);
  process.exitCode = 2;
}
if (options !== undefined) await demo(options).catch(exitWith);
