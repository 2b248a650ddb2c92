/** Asks again by itself where waiting helps: the service is away or wants a pause. */
import { ServiceError } from './service-error.js';

/**
 * @template T
 * @param {() => Promise<T>} work
 * @param {AbortSignal} signal Ends the waiting.
 * @param {(error: ServiceError, seconds: number) => void} onWait
 * @returns {Promise<T>}
 * @throws {ServiceError} of the kinds that waiting does not help.
 */
export async function patiently(work, signal, onWait) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ServiceError) || !passing.includes(error.code)) throw error;
      const seconds = error.retryAfterS ?? Math.min(30, 2 ** attempt);
      onWait(error, seconds);
      await sleep(Math.max(0.2, seconds), signal);
    }
  }
}

const passing = ['Offline', 'RateLimited', 'Unavailable', 'HTTP 429', 'HTTP 503'];

/**
 * Ends early when the browser is online again.
 * @param {number} seconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function sleep(seconds, signal) {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const end = () => {
      clearTimeout(timer);
      over.abort();
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, 1000 * seconds);
    signal.addEventListener('abort', end, { signal: over.signal });
    globalThis.addEventListener('online', end, { signal: over.signal });
  });
}
