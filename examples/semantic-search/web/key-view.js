/** Asks for the API key when the service wants one. */
import { byId } from './dom.js';
import { storedKey, storeKey } from './key-store.js';

/** @param {{ given: () => void, refused: () => void }} actions When a key was entered, and when the person did not want to. */
export function createKeyView({ given, refused }) {
  const dialog = byId('key-dialog', HTMLDialogElement);
  const input = byId('key', HTMLInputElement);
  const problem = byId('key-problem', HTMLParagraphElement);
  const button = byId('key-button', HTMLButtonElement);
  let answered = false;

  /** @param {string} text */
  const ask = (text) => {
    button.hidden = false;
    if (dialog.open) return;
    answered = false;
    input.value = '';
    problem.textContent = text;
    dialog.showModal();
    input.focus();
  };
  button.hidden = storedKey() === '';
  button.addEventListener('click', () => ask(''));
  byId('key-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    storeKey(input.value.trim());
    answered = true;
    dialog.close();
    given();
  });
  byId('key-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    if (!answered) refused();
  });

  return {
    /** The service wants a key: none was given, or not a good one. */
    demand() {
      ask(storedKey() === '' ? '' : 'The service does not know that key.');
    },
    /** Asked for by the person. */
    ask: () => ask(''),
  };
}
