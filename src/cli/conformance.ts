/** Node only. `anyvec conformance`: the published suite against one backend, and what the backend can do. */
import { writeFile } from 'node:fs/promises';

import type { CapabilityMatrix, Collected, Harness } from '../../conformance/index.ts';
import type { Capabilities } from '../capabilities.ts';
import { connect } from '../connect.ts';
import { loadOptionalPackage } from '../optional-package.ts';
import { widthOf } from '../terminal/layout.ts';
import { progressOn } from '../terminal/progress.ts';
import { interruptible } from '../terminal/prompt.ts';
import type { IndexSpec } from '../types.ts';
import type { Command, Given } from './commands.ts';
import { messageOf, renderRun } from './conformance-report.ts';
import { type Connection, readConnection } from './connection.ts';
import { UsageError } from './errors.ts';
import { asText, configArgument } from './options.ts';

/** Printed below the options by `anyvec conformance --help`. */
export const notes = `The suite makes collections whose names begin with "t-" and drops them at the end; it touches no other.
Which cases there are depends on what the backend says it can do: what it refuses is tested to be refused.

Needs    npm install fast-check, and the library of the backend
Keys     from the environment ($QDRANT_API_KEY, $PINECONE_API_KEY, $MILVUS_TOKEN) or a file (--config FILE --url @prod)
Exit     0 if every case passed, 1 otherwise
Example  anyvec conformance --backend qdrant --url http://localhost:6333`;

/** `anyvec conformance [--backend NAME] [--url URL] [--index JSON] [--only TEXT] [--seed N] [--quick] [--report FILE] [--config FILE] [--json]` */
export const command: Command = {
  meta: { name: 'conformance', description: 'Run the conformance suite against a backend, and print what it can do' },
  args: {
    backend: { type: 'string', valueHint: 'NAME', description: 'qdrant, milvus, pinecone, native, hnswlib or faiss' },
    url: {
      type: 'string',
      valueHint: 'URL',
      description: 'Where it is (default: the backend in memory, or $ANYVEC_URL)',
    },
    index: { type: 'string', valueHint: 'JSON', description: 'Index of every collection, as {"type":"hnsw","m":16}' },
    only: { type: 'string', valueHint: 'TEXT', description: 'Only cases whose name contains it' },
    seed: { type: 'string', valueHint: 'N', description: 'Repeat the random parts of a run (default: a new seed)' },
    quick: { type: 'boolean', description: 'Fewer random filters and operations, for slow servers' },
    report: { type: 'string', valueHint: 'FILE', description: 'Write the capability matrix there, as Markdown' },
    ...configArgument,
    json: { type: 'boolean', description: 'Print one JSON object instead of text' },
  },
  run: async ({ args }) => runSuite(await readOptions(args)),
};

interface SuiteOptions {
  readonly connection: Connection;
  readonly index?: IndexSpec;
  readonly only?: string;
  readonly seed?: number;
  readonly quick: boolean;
  readonly report?: string;
  readonly json: boolean;
}

async function readOptions(given: Given): Promise<SuiteOptions> {
  const { _: words, backend, url, index, only, seed, quick, report, config, json } = given;
  if (words.length > 0) throw new UsageError(`what is ${JSON.stringify(words[0])}? See anyvec conformance --help`);
  return {
    connection: await readConnection(backendUrl(asText(backend), asText(url)), asText(config)),
    ...(typeof index === 'string' && { index: readIndex(index) }),
    ...(typeof only === 'string' && { only }),
    ...(typeof seed === 'string' && { seed: readSeed(seed) }),
    quick: quick === true,
    ...(typeof report === 'string' && { report }),
    json: json === true,
  };
}

/** `--backend qdrant --url https://host:6333` is `qdrant://host:6333?tls=true`. */
function backendUrl(backend: string | undefined, url: string | undefined): string | undefined {
  if (backend === undefined) return url;
  if (url === undefined) return `${backend}:`;
  const web = /^http(s?):\/\/(.*)$/i.exec(url);
  if (web !== null) {
    const [, secure, rest = ''] = web;
    return `${backend}://${rest}${rest.includes('?') ? '&' : '?'}tls=${secure !== ''}`;
  }
  if (url.startsWith(`${backend}:`)) return url;
  throw new UsageError(`--url of ${backend} begins with ${backend}:, http:// or https://`);
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new UsageError(`--seed takes a whole number, not ${JSON.stringify(text)}`);
}

/** Only that it is an object with a type: what it may say, the backend knows best. */
function readIndex(text: string): IndexSpec {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'type' in value) return value as IndexSpec;
  } catch {
    // Told below.
  }
  throw new UsageError(`--index takes JSON such as '{"type":"hnsw","m":16}', not ${JSON.stringify(text)}`);
}

async function runSuite(options: SuiteOptions): Promise<number> {
  const suite = await loadSuite();
  const { provider, capabilities } = await reach(options.connection);
  const { signal, stop } = interruptible();
  const total = suite.selectCases(capabilities, options.only).flatMap(({ cases }) => cases).length;
  if (total === 0) throw new UsageError(`no case has ${JSON.stringify(options.only)} in its name`);
  const progress = progressOn(process.stderr).begin(`conformance of ${provider}`, total, total);
  let done = 0;
  try {
    const collected = await suite.runCollected(harnessOf(provider, options), {
      ...(options.only !== undefined && { only: options.only }),
      ...(options.seed !== undefined && { seed: options.seed }),
      signal,
      log: options.json ? () => undefined : (line) => void process.stdout.write(`${line}\n`),
      onCase() {
        done += 1;
        progress.update(done, done);
      },
    });
    progress.end();
    const matrix = suite.capabilityMatrix([{ name: provider, capabilities }]);
    if (options.report !== undefined) await writeFile(options.report, `# ${provider}\n\n${suite.renderMatrix(matrix)}`);
    process.stdout.write(
      options.json ? asJson(provider, collected, matrix) : renderRun(collected, matrix, widthOf(process.stdout)),
    );
    return collected.failed.length > 0 ? 1 : 0;
  } finally {
    stop();
  }
}

/** Connects before anything else, so that a wrong address is told as such. */
async function reach(connection: Connection): Promise<{ provider: string; capabilities: Capabilities }> {
  const db = await connect(connection);
  try {
    await db.listCollections();
    return { provider: db.provider, capabilities: db.capabilities };
  } finally {
    await db.close();
  }
}

function harnessOf(provider: string, { connection, index, quick }: SuiteOptions): Harness {
  const open = () => connect(connection);
  return {
    name: provider,
    open,
    reopen: open,
    ...(index && { createOptions: { index } }),
    ...(quick && { budget: { filters: 60, documents: 120, sequences: 15 } }),
  };
}

const asJson = (provider: string, { passed, failed, inapplicable }: Collected, matrix: CapabilityMatrix) =>
  `${JSON.stringify({ provider, passed, failed: failed.map(({ name, error }) => ({ name, error: messageOf(error) })), inapplicable, matrix }, null, 2)}\n`;

function loadSuite(): Promise<typeof import('../../conformance/index.ts')> {
  const problem = 'the suite needs the package fast-check; run: npm install fast-check';
  return loadOptionalPackage(() => import('../../conformance/index.ts'), problem);
}
