import { spawn } from 'node:child_process';
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

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Runs one part of the hostile inputs against an adapter, in a process of its own. */
export async function hostileRun(adapter: string, part: string, seed = 1): Promise<HostileRun> {
  const args = ['--import', path('typescript-loader.mjs'), path('hostile-inputs.ts'), adapter, part, String(seed)];
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...ended) => resolve(ended));
  });
  return { code, signal, stderr, ...summary(stdout) };
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
