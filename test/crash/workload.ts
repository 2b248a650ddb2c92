import type { FileSystem } from '../../src/engine/storage/filesystem.ts';
import type { Durability } from '../../src/engine/storage/settings.ts';
import { openDatabase, Session } from './database.ts';
import type { Generator } from './generate.ts';
import { History } from './history.ts';
import type { CrashOp } from './operations.ts';

/**
 * Carries random operations out on a database, and keeps the history of what was asked and acknowledged. `now` is the clock of that history.
 *
 * Where writes are not durable on their own, what a flush acknowledges is what must survive; creating, dropping and indexing always must.
 */
export class Workload {
  readonly history: History;
  readonly #session: Session;
  readonly #durability: Durability;
  readonly #now: () => number;

  constructor(session: Session, durability: Durability, now: () => number, history = new History()) {
    this.history = history;
    this.#session = session;
    this.#durability = durability;
    this.#now = now;
  }

  async run(generator: Generator, groups: number): Promise<void> {
    for (let i = 0; i < groups; i++) {
      // Nothing else here takes so long that a timer could fire.
      if (this.#durability === 'interval') await new Promise((resolve) => setTimeout(resolve, 2));
      await this.perform(generator.group(this.history.model));
    }
  }

  async perform(ops: readonly CrashOp[]): Promise<void> {
    const steps = this.history.submit(ops, this.#now());
    await Promise.all(
      steps.map(async (step) => {
        await this.#session.perform(step.op);
        if (this.#isDurable(step.op)) step.kept = this.#now();
        if (step.op.kind === 'flush') this.history.keepAll(step.op.collection, this.#now());
      }),
    );
  }

  #isDurable({ kind }: CrashOp): boolean {
    return kind === 'create' || kind === 'drop' || this.#durability === 'always';
  }
}

/** Opens, uses and closes a database. */
export async function withSession<T>(
  fs: FileSystem,
  durability: Durability,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const db = await openDatabase(fs, durability);
  try {
    return await use(new Session(db));
  } finally {
    await db.close();
  }
}
