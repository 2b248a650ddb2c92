/** The list of results, and what stands in its place when there are none. */
/** @import { Choice, Field, Hit, PageState, SearchAnswer } from './contract.ts' */
import { byId, h } from './dom.js';
import { emptyCollection, fallbackNote, nothingFound, welcomePanel } from './empty-states.js';
import { wording } from './fields.js';
import * as format from './format.js';
import { inWords, valueAt } from './payload.js';
import { pieces } from './snippet.js';
import { sizes } from './state.js';

/**
 * @typedef {object} Actions
 * @property {(hit: Hit) => string} address Of the opened document.
 * @property {(hit: Hit) => void} open
 * @property {(hit: Hit | undefined) => void} point At a hit, or no more.
 * @property {(field: string, value: Choice) => void} narrow
 * @property {(k: number) => void} more
 * @property {() => void} clearFilters
 * @property {(question: string) => void} suggest
 */

/** @param {Actions} actions */
export function createResultsView(actions) {
  const hits = byId('hits', HTMLOListElement);
  const summary = byId('summary', HTMLParagraphElement);
  const aftermath = byId('aftermath', HTMLDivElement);
  const announcement = byId('announcement', HTMLParagraphElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let speaking;
  /** Whoever asked for more reads on at the first of the new ones. */
  let goOnAt = -1;
  /** @param {number} k */
  const more = (k) => {
    goOnAt = hits.childElementCount;
    actions.more(k);
  };

  /** @param {string} text Spoken when the typing pauses, not at every key. */
  const announce = (text) => {
    clearTimeout(speaking);
    speaking = setTimeout(() => announcement.replaceChildren(text), 600);
  };

  return {
    /** @param {boolean} busy */
    setBusy(busy) {
      hits.setAttribute('aria-busy', String(busy));
      byId('progress', HTMLDivElement).hidden = !busy;
    },

    /**
     * @param {SearchAnswer} answer
     * @param {PageState} asked
     * @param {readonly Field[]} fields
     */
    show(answer, asked, fields) {
      const focused = focusedKey(hits);
      const best = Math.max(...answer.hits.map(({ score }) => score));
      hits.replaceChildren(...answer.hits.map((hit, i) => hitItem(hit, i + 1, hit.score / best, fields, actions)));
      const next = hits.children[goOnAt]?.querySelector('a');
      goOnAt = -1;
      if (next instanceof HTMLElement) next.focus();
      else refocus(hits, focused);
      const sentence = summaryOf(answer, asked);
      summary.replaceChildren(...sentence);
      announce(summary.textContent ?? '');
      aftermath.replaceChildren(
        ...(answer.fallback === '' ? [] : [fallbackNote(answer)]),
        ...(answer.hits.length === 0 ? [nothingFound(asked, actions)] : []),
        ...moreButton(answer, asked, more),
      );
    },

    /**
     * Before the first question.
     * @param {{ count: number | undefined, titles: readonly string[] }} collection
     */
    welcome({ count, titles }) {
      hits.replaceChildren();
      summary.replaceChildren();
      announce('');
      aftermath.replaceChildren(count === 0 ? emptyCollection() : welcomePanel(count, titles, actions));
    },

    /** @param {string} message */
    fail(message) {
      hits.replaceChildren();
      summary.replaceChildren();
      announce('');
      aftermath.replaceChildren(
        h('div', { class: 'empty' }, h('h3', {}, 'That search did not work'), h('p', { class: 'problem' }, message)),
      );
    },
  };
}

/**
 * @param {Hit} hit
 * @param {number} rank
 * @param {number} share Of the best score.
 * @param {readonly Field[]} fields
 * @param {Actions} actions
 */
function hitItem(hit, rank, share, fields, actions) {
  const bar = h('span', { class: 'score-bar', 'aria-hidden': 'true' }, h('span'));
  const width = Number.isFinite(share) ? Math.max(0.02, Math.min(1, share)) : 0.02;
  if (bar.firstElementChild instanceof HTMLElement) bar.firstElementChild.style.width = `${100 * width}%`;
  const link = h(
    'a',
    { href: actions.address(hit), 'data-key': `hit ${hit.id}`, click: opener(hit, actions) },
    hit.title,
  );
  return h(
    'li',
    {
      class: 'hit',
      'data-id': hit.id,
      pointerenter: () => actions.point(hit),
      pointerleave: () => actions.point(undefined),
      focusin: () => actions.point(hit),
      focusout: () => actions.point(undefined),
    },
    h('span', { class: 'rank', 'aria-hidden': 'true' }, String(rank)),
    h(
      'article',
      {},
      h('h3', {}, link),
      h('p', { class: 'snippet' }, snippetNodes(hit)),
      h('ul', { class: 'facts', 'aria-label': 'Fields' }, factItems(hit, fields, actions)),
    ),
    h('div', { class: 'score' }, h('span', { class: 'unseen' }, 'Score '), hit.score.toPrecision(3), bar),
  );
}

/**
 * Opens in place; with a modifier key the link does what links do.
 * @param {Hit} hit
 * @param {Actions} actions
 * @returns {(event: Event) => void}
 */
const opener = (hit, actions) => (event) => {
  if (event instanceof MouseEvent && (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)) return;
  event.preventDefault();
  actions.open(hit);
};

/** @param {Hit} hit */
const snippetNodes = ({ snippet }) =>
  pieces(snippet.text, snippet.highlights).map(({ text, marked }) => (marked ? h('mark', {}, text) : text));

/** How many fields a result shows. */
const maxFacts = 4;
/** How many values of a list. */
const maxItems = 3;

/**
 * @param {Hit} hit
 * @param {readonly Field[]} fields
 * @param {Actions} actions
 */
function factItems(hit, fields, actions) {
  const facts = fields
    .map((field) => ({ field, value: valueAt(hit.payload, field.name) }))
    .filter(({ value }) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0));
  return facts.slice(0, maxFacts).map(({ field, value }) => {
    const name = h('span', { class: 'fact-name' }, field.name);
    const choice = (field.type === 'keyword' || field.type === 'bool') && asChoice(value);
    if (choice === false) return h('li', {}, name, factText(value, field));
    const label = `Only ${field.name} ${wording(choice.value)}`;
    const narrow = () => actions.narrow(field.name, choice.value);
    const key = `fact ${hit.id} ${field.name}`;
    return h(
      'li',
      {},
      h('button', { type: 'button', title: label, 'data-key': key, click: narrow }, name, wording(choice.value)),
    );
  });
}

/**
 * @param {unknown} value
 * @returns {{ value: Choice } | false} The one value that a click on the fact asks for.
 */
function asChoice(value) {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof one === 'string' || typeof one === 'boolean' ? { value: one } : false;
}

/**
 * @param {unknown} value
 * @param {Field} field
 */
function factText(value, field) {
  if (field.type === 'datetime' && typeof value === 'string') return value.slice(0, 10);
  if (Array.isArray(value) && value.length > maxItems) {
    return `${inWords(value.slice(0, maxItems))} +${value.length - maxItems}`;
  }
  return inWords(value);
}

/**
 * @param {SearchAnswer} answer
 * @param {PageState} asked
 */
function summaryOf(answer, asked) {
  const { hits, timings, backend } = answer;
  const found = hits.length < asked.k ? format.plural(hits.length, 'result') : `Top ${hits.length}`;
  const how = ` · ${answer.mode === 'bm25' ? 'BM25' : answer.mode} on ${backend} · ${format.ms(timings.searchMs)} ms`;
  return [h('strong', {}, found), h('span', { class: 'quiet' }, how)];
}

/**
 * @param {SearchAnswer} answer
 * @param {PageState} asked
 * @param {(k: number) => void} more
 */
function moreButton({ hits }, { k }, more) {
  const next = sizes.find((size) => size > k);
  if (hits.length < k || next === undefined) return [];
  return [h('button', { class: 'button more', type: 'button', click: () => more(next) }, `Show ${next}`)];
}

/** @param {HTMLElement} within */
function focusedKey(within) {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && within.contains(focused) ? focused.dataset.key : undefined;
}

/**
 * Gives the focus back to what was replaced by its successor.
 * @param {HTMLElement} within
 * @param {string | undefined} key
 */
function refocus(within, key) {
  if (key === undefined) return;
  const successor = [...within.querySelectorAll('[data-key]')].find(
    (element) => element instanceof HTMLElement && element.dataset.key === key,
  );
  if (successor instanceof HTMLElement) successor.focus({ preventScroll: true });
  else byId('results', HTMLElement).focus({ preventScroll: true });
}
