import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';

/** What figures depend on beside the code. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** Instruction sets that the peers may use. */
  readonly flags: readonly string[];
  readonly memoryGiB: number;
  readonly node: string;
  readonly v8: string;
  readonly system: string;
  readonly compiler: string;
  readonly libfaiss: string;
  readonly anyvec: string;
  readonly commit: string;
  /** Of the last minute, when the run began: others at work make every figure worse. */
  readonly load: number;
  readonly at: string;
}

const interesting = /^(sse4_2|avx|avx2|fma|avx512f|avx512bw|avx512_vnni|avx_vnni|avx512_bf16|neon|asimd)$/;

export async function describeMachine(): Promise<Machine> {
  const [compiler, commit, changed] = await Promise.all([
    firstLine('g++', ['--version']),
    firstLine('git', ['rev-parse', '--short', 'HEAD']),
    firstLine('git', ['status', '--porcelain', '--untracked-files=no']),
  ]);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    flags: [...new Set(processorFlags())].filter((flag) => interesting.test(flag)),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    v8: process.versions.v8,
    system: `${process.platform} ${process.arch}`,
    compiler,
    libfaiss: faissVersion(),
    anyvec: version,
    commit: changed === '' ? commit : `${commit} with changes`,
    load: loadavg()[0]!,
    at: new Date().toISOString(),
  };
}

async function firstLine(command: string, args: string[]): Promise<string> {
  const { ok, stdout } = await run(command, args, { cwd: dirname(join(root, 'package.json')) });
  return ok ? (stdout.split('\n')[0] ?? '') : 'unknown';
}

function processorFlags(): string[] {
  const info = readOr('/proc/cpuinfo');
  return (info.match(/^(?:flags|Features)\s*:(.*)$/m)?.[1] ?? '').trim().split(' ');
}

function faissVersion(): string {
  const header = readOr('/usr/include/faiss/Index.h');
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map((part) => header.match(`FAISS_VERSION_${part} (\\d+)`)?.[1]);
  return parts.includes(undefined) ? 'unknown' : parts.join('.');
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
