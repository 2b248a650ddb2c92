/** The page: one state, which the address bar holds, and the parts that show it. */
/** @import { Field, MapAnswer, PageState, SearchAnswer, Stats } from './contract.ts' */
import * as api from './api.js';
import { createControls } from './controls.js';
import { createDocumentView } from './document-view.js';
import { byId } from './dom.js';
import { usefulFields } from './fields.js';
import { toggleValue } from './filter-model.js';
import { createFiltersView } from './filters-view.js';
import { createKeyView } from './key-view.js';
import { listenToKeyboard } from './keyboard.js';
import { createMapView } from './map-view.js';
import { createNotices } from './notice.js';
import { createResultsView } from './results-view.js';
import { patiently } from './retry.js';
import { createSearcher } from './searcher.js';
import { ServiceError } from './service-error.js';
import { createSpeedView } from './speed-view.js';
import { initialState, readState, writeState } from './state.js';
import { suggestionsOf } from './suggestions.js';
import { createThemeSwitch } from './theme.js';

/** A pause between keys, so that a word is one question and not one per letter. */
const typingPauseMs = 110;
/** The figures are asked for again at most so often. */
const statsPauseMs = 3000;

let state = readState(location.search);
/** @type {{ fields?: readonly Field[], stats?: Stats, map?: MapAnswer, answer?: SearchAnswer }} */
const known = {};
/** Titles of what may be opened, by id. @type {Map<string, string>} */
const titles = new Map();
/** While one types, the address changes in place: "back" goes back to the question before. */
let typing = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typingEnds;

const notices = createNotices();
const keyView = createKeyView({ given: loadEverything, refused: askLater });
const documentView = createDocumentView({ closed: closeDocument, failed: needsKey });
const mapView = createMapView({ open: (point) => openDocument(point.documentId, point.title) });
const speedView = createSpeedView(() => api.search(state, AbortSignal.timeout(60_000), true));
const filtersView = createFiltersView((change) => go({ filter: change(state.filter), k: initialState.k }));
const resultsView = createResultsView({
  address: (hit) => writeState({ ...state, doc: hit.documentId }),
  open: (hit) => openDocument(hit.documentId, hit.title),
  point: (hit) => mapView.point(hit?.documentId),
  narrow: (field, value) => go({ filter: toggleValue(state.filter, field, value), k: initialState.k }),
  more: (k) => go({ k }),
  clearFilters: () => go({ filter: {}, k: initialState.k }),
  suggest: (q) => {
    go({ q, k: initialState.k });
    byId('q', HTMLInputElement).focus();
  },
});
const controls = createControls({
  type: (q) => {
    go({ q, k: initialState.k }, { replace: typing, delayMs: typingPauseMs });
    typing = true;
    clearTimeout(typingEnds);
    typingEnds = setTimeout(endTyping, 1500);
  },
  submit: () => {
    endTyping();
    search(0);
  },
  go,
});
const searcher = createSearcher({
  onStart: () => resultsView.setBusy(true),
  onAnswer: (answer, roundTripMs, asked) => {
    notices.clear('search');
    resultsView.setBusy(false);
    known.answer = answer;
    resultsView.show(answer, asked, known.fields ?? []);
    mapView.mark(answer.hits);
    speedView.showAnswer(answer, roundTripMs);
    refreshStats();
  },
  onFailure: (error) => {
    notices.clear('search');
    resultsView.setBusy(false);
    if (!needsKey(error)) resultsView.fail(messageOf(error));
  },
  onWait: (error, seconds) => notices.set('search', { text: pauseText(error), seconds }),
});

/**
 * Changes what is shown, and the address with it.
 * @param {Partial<PageState>} change
 * @param {{ replace?: boolean, delayMs?: number }} [how] `replace` leaves no step in the history.
 */
function go(change, { replace = false, delayMs = 0 } = {}) {
  const before = state;
  if (change.q === undefined) endTyping();
  state = { ...state, ...change };
  const address = `${location.pathname}${writeState(state)}`;
  if (replace) history.replaceState(history.state, '', address);
  else history.pushState(null, '', address);
  follow(before, delayMs);
}

function endTyping() {
  typing = false;
  clearTimeout(typingEnds);
}

/**
 * Brings the page in line with the state.
 * @param {PageState | undefined} before
 * @param {number} delayMs
 */
function follow(before, delayMs) {
  controls.sync(state, known.stats);
  filtersView.sync(state.filter);
  document.title = state.q === '' ? 'Semantic search' : `${state.q} · Semantic search`;
  if (before === undefined || questionOf(before) !== questionOf(state)) search(delayMs);
  if (before !== undefined && before.backend !== state.backend) {
    void loadMap();
    if (known.stats !== undefined) speedView.showStats(known.stats, state);
  }
  if (before?.doc !== state.doc) {
    if (state.doc === '') documentView.close();
    else void documentView.open(state.doc, titles.get(state.doc) ?? '');
  }
}

/** @param {PageState} of What changes the answer. */
const questionOf = ({ q, mode, filter, backend, k }) => JSON.stringify([q.trim(), mode, filter, backend, k]);

/** @param {number} delayMs */
function search(delayMs) {
  if (state.q.trim() !== '') return searcher.ask({ ...state, q: state.q.trim() }, delayMs);
  searcher.cancel();
  notices.clear('search');
  resultsView.setBusy(false);
  delete known.answer;
  mapView.mark([]);
  speedView.showNothing();
  welcome();
}

function welcome() {
  const all = known.map?.points.map(({ title }) => title) ?? [];
  resultsView.welcome({ count: known.stats?.count, titles: suggestionsOf(all) });
}

/**
 * @param {string} doc
 * @param {string} title
 */
function openDocument(doc, title) {
  titles.set(doc, title);
  endTyping();
  const before = state;
  state = { ...state, doc };
  history.pushState({ opened: true }, '', `${location.pathname}${writeState(state)}`);
  follow(before, 0);
}

/** Undoes the step that opening was, so that "back" does not open it again. */
function closeDocument() {
  if (state.doc === '') return;
  if (history.state?.opened === true) history.back();
  else go({ doc: '' }, { replace: true });
}

/** @type {AbortController} */
let loading = new AbortController();

function loadEverything() {
  loading.abort();
  loading = new AbortController();
  notices.clear('key');
  void load(
    'fields',
    (signal) => api.fields(signal),
    filtersView.fail,
    (found) => {
      const fields = usefulFields(found.fields);
      known.fields = fields;
      filtersView.show({ ...found, fields }, state.filter);
      if (known.answer !== undefined) resultsView.show(known.answer, state, fields);
    },
  );
  void load('stats', (signal) => api.stats(signal), speedView.fail, showStats);
  void loadMap();
  follow(undefined, 0);
}

function loadMap() {
  const { backend } = state;
  return load(
    'map',
    (signal) => api.map(backend, signal),
    mapView.fail,
    (map) => {
      if (backend !== state.backend) return;
      known.map = map;
      for (const { documentId, title } of map.points) titles.set(documentId, title);
      mapView.show(map);
      if (state.q.trim() === '') welcome();
    },
  );
}

/** @param {Stats} stats */
function showStats(stats) {
  known.stats = stats;
  controls.sync(state, stats);
  speedView.showStats(stats, state);
  if (state.q.trim() === '') welcome();
}

/**
 * @template T
 * @param {string} part
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @param {(message: string) => void} fail
 * @param {(value: T) => void} show
 */
async function load(part, work, fail, show) {
  const { signal } = loading;
  try {
    const value = await patiently(
      () => work(signal),
      signal,
      (error, seconds) => notices.set(part, { text: pauseText(error), seconds }),
    );
    notices.clear(part);
    show(value);
  } catch (error) {
    if (signal.aborted) return;
    notices.clear(part);
    if (!needsKey(error)) fail(messageOf(error));
  }
}

let statsAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let statsTimer;

/** Soon, not with every key: the figures of a service are of no hurry. */
function refreshStats() {
  clearTimeout(statsTimer);
  const wait = Math.max(150, statsAt + statsPauseMs - performance.now());
  statsTimer = setTimeout(async () => {
    statsAt = performance.now();
    // They come again with the next search: a failure now is of no interest.
    await api.stats(loading.signal).then(showStats, () => undefined);
  }, wait);
}

/** @param {unknown} error */
function needsKey(error) {
  if (!(error instanceof ServiceError) || !['Unauthenticated', 'HTTP 401'].includes(error.code)) return false;
  keyView.demand();
  return true;
}

function askLater() {
  if (known.stats !== undefined) return;
  notices.set('key', {
    text: 'This service needs a key before it answers.',
    action: { label: 'Enter the key', run: keyView.ask },
  });
}

/** @param {ServiceError} error */
function pauseText({ code, message }) {
  if (code === 'Offline') return 'The service does not answer: it may be starting, or the connection is gone.';
  if (code === 'RateLimited' || code === 'HTTP 429')
    return 'That was more than the service allows: it asks for a pause.';
  return `The service is not ready: ${message}`;
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

globalThis.addEventListener('popstate', () => {
  const before = state;
  endTyping();
  state = readState(location.search);
  follow(before, 0);
});
createThemeSwitch(() => mapView.recolour());
listenToKeyboard();
loadEverything();
