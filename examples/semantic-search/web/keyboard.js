/** Keys that work everywhere: "/" goes to the search box, arrows go through the results, Escape goes back. */
import { byId } from './dom.js';

export function listenToKeyboard() {
  const box = byId('q', HTMLInputElement);
  const hits = byId('hits', HTMLOListElement);
  const links = () => [...hits.querySelectorAll('h3 a')].filter((link) => link instanceof HTMLAnchorElement);

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const { target } = event;
    if (event.key === '/' && !isTyping(target)) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (target === box && event.key === 'ArrowDown') {
      event.preventDefault();
      links()[0]?.focus();
    } else if (target instanceof Node && hits.contains(target)) {
      within(event);
    }
  });

  /** @param {KeyboardEvent} event */
  const within = (event) => {
    const all = links();
    const current = document.activeElement?.closest('.hit');
    const at = all.findIndex((link) => link.closest('.hit') === current);
    const goal = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1, Escape: -1 }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    if (goal < 0) box.focus();
    else all[Math.min(goal, all.length - 1)]?.focus();
  };
}

/** @param {EventTarget | null} target */
const isTyping = (target) =>
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLInputElement && !['radio', 'checkbox', 'button'].includes(target.type));
