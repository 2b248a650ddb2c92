import type { Consistency } from '../../src/types.ts';
import { consistencyLevels, type ReadMoment } from './wire/requests.ts';

/**
 * From which moment on reads must have seen everything.
 *
 * Every write answers with the server's timestamp; a read that names it waits just until the write is visible, which is no wait at all once it
 * is. (`Strong` waits for the next tick of the server's clock on every read, 200 ms by default; `Session` without a timestamp, which is all
 * that the official client can ask for, does not see the write.) A handle that has not read yet knows no timestamp, and what others wrote
 * just before it was opened must be there: its first read is a `Strong` one. So is the first read after a delete, which 2.3 answers without a
 * timestamp, and the first after the collection was loaded again: the server then replays its log, and what a `Strong` read had seen before
 * is not there yet (measured: deleted records came back for some milliseconds).
 */
export class Session {
  #lastWrite = 0n;
  #caughtUp = false;
  /** `Strong` reads under way that began since the state was last in doubt. */
  #strong = new WeakSet<ReadMoment>();

  /** A write was acknowledged. A server that gives no timestamp makes the next read a `Strong` one. */
  wrote(timestamp: bigint): void {
    if (timestamp === 0n) this.doubt();
    else if (timestamp > this.#lastWrite) this.#lastWrite = timestamp;
  }

  /** The next read is a `Strong` one. */
  doubt(): void {
    this.#caughtUp = false;
    this.#strong = new WeakSet();
  }

  moment(consistency: Consistency): ReadMoment {
    if (consistency === 'eventual') return { level: consistencyLevels.eventually, timestamp: 0n };
    if (consistency === 'strong' || !this.#caughtUp) {
      const moment = { level: consistencyLevels.strong, timestamp: 0n };
      this.#strong.add(moment);
      return moment;
    }
    if (this.#lastWrite === 0n) return { level: consistencyLevels.bounded, timestamp: 0n };
    return { level: consistencyLevels.session, timestamp: this.#lastWrite };
  }

  /** A read was answered. */
  answered(moment: ReadMoment): void {
    if (this.#strong.has(moment)) this.#caughtUp = true;
  }
}
