/** What the check says, on the elements and as a list whose entries lead to them. */
import { make } from '../page/islands.js';
import { translate } from '../translation/translate.js';

const WORDS = { error: 'Error', warning: 'Warning', hint: 'Hint' };
const SIGNS = { error: '!', warning: '?', hint: 'i' };
const TYPE = 'finding';

export class Findings {
  /**
   * @param {object} modeler
   * @param {HTMLElement} list an `<ol>`
   * @param {HTMLElement} summary a live region
   */
  constructor(modeler, list, summary) {
    Object.assign(this, { modeler, list, summary });
  }

  /**
   * Show findings in place of those before.
   *
   * @param {{severity: string, message: string, remedy: string, element: string, line: number}[]} found
   * @param {string} said the summary, in words
   */
  show(found, said) {
    const overlays = this.modeler.get('overlays'), registry = this.modeler.get('elementRegistry');
    overlays.remove({ type: TYPE });
    for (const [id, worst] of worstOf(found)) {
      if (!registry.get(id)) continue;
      overlays.add(id, TYPE, { position: { top: -12, left: -8 }, html: this.badge(worst) });
    }
    this.list.replaceChildren(...found.map(each => this.entry(each, registry)));
    if (this.summary.textContent !== said) this.summary.textContent = said;
  }

  badge({ severity, message }) {
    return make('span', { className: `badge badge-${severity}`, title: `${translate(WORDS[severity])}: ${message}` }, SIGNS[severity]);
  }

  entry({ severity, message, remedy, element: id }, registry) {
    const element = id && registry.get(id);
    const name = element?.businessObject.name || id;
    const text = `${translate(WORDS[severity])}: ${message}${remedy ? ` ${remedy}` : ''}`;
    const entry = make('li', { className: severity });
    if (element) entry.append(make('button', { type: 'button', className: 'quiet', onclick: () => this.select(element) }, name), ' ');
    entry.append(text);
    return entry;
  }

  select(element) {
    this.modeler.get('selection').select(element);
    this.modeler.get('canvas').scrollToElement(element);
    this.modeler.get('canvas').focus();
  }
}

function worstOf(found) {
  const worst = new Map();
  for (const each of found) {
    const known = worst.get(each.element);
    if (each.element && (!known || rank(each) < rank(known))) worst.set(each.element, each);
  }
  return worst;
}

const rank = ({ severity }) => Object.keys(WORDS).indexOf(severity);
