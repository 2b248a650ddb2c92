/** What a search took, and what the service measures of itself. */
/** @import { PageState, SearchAnswer, Stats } from './contract.ts' */
import { byId, h } from './dom.js';
import * as format from './format.js';

/** How many searches the row of bars remembers. */
const remembered = 32;

/** @param {() => Promise<SearchAnswer>} searchExactly The last question again, compared with every document. */
export function createSpeedView(searchExactly) {
  const query = byId('speed-query', HTMLDivElement);
  const service = byId('speed-service', HTMLDivElement);
  /** @type {number[]} */
  const history = [];

  return {
    /**
     * @param {SearchAnswer} answer
     * @param {number} roundTripMs As the browser saw it.
     */
    showAnswer(answer, roundTripMs) {
      history.push(answer.timings.searchMs);
      if (history.length > remembered) history.shift();
      query.replaceChildren(
        ...answerParts(answer, roundTripMs),
        ...sparkline(history),
        exactCheck(answer, searchExactly),
      );
    },
    /** Before the first question. */
    showNothing() {
      if (history.length === 0) query.replaceChildren(h('p', { class: 'quiet' }, 'Search once to see what it takes.'));
    },
    /**
     * @param {Stats} stats
     * @param {PageState} state
     */
    showStats(stats, state) {
      service.replaceChildren(latencyTable(stats), recallMeter(stats), facts(stats, state));
    },
    /** @param {string} message */
    fail(message) {
      service.replaceChildren(h('p', { class: 'problem' }, message));
    },
  };
}

/**
 * @param {SearchAnswer} answer
 * @param {number} roundTripMs
 */
function answerParts({ timings, variant }, roundTripMs) {
  const { embedMs, searchMs } = timings;
  const parts = [
    { name: 'search', value: searchMs },
    { name: 'embedding', value: embedMs },
    { name: 'transport', value: Math.max(0, roundTripMs - embedMs - searchMs) },
  ];
  const bar = h('div', { class: 'stack', 'aria-hidden': 'true' });
  for (const { name, value } of parts) {
    const piece = h('span', { class: `part-${name}` });
    piece.style.flexGrow = String(value);
    bar.append(piece);
  }
  const key = parts.map(({ name, value }) =>
    h(
      'div',
      { class: 'parts-row' },
      h('dt', {}, h('span', { class: `swatch part-${name}`, 'aria-hidden': 'true' }), name),
      h('dd', {}, `${format.ms(value)} ms`),
    ),
  );
  const which = variant === '' || variant === 'default' ? '' : ` · variant ${variant}`;
  return [
    h('h3', {}, 'This search'),
    h(
      'p',
      { class: 'figure' },
      h('strong', {}, format.ms(roundTripMs)),
      ' ms',
      h('span', { class: 'quiet' }, ` from request to answer${which}`),
    ),
    bar,
    h('dl', { class: 'parts' }, key),
  ];
}

/** @param {readonly number[]} history Milliseconds, oldest first. */
function sparkline(history) {
  if (history.length < 3) return [];
  const highest = Math.max(...history);
  const bars = history.map((value, i) => {
    const bar = h('span', { class: i === history.length - 1 ? 'now' : '', title: `${format.ms(value)} ms` });
    bar.style.height = `${Math.max(6, (100 * value) / highest)}%`;
    return bar;
  });
  const label = `Search time of the last ${history.length}: ${format.ms(Math.min(...history))} to ${format.ms(highest)} ms`;
  return [
    h(
      'div',
      { class: 'history' },
      h('div', { class: 'sparkline', role: 'img', 'aria-label': label }, bars),
      h('p', { class: 'quiet', 'aria-hidden': 'true' }, label),
    ),
  ];
}

/**
 * @param {SearchAnswer} answer
 * @param {() => Promise<SearchAnswer>} searchExactly
 */
function exactCheck(answer, searchExactly) {
  const verdict = h('p', { class: 'verdict', role: 'status' });
  if (answer.mode === 'bm25') return h('p', { class: 'quiet' }, 'BM25 is exact: there is no recall to lose.');
  if (answer.hits.length === 0) return verdict;
  const compare = async () => {
    button.disabled = true;
    verdict.textContent = 'Comparing with every document…';
    try {
      verdict.replaceChildren(...verdictOf(answer, await searchExactly()));
    } catch (error) {
      verdict.textContent = error instanceof Error ? error.message : String(error);
    }
    button.disabled = false;
  };
  const button = h(
    'button',
    { class: 'button small', type: 'button', click: () => void compare() },
    'Compare with exact search',
  );
  return h('div', { class: 'exact' }, button, verdict);
}

/**
 * @param {SearchAnswer} answer
 * @param {SearchAnswer} exact
 */
function verdictOf(answer, exact) {
  const truth = new Set(exact.hits.map(({ id }) => id));
  const same = answer.hits.filter(({ id }) => truth.has(id)).length;
  const time = `${format.ms(exact.timings.searchMs)} ms instead of ${format.ms(answer.timings.searchMs)} ms`;
  return [h('strong', {}, `${same} of ${exact.hits.length}`), ` results are the same; exact took ${time}.`];
}

/** @param {Stats} stats */
function latencyTable({ latency, byMode }) {
  if (latency === undefined) return h('p', { class: 'quiet' }, 'The service has answered no search yet.');
  const rows =
    byMode.length > 1
      ? [...byMode, { mode: 'all', latency }]
      : byMode.length === 1
        ? byMode
        : [{ mode: 'all', latency }];
  const head = ['', 'p50', 'p95', 'p99', 'searches'].map((name) => h('th', { scope: 'col' }, name));
  return h(
    'table',
    { class: 'latency' },
    h('caption', {}, 'All searches, without embedding, in ms'),
    h('thead', {}, h('tr', {}, head)),
    h(
      'tbody',
      {},
      rows.map(({ mode, latency: { p50, p95, p99, count } }) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, mode === 'bm25' ? 'BM25' : mode),
          ...[p50, p95, p99].map((value) => h('td', {}, format.ms(value))),
          h('td', {}, format.count(count)),
        ),
      ),
    ),
  );
}

/** @param {Stats} stats */
function recallMeter({ recall }) {
  if (recall === undefined) {
    return h(
      'div',
      { class: 'recall' },
      h('h3', {}, 'Recall'),
      h('p', { class: 'quiet' }, 'Not sampled yet: some searches are repeated exactly, and compared.'),
    );
  }
  const label = `Recall at ${recall.k}`;
  const share = format.percent(recall.mean).replace(/^100 %$/, recall.mean < 1 ? '> 99 %' : '100 %');
  const meter = h('span', { class: 'meter', role: 'img', 'aria-label': `${label}: ${share}` }, h('span'));
  if (meter.firstElementChild instanceof HTMLElement) meter.firstElementChild.style.width = `${100 * recall.mean}%`;
  return h(
    'div',
    { class: 'recall' },
    h('h3', {}, label),
    h(
      'p',
      { class: 'figure' },
      h('strong', {}, share),
      h('span', { class: 'quiet' }, ` over ${format.plural(recall.sampled, 'sampled search', 'sampled searches')}`),
    ),
    meter,
  );
}

/**
 * @param {Stats} stats
 * @param {PageState} state
 */
function facts({ backends, defaultBackend, count, model, uptimeS }, state) {
  const name = state.backend || defaultBackend;
  const backend = backends.find((one) => one.name === name);
  const rows = [
    ['Documents', format.count(count)],
    ['Backend', [name, backend?.index].filter(Boolean).join(', ')],
    ['Address', backend?.url ?? ''],
    ['Model', [model.name, model.dimension > 0 ? `${model.dimension} dimensions` : ''].filter(Boolean).join(', ')],
    ['Running for', format.duration(uptimeS)],
  ].filter(([, value]) => value !== '');
  return h(
    'dl',
    { class: 'facts-list' },
    rows.map(([term = '', value = '']) => h('div', { class: 'facts-row' }, h('dt', {}, term), h('dd', {}, value))),
  );
}
