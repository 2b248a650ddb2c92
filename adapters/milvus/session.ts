import type { Consistency } from '../../src/types.ts';
import { consistencyLevels, type ReadMoment } from './wire/requests.ts';

/**
 * From which moment on reads must have seen everything.
 *
 * Every write answers with the server's timestamp; a read that names it waits just until the write is visible, which is no wait at all once it
 * is. (`Strong` waits for the next tick of the server's clock on every read, 200 ms by default; `Session` without a timestamp, which is all
 * that the official client can ask for, does not see the write.) A handle that has not read yet knows no timestamp, and what others wrote
 * just before it was opened must be there: its first read is a `Strong` one.
 */
export class Session {
  #lastWrite = 0n;
  #caughtUp = false;

  /** A write was acknowledged. A server that gives no timestamp makes the next read a `Strong` one. */
  wrote(timestamp: bigint): void {
    if (timestamp === 0n) this.#caughtUp = false;
    else if (timestamp > this.#lastWrite) this.#lastWrite = timestamp;
  }

  moment(consistency: Consistency): ReadMoment {
    if (consistency === 'eventual') return { level: consistencyLevels.eventually, timestamp: 0n };
    if (consistency === 'strong' || !this.#caughtUp) return { level: consistencyLevels.strong, timestamp: 0n };
    if (this.#lastWrite === 0n) return { level: consistencyLevels.bounded, timestamp: 0n };
    return { level: consistencyLevels.session, timestamp: this.#lastWrite };
  }

  /** A read was answered. */
  answered({ level }: ReadMoment): void {
    if (level === consistencyLevels.strong) this.#caughtUp = true;
  }
}
