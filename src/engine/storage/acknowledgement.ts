import type { OperationLog } from './log.ts';
import type { StorageSettings } from './settings.ts';
import { asUncertain } from './uncertain.ts';

/** Decides when a write that was appended to the log may be acknowledged. */
export class Acknowledgement {
  readonly #settings: StorageSettings;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: StorageSettings) {
    this.#settings = settings;
  }

  /**
   * Returns once what the log holds may be acknowledged.
   *
   * @throws `Durability` under `always`: whether the write will be found again is unknown then.
   */
  async of(log: OperationLog): Promise<void> {
    if (log.durableBytes === log.byteLength) return;
    switch (this.#settings.durability) {
      case 'always':
        return log.sync().catch((error: unknown) => {
          throw asUncertain(error);
        });
      case 'interval':
        return this.#syncLater(log);
      case 'memory':
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #syncLater(log: OperationLog): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // The log has taken note: the next write is refused.
      log.sync().catch(() => undefined);
    }, this.#settings.syncIntervalMs);
    // Nobody waits for it: a process that has nothing else to do may end, and the operating system writes the rest.
    if (typeof this.#timer === 'object') this.#timer.unref?.();
  }
}
