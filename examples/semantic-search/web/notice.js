/** The line below the header that says what is wrong at the moment, and what happens next. */
import { byId } from './dom.js';

/** @typedef {{ text: string, seconds?: number, action?: { label: string, run: () => void } }} Notice */

export function createNotices() {
  const line = byId('notice', HTMLDivElement);
  const text = byId('notice-text', HTMLParagraphElement);
  const countdown = byId('notice-countdown', HTMLSpanElement);
  const button = byId('notice-action', HTMLButtonElement);
  /** @type {Map<string, Notice>} What each part of the page has to say. */
  const notices = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;
  button.addEventListener('click', () => first()?.action?.run());

  const first = () => notices.values().next().value;
  const show = () => {
    clearInterval(ticking);
    const notice = first();
    line.hidden = notice === undefined;
    // The same words again would be spoken again.
    if (text.textContent !== (notice?.text ?? '')) text.textContent = notice?.text ?? '';
    button.hidden = notice?.action === undefined;
    button.textContent = notice?.action?.label ?? '';
    countdown.textContent = '';
    if (notice?.seconds !== undefined) count(performance.now() + 1000 * notice.seconds);
  };
  /** @param {number} until */
  const count = (until) => {
    const tick = () => {
      const left = Math.ceil((until - performance.now()) / 1000);
      countdown.textContent = left > 0 ? `Asking again in ${left} s` : 'Asking again…';
    };
    tick();
    ticking = setInterval(tick, 250);
  };

  return {
    /**
     * @param {string} part
     * @param {Notice} notice
     */
    set(part, notice) {
      notices.set(part, notice);
      show();
    },
    /** @param {string} part */
    clear(part) {
      if (notices.delete(part)) show();
    },
  };
}
