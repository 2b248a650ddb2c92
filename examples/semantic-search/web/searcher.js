/** Questions as they are typed: one at a time, the newest wins. */
/** @import { PageState, SearchAnswer } from './contract.ts' */
/** @import { ServiceError } from './service-error.js' */
import * as api from './api.js';
import { patiently } from './retry.js';

/**
 * @typedef {object} Listener
 * @property {() => void} onStart
 * @property {(answer: SearchAnswer, roundTripMs: number, asked: PageState) => void} onAnswer
 * @property {(error: unknown) => void} onFailure
 * @property {(error: ServiceError, seconds: number) => void} onWait
 */

/** @param {Listener} listener */
export function createSearcher({ onStart, onAnswer, onFailure, onWait }) {
  let running = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {PageState} state */
  async function run(state) {
    const { signal } = running;
    onStart();
    try {
      let began = 0;
      const ask = () => {
        began = performance.now();
        return api.search(state, signal);
      };
      const answer = await patiently(ask, signal, onWait);
      // An answer that was on its way when the question changed is of no use any more.
      if (!signal.aborted) onAnswer(answer, performance.now() - began, state);
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
  }

  const cancel = () => {
    clearTimeout(timer);
    running.abort();
    running = new AbortController();
  };

  return {
    /** Forgets the question that is on its way. */
    cancel,
    /**
     * @param {PageState} state
     * @param {number} delayMs Waits so long for the next key.
     */
    ask(state, delayMs) {
      cancel();
      if (delayMs > 0) timer = setTimeout(() => run(state), delayMs);
      else void run(state);
    },
  };
}
