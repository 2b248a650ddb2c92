/** The column of filters: boxes for keywords and yes/no, ranges for numbers and days. */
/** @import { Field, Fields, Filter } from './contract.ts' */
import { byId, debounced, h } from './dom.js';
import { wording } from './fields.js';
import { chosenRange, chosenValues, describe, toggleValue, withoutField, withRange } from './filter-model.js';
import * as format from './format.js';
import { isEmpty } from './state.js';

/** How many boxes a field shows before "more": a few beyond are shown as well, since the button takes a line, too. */
const shownValues = 8;
const toleratedValues = 3;

/** @param {(change: (filter: Filter) => Filter) => void} onChange */
export function createFiltersView(onChange) {
  const body = byId('filters-body', HTMLDivElement);
  const chips = byId('chips', HTMLUListElement);
  const clear = byId('filters-clear', HTMLButtonElement);
  const badge = byId('filters-badge', HTMLSpanElement);
  /** @type {((filter: Filter) => void)[]} Bring one control in line with the filter. */
  let controls = [];
  clear.addEventListener('click', () => {
    onChange(() => ({}));
    // The button is gone now: the keyboard goes on where it began.
    byId('q', HTMLInputElement).focus();
  });

  /** @param {Filter} filter */
  const sync = (filter) => {
    for (const control of controls) control(filter);
    const clauses = describe(filter);
    clear.hidden = isEmpty(filter);
    badge.hidden = isEmpty(filter);
    badge.textContent = String(clauses.length);
    chips.replaceChildren(...clauses.map((clause) => chip(clause, onChange)));
  };

  return {
    sync,
    /**
     * @param {Fields} found
     * @param {Filter} filter
     */
    show({ fields, sampled }, filter) {
      controls = [];
      const groups = fields.flatMap((field, i) => fieldControl(field, `field-${i}`, onChange, controls) ?? []);
      const note = sampled ? [h('p', { class: 'quiet' }, 'Counts are of a sample of the documents.')] : [];
      const none =
        groups.length === 0 ? [h('p', { class: 'quiet' }, 'These documents have no fields to filter by.')] : [];
      body.replaceChildren(...groups, ...none, ...note);
      sync(filter);
    },
    /** @param {string} message */
    fail(message) {
      controls = [];
      body.replaceChildren(h('p', { class: 'problem' }, message));
    },
  };
}

/**
 * @param {{ field: string, text: string }} clause
 * @param {(change: (filter: Filter) => Filter) => void} onChange
 */
function chip({ field, text }, onChange) {
  const remove = () => {
    onChange((filter) => withoutField(filter, field));
    const next = byId('chips', HTMLUListElement).querySelector('button') ?? byId('q', HTMLInputElement);
    next.focus();
  };
  const cross = h('span', { 'aria-hidden': 'true' }, '×');
  return h(
    'li',
    {},
    h('button', { class: 'chip', type: 'button', 'aria-label': `Remove filter ${text}`, click: remove }, text, cross),
  );
}

/**
 * @param {Field} field
 * @param {string} id
 * @param {(change: (filter: Filter) => Filter) => void} onChange
 * @param {((filter: Filter) => void)[]} controls Gets the control's way to follow the filter.
 */
function fieldControl(field, id, onChange, controls) {
  if (field.type === 'keyword' || field.type === 'bool') return boxes(field, onChange, controls);
  return range(field, id, onChange, controls);
}

/**
 * @param {Field} field
 * @param {(change: (filter: Filter) => Filter) => void} onChange
 * @param {((filter: Filter) => void)[]} controls
 */
function boxes({ name, values }, onChange, controls) {
  const items = values.map(({ value, count }, i) => {
    const toggle = () => onChange((filter) => toggleValue(filter, name, value));
    const box = h('input', { type: 'checkbox', change: toggle });
    controls.push((filter) => {
      box.checked = chosenValues(filter, name).includes(value);
      // A box that is ticked is never out of sight.
      if (box.checked) item.hidden = false;
    });
    const amount = h('span', { class: 'count' }, format.count(count));
    const item = h(
      'li',
      { hidden: values.length > shownValues + toleratedValues && i >= shownValues },
      h('label', { class: 'box' }, box, h('span', { class: 'value' }, wording(value)), amount),
    );
    return item;
  });
  const list = h('ul', { class: 'boxes' }, items);
  return h('fieldset', { class: 'field' }, h('legend', {}, name), list, moreButton(items, name));
}

/**
 * @param {readonly HTMLLIElement[]} items
 * @param {string} name
 */
function moreButton(items, name) {
  const rest = items.filter((item) => item.hidden);
  if (rest.length === 0) return '';
  const label = `${rest.length} more`;
  /** @type {HTMLButtonElement} */
  const button = h('button', { class: 'link', type: 'button', 'aria-label': `${label} values of ${name}` }, label);
  button.addEventListener('click', () => {
    for (const item of rest) item.hidden = false;
    rest[0]?.querySelector('input')?.focus();
    button.remove();
  });
  return button;
}

/**
 * @param {Field} field
 * @param {string} id
 * @param {(change: (filter: Filter) => Filter) => void} onChange
 * @param {((filter: Filter) => void)[]} controls
 */
function range(field, id, onChange, controls) {
  const { name, type, min, max } = field;
  const days = type === 'datetime';
  const problem = h('p', { class: 'problem', id: `${id}-problem`, role: 'alert' });
  const [low, high] = [min, max].map((bound, i) =>
    h('input', {
      type: days ? 'date' : 'number',
      step: days ? undefined : 'any',
      placeholder: days || bound === undefined ? undefined : String(bound),
      'aria-label': `${name} ${i === 0 ? 'from' : 'to'}`,
      'aria-describedby': `${id}-problem`,
    }),
  );
  if (low === undefined || high === undefined) return undefined;
  /** @param {boolean} wrong */
  const complain = (wrong) => {
    problem.textContent = wrong ? 'The first must not be beyond the second.' : '';
    for (const input of [low, high]) input.setAttribute('aria-invalid', String(wrong));
  };
  // What was typed and is not in the filter yet must not be overwritten by a filter that knows nothing of it.
  let pending = false;
  const read = debounced(250, () => {
    pending = false;
    const chosen = { min: boundOf(low, days, 'T00:00:00Z'), max: boundOf(high, days, 'T23:59:59.999Z') };
    const wrong = chosen.min !== undefined && chosen.max !== undefined && chosen.min > chosen.max;
    complain(wrong);
    if (!wrong) onChange((filter) => withRange(filter, name, chosen));
  });
  for (const input of [low, high]) {
    input.addEventListener('input', () => {
      pending = true;
      read();
    });
  }
  controls.push((filter) => {
    if (pending) return;
    const chosen = chosenRange(filter, name);
    follow(low, chosen.min);
    follow(high, chosen.max);
    complain(false);
  });
  const inputs = h(
    'div',
    { class: days ? 'range days' : 'range' },
    low,
    h('span', { class: 'dash', 'aria-hidden': 'true' }, '–'),
    high,
  );
  return h('fieldset', { class: 'field' }, h('legend', {}, name), inputs, problem);
}

/**
 * @param {HTMLInputElement} input
 * @param {boolean} days
 * @param {string} time That makes an instant of a day.
 */
function boundOf(input, days, time) {
  if (input.value === '') return undefined;
  return days ? `${input.value}${time}` : input.valueAsNumber;
}

/**
 * @param {HTMLInputElement} input
 * @param {number | string | undefined} bound
 */
function follow(input, bound) {
  const value = bound === undefined ? '' : input.type === 'date' ? String(bound).slice(0, 10) : String(bound);
  // "1." and "1" are the same number: what is being typed stays as it is.
  if (document.activeElement === input && Number(input.value) === Number(value) && input.type === 'number') return;
  if (input.value !== value) input.value = value;
}
