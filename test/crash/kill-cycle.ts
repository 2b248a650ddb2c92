import { spawn } from 'node:child_process';
import type { Durability } from '../../src/engine/storage/settings.ts';
import { History } from './history.ts';
import { Model } from './model.ts';
import type { CrashOp } from './operations.ts';

/** How a writer is to end. */
export interface KillPlan {
  readonly durability: Durability;
  readonly seed: number;
  /** Milliseconds until it is killed from outside: from when it begins to open the database, or from when it has read everything back. */
  readonly afterMs: number;
  readonly from: 'opening' | 'opened';
  /** It kills itself at this call, if it comes to it before. */
  readonly killPoint?: string;
  /** It loses what it keeps back in its own memory. */
  readonly planted?: boolean;
}

/** What a writer said before its end. */
interface Said {
  readonly found: Map<string, string> | undefined;
  readonly lines: readonly { S?: CrashOp[]; A?: number }[];
  readonly signal: string | null;
  readonly code: number | null;
  readonly stderr: string;
}

/** One directory through many lives: each writer finds what the one before had acknowledged. */
export class KillCycle {
  readonly #writer: string;
  readonly #directory: string;
  #history = new History();
  acknowledged = 0;
  kills = 0;
  /** Killed before it had read everything back. */
  duringRecovery = 0;
  byKillPoint = 0;

  constructor(writer: string, directory: string) {
    this.#writer = writer;
    this.#directory = directory;
  }

  /** Starts a writer, kills it, checks what it found. Throws where something acknowledged is missing. */
  async run(plan: KillPlan): Promise<void> {
    const said = await this.#life(plan);
    if (said.signal !== 'SIGKILL')
      throw new Error(`the writer ended by itself with ${said.code}: ${said.stderr.slice(0, 2_000)}`);
    this.kills += 1;
    if (plan.killPoint !== undefined && !said.stderr.includes(killedFromOutside)) this.byKillPoint += 1;
    if (said.found === undefined) {
      this.duringRecovery += 1;
      return;
    }
    const complaint = this.#history.complaint(said.found, this.#moment);
    if (complaint !== undefined) throw new Error(complaint);
    this.#history = new History(Model.of(said.found));
    this.#moment = 0;
    this.#enter(said.lines);
  }

  #moment = 0;

  #enter(lines: Said['lines']): void {
    let steps: ReturnType<History['submit']> = [];
    for (const line of lines) {
      this.#moment += 1;
      if (line.S !== undefined) steps = this.#history.submit(line.S, this.#moment);
      if (line.A === undefined) continue;
      steps[line.A]!.kept = this.#moment;
      this.acknowledged += 1;
    }
  }

  async #life({ durability, seed, afterMs, from, killPoint = 'none', planted = false }: KillPlan): Promise<Said> {
    const args = [this.#writer, this.#directory, durability, String(seed), killPoint, ...(planted ? ['planted'] : [])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, errors]: Buffer[][] = [[], []];
    child.stderr.on('data', (data: Buffer) => errors!.push(data));
    let [timer, lines]: [NodeJS.Timeout | undefined, number] = [undefined, 0];
    child.stdout.on('data', (data: Buffer) => {
      out!.push(data);
      lines += data.toString('latin1').split('\n').length - 1;
      if (lines < (from === 'opened' ? 2 : 1)) return;
      timer ??= setTimeout(() => {
        errors!.push(Buffer.from(killedFromOutside));
        child.kill('SIGKILL');
      }, afterMs);
    });
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      child.on('close', (...ended) => resolve(ended));
    });
    clearTimeout(timer);
    // A last line without its end was cut off by the kill: it was not said.
    const said = Buffer.concat(out!)
      .toString('utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    const [, first, ...others] = said;
    return {
      found: first && new Map(first.found),
      lines: others,
      signal,
      code,
      stderr: Buffer.concat(errors!).toString('utf8'),
    };
  }
}

const killedFromOutside = '\nkilled from outside\n';
