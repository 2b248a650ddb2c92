/** What stands in the place of results, or below them. */
/** @import { PageState, SearchAnswer } from './contract.ts' */
import { h } from './dom.js';
import * as format from './format.js';
import { isEmpty } from './state.js';

/**
 * Says that BM25 stood in.
 * @param {SearchAnswer} answer
 */
export function fallbackNote({ fallback }) {
  const why =
    fallback === 'no-embeddings'
      ? 'The documents have no embeddings yet'
      : `The service could not do more (${fallback})`;
  return h('p', { class: 'note' }, `${why}: these results are by words only (BM25).`);
}

/**
 * @param {PageState} asked
 * @param {{ clearFilters: () => void }} actions
 */
export function nothingFound({ q, filter, mode }, actions) {
  const filtered = !isEmpty(filter);
  const advice = filtered
    ? 'Fewer filters may help.'
    : mode === 'bm25'
      ? 'BM25 needs the very words: hybrid and dense also find what is meant.'
      : 'Nothing here comes near it.';
  const clear = h('button', { class: 'button', type: 'button', click: actions.clearFilters }, 'Remove all filters');
  return h(
    'div',
    { class: 'empty' },
    h('h3', {}, filtered ? `Nothing for “${q}” within these filters` : `Nothing for “${q}”`),
    h('p', {}, advice),
    filtered ? clear : '',
  );
}

/**
 * Before the first question.
 * @param {number | undefined} count
 * @param {readonly string[]} titles
 * @param {{ suggest: (question: string) => void }} actions
 */
export function welcomePanel(count, titles, actions) {
  const what = count === undefined ? 'the documents' : format.plural(count, 'document');
  const suggestions = titles.map((title) =>
    h('li', {}, h('button', { class: 'suggestion', type: 'button', click: () => actions.suggest(title) }, title)),
  );
  return h(
    'div',
    { class: 'empty welcome' },
    h('h3', {}, `Search ${what}`),
    h('p', {}, 'Type a question, a thought or the very words. Results come as you type.'),
    ...(suggestions.length > 0
      ? [h('p', { class: 'quiet' }, 'For example'), h('ul', { class: 'suggestions' }, suggestions)]
      : []),
  );
}

/** @returns How to add the first document. */
export function emptyCollection() {
  const example = `curl ${location.origin}/documents -H 'content-type: application/json' \\\n  -d '{"title":"First","text":"Hello, world"}'`;
  return h(
    'div',
    { class: 'empty' },
    h('h3', {}, 'There are no documents yet'),
    h('p', {}, 'Add the first one:'),
    h('pre', { tabindex: '0', 'aria-label': 'Command' }, example),
  );
}
