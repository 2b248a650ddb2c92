import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How a process with hostile inputs ended. */
export interface HostileRun {
  readonly signal: string | null;
  readonly code: number | null;
  /** The case it was at when it ended before its time. */
  readonly unfinished: string | undefined;
  /** Errors that are not of the library's. */
  readonly untyped: readonly string[];
  readonly done: number;
  readonly refused: number;
  readonly stderr: string;
}

const source = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Runs one part of the hostile inputs against an adapter, in a process of its own. */
export async function hostileRun(adapter: string, part: string, seed: number): Promise<HostileRun> {
  const directory = mkdtempSync(join(tmpdir(), 'anyvec-hostile-'));
  // Files, not pipes: nothing that was said before the end is lost in a buffer.
  const [stdout, stderr] = ['stdout', 'stderr'].map((name) => ({
    name: join(directory, name),
    file: openSync(join(directory, name), 'w'),
  }));
  try {
    const args = [
      '--import',
      source('typescript-loader.mjs'),
      source('hostile-inputs.ts'),
      adapter,
      part,
      String(seed),
    ];
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', NODE_NO_WARNINGS: '1' };
    const child = spawn(process.execPath, args, { stdio: ['ignore', stdout!.file, stderr!.file], env });
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      child.on('close', (...ended) => resolve(ended));
    });
    return { code, signal, stderr: readFileSync(stderr!.name, 'utf8'), ...summary(readFileSync(stdout!.name, 'utf8')) };
  } finally {
    for (const { file } of [stdout!, stderr!]) closeSync(file);
    rmSync(directory, { recursive: true, force: true });
  }
}

function summary(stdout: string): Pick<HostileRun, 'unfinished' | 'untyped' | 'done' | 'refused'> {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const cases: { begin?: string; end?: string; outcome?: string; error?: string }[] = lines.map((line) =>
    JSON.parse(line),
  );
  const count = (outcome: string) => cases.filter((one) => one.outcome === outcome).length;
  return {
    unfinished: cases.at(-1)?.begin,
    untyped: cases.filter((one) => one.outcome === 'untyped').map((one) => `${one.end}: ${one.error}`),
    done: count('done'),
    refused: count('refused'),
  };
}
