/**
 * The semantic-search example: `npm run search -- serve config.json`, or with its measurements, over WordNet's 117,791 glosses:
 * `wordnet` (latency by mode, then the page with `--serve`), `evaluate` (nDCG and recall by mode), `load` (searches, writes and deletes for minutes).
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { buildIfStale } from './build.mjs';
import { root } from './lib/paths.mjs';
import { exitWith, SetupError } from './lib/report.mjs';
import { setup } from './setup.mjs';

const folder = join(root, 'examples/semantic-search');
/** @type {Record<string, string>} */
const commands = {
  serve: 'service/main.ts',
  wordnet: 'measure/latency.ts',
  evaluate: 'measure/evaluate.ts',
  load: 'measure/load.ts',
};

/** @param {readonly string[]} args */
async function search([name = '', ...args]) {
  const script = Object.hasOwn(commands, name) ? join(folder, commands[name] ?? '') : '';
  if (!existsSync(script))
    throw new SetupError(`usage: npm run search -- ${Object.keys(commands).join(' | ')} [options]`);
  await setup({ requireAddons: false });
  await buildIfStale();
  const loader = join(root, 'test/support/typescript-loader.mjs');
  const child = spawn(process.execPath, ['--import', loader, script, ...args], { stdio: 'inherit' });
  // Both get Ctrl-C from the terminal; the child ends in order, and this process with it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  await new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      process.exitCode = signal === null ? (code ?? 1) : 1;
      resolve(undefined);
    });
  });
}

await search(process.argv.slice(2)).catch(exitWith);
