/** The search box, the ranking, the backend, and what a narrow screen shows. */
/** @import { PageState, Stats } from './contract.ts' */
import { modes } from './answers.js';
import { byId, h } from './dom.js';
import { views } from './state.js';

/**
 * @typedef {object} Actions
 * @property {(q: string) => void} type
 * @property {() => void} submit
 * @property {(change: Partial<PageState>) => void} go
 */

/** @param {Actions} actions */
export function createControls({ type, submit, go }) {
  const box = byId('q', HTMLInputElement);
  const backend = byId('backend', HTMLSelectElement);
  const backendControl = byId('backend-control', HTMLLabelElement);
  const expand = byId('map-expand', HTMLButtonElement);
  const modeRadios = radios('modes');
  const viewRadios = radios('views');
  filtersButton();

  box.addEventListener('input', () => type(box.value));
  byId('search-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  for (const radio of modeRadios) {
    radio.addEventListener('change', () => go({ mode: modes.find((mode) => mode === radio.value) ?? 'hybrid' }));
  }
  for (const radio of viewRadios) {
    radio.addEventListener('change', () => go({ view: views.find((view) => view === radio.value) ?? 'results' }));
  }
  backend.addEventListener('change', () => go({ backend: backend.value }));
  expand.addEventListener('click', () => go({ view: document.body.dataset.view === 'map' ? 'results' : 'map' }));

  return {
    /**
     * @param {PageState} state
     * @param {Stats | undefined} stats
     */
    sync(state, stats) {
      if (box.value !== state.q) box.value = state.q;
      for (const radio of modeRadios) radio.checked = radio.value === state.mode;
      for (const radio of viewRadios) radio.checked = radio.value === state.view;
      document.body.dataset.view = state.view;
      expand.setAttribute('aria-pressed', String(state.view === 'map'));
      expand.textContent = state.view === 'map' ? 'Shrink' : 'Enlarge';
      if (stats !== undefined) syncBackends(state, stats);
    },
  };

  /**
   * @param {PageState} state
   * @param {Stats} stats
   */
  function syncBackends(state, { backends, defaultBackend }) {
    const names = backends.map(({ name }) => name);
    // The address may name one that is gone: the service's error will say so.
    const all = state.backend === '' || names.includes(state.backend) ? names : [...names, state.backend];
    if (all.join('\n') !== [...backend.options].map(({ value }) => value).join('\n')) {
      backend.replaceChildren(...all.map((name) => h('option', { value: name }, name)));
    }
    backend.value = state.backend || defaultBackend;
    backendControl.hidden = all.length < 2;
  }
}

/** @param {string} group Id of the fieldset. */
const radios = (group) =>
  [...byId(group, HTMLFieldSetElement).querySelectorAll('input')].filter((input) => input.type === 'radio');

/** On a narrow screen the filters come and go. */
function filtersButton() {
  const button = byId('filters-button', HTMLButtonElement);
  const filters = byId('filters', HTMLElement);
  /** @param {boolean} open */
  const set = (open) => {
    document.body.classList.toggle('filters-open', open);
    button.setAttribute('aria-expanded', String(open));
  };
  byId('filters-done', HTMLButtonElement).addEventListener('click', () => {
    set(false);
    button.focus();
  });
  button.addEventListener('click', () => set(button.getAttribute('aria-expanded') !== 'true'));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || button.getAttribute('aria-expanded') !== 'true') return;
    if (event.target instanceof Node && (filters.contains(event.target) || button.contains(event.target))) {
      set(false);
      button.focus();
    }
  });
}
