/**
 * Child processes for the scripts of this folder: no shell, no stdin, a time limit, output captured or passed on.
 * Plain Node 20 without dependencies, because the first thing these scripts do is to install the dependencies.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] Added to this process's environment; `undefined` removes a name.
 * @property {boolean} [inherit] Pass the output through instead of capturing it.
 * @property {number} [timeoutMs] Default 10 minutes.
 * @property {boolean} [shell]
 */

/**
 * @typedef {object} RunResult
 * @property {boolean} ok Exit code 0.
 * @property {string} output Standard output and standard error in the order in which they came.
 * @property {string} stdout
 * @property {number} ms
 */

/**
 * Runs one command to its end; never throws for a failing command.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(command, args, options = {}) {
  const { cwd, env = {}, inherit = false, timeoutMs = 600_000, shell = false } = options;
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: mergeEnv(env),
      stdio: inherit ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    const timer = setTimeout(() => {
      output += `\n${command} was stopped after ${timeoutMs / 1000} s\n`;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    /** @param {boolean} ok */
    const finish = (ok) => {
      clearTimeout(timer);
      resolve({ ok, stdout, output, ms: performance.now() - started });
    };
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

/**
 * Runs npm: the very npm that started this script where there is one, else the one in the PATH.
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 */
export function npm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli !== undefined && basename(cli) === 'npm-cli.js') return run(process.execPath, [cli, ...args], options);
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}

/**
 * Whether a command of this name is in the PATH.
 * @param {string} name
 */
export const hasCommand = (name) => commandPath(name) !== undefined;

/**
 * The file that a command of this name would run; undefined where there is none.
 * @param {string} name
 */
export function commandPath(name) {
  const files = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, name));
  return files.find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {Record<string, string | undefined>} extra */
function mergeEnv(extra) {
  const merged = { ...process.env, ...extra };
  for (const [name, value] of Object.entries(extra)) if (value === undefined) delete merged[name];
  return merged;
}
