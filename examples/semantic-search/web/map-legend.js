/** The legend of the map: a click on a colour shows its points alone. */
/** @import { Group } from './map-groups.js' */
import { h } from './dom.js';
import * as format from './format.js';
import { coloured } from './map-groups.js';

/**
 * @param {readonly Group[]} groups By size.
 * @param {string} field That the groups are values of; '' for none.
 * @param {(colour: number) => void} isolate Told the number of a colour, or -1 for all.
 * @returns {HTMLLIElement[]}
 */
export function legendItems(groups, field, isolate) {
  if (field === '') return [];
  /** @type {HTMLButtonElement[]} */
  const buttons = entriesOf(groups).map(({ name, count }, colour) => {
    const press = () => {
      const on = button.getAttribute('aria-pressed') !== 'true';
      for (const other of buttons) other.setAttribute('aria-pressed', String(on && other === button));
      isolate(on ? colour : -1);
    };
    const label = name || `no ${field}`;
    const button = h(
      'button',
      { type: 'button', 'aria-pressed': 'false', title: `Only ${field} ${label}`, click: press },
      h('span', { class: `swatch group-${colour}`, 'aria-hidden': 'true' }),
      h('span', { class: 'value' }, label),
      h('span', { class: 'count' }, format.count(count)),
    );
    return button;
  });
  return [h('li', { class: 'legend-field' }, field), ...buttons.map((button) => h('li', {}, button))];
}

/**
 * What shares the grey is one entry.
 * @param {readonly Group[]} groups
 * @returns {readonly Group[]}
 */
function entriesOf(groups) {
  const grey = groups.slice(coloured);
  if (grey.length < 2) return groups;
  const count = grey.reduce((sum, group) => sum + group.count, 0);
  return [...groups.slice(0, coloured), { name: `${grey.length} others`, count }];
}
