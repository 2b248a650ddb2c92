/**
 * Semantic search in the documentation of the packages in node_modules, on three backends.
 * `npm run demo`, or `npm run demo -- "question" "another" --filter '{"package":"vitest"}' -k 3`.
 * On a fresh clone it sets everything up first; the second run starts in seconds.
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
const usage = `npm run demo -- ["question" …] [--filter '{"package":"vitest"}'] [-k 3] [--all]`;
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
    },
  });
  const k = Number(values.limit);
  if (!Number.isInteger(k) || k < 1 || k > 10_000) {
    throw new TypeError(`-k takes a whole number from 1 to 10000, not ${values.limit}`);
  }
  const filter = values.filter === undefined ? {} : { filter: parseJson(values.filter) };
  return {
    k,
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
async function demo(options) {
  const { addons } = await setup({ requireAddons: false });
  await buildIfStale();
  const built = (/** @type {string} */ path) => pathToFileURL(join(root, 'dist/src', path)).href;
  /** @type {typeof import('../src/docs-search/demo.ts')} */
  const { runDemo } = await import(built('docs-search/demo.js'));
  /** @type {typeof import('../src/cli/errors.ts')} */
  const { describeError, exitCodeOf } = await import(built('cli/errors.js'));
  const onError = (/** @type {unknown} */ error) => console.error(describeError(error));
  try {
    await runDemo({ projectDir: root, cacheDir, addons, notes: faissNote(), onError, ...options });
  } catch (error) {
    onError(error);
    process.exitCode = exitCodeOf(error);
  }
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
