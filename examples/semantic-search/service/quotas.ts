/* How often a key may ask: a bucket that fills at an even rate. */
import type { Caller } from './auth.ts';
import { ServiceError } from './errors.ts';

/** Takes one request of a caller. @throws `RateLimited`, with the seconds to wait. */
export type TakeRequest = (caller: Caller) => void;

/** @param now Milliseconds that never go back. */
export function requestQuotas(now: () => number = () => performance.now()): TakeRequest {
  const buckets = new Map<string, { left: number; at: number }>();
  return ({ key, requestsPerMinute }) => {
    if (requestsPerMinute === undefined) return;
    const perMs = requestsPerMinute / 60_000;
    const { left, at } = buckets.get(key) ?? { left: requestsPerMinute, at: now() };
    const filled = Math.min(requestsPerMinute, left + (now() - at) * perMs);
    buckets.set(key, { left: filled < 1 ? filled : filled - 1, at: now() });
    if (filled >= 1) return;
    const wait = Math.ceil((1 - filled) / perMs / 1_000);
    throw new ServiceError(429, 'RateLimited', `at most ${requestsPerMinute} requests a minute with this key`, wait);
  };
}
