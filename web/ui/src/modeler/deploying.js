/** The dialog before a deployment: what changes, where open cases stand, why it is done. */
import { make } from '../page/islands.js';
import { translate } from '../translation/translate.js';

const SIGNS = { added: '+', changed: '≠', removed: '−' };

/**
 * Show what a deployment would touch.
 *
 * @param {HTMLElement} list an `<ul>`
 * @param {{change: string, name: string, id: string, waiting: string}[]} changes `waiting` in words, "" for none
 * @param {string} said a sentence about all of them
 */
export function showChanges(list, said, changes) {
  list.replaceChildren(make('li', {}, said), ...changes.map(({ change, name, id, waiting }) => make('li', {},
    make('span', { 'aria-hidden': 'true' }, `${SIGNS[change]} `), `${translate(change)}: ${name || id}`,
    waiting ? make('strong', {}, ` (${waiting})`) : '')));
}
