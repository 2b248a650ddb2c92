/**
 * Semantic search in the documentation of the packages in node_modules, on three backends.
 * `npm run demo`, or `npm run demo -- "question" "another" --filter '{"package":"vitest"}' -k 3`.
 * On a fresh clone it sets everything up first; the second run starts in seconds.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { buildIfStale } from './build.mjs';
import { cacheDir, root } from './lib/paths.mjs';
import { exitWith } from './lib/report.mjs';
import { setup } from './setup.mjs';

const defaultQuestions = [
  'how do I check that one version number is newer than another?',
  'keep only the most recently used values in memory',
  'find inputs that break my function',
];
const usage = `npm run demo -- ["question" …] [--filter '{"package":"vitest"}'] [-k 3]`;

/** Before anything slow happens. */
function readOptions() {
  const options = { filter: { type: 'string' }, limit: { type: 'string', short: 'k', default: '3' } };
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const k = Number(values.limit);
  if (!Number.isInteger(k) || k < 1) throw new TypeError(`-k takes a whole number from 1, not ${values.limit}`);
  return {
    k,
    filter: values.filter === undefined ? undefined : JSON.parse(values.filter),
    questions: positionals.length > 0 ? positionals : defaultQuestions,
  };
}
