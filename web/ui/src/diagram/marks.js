/**
 * States of a case drawn on its diagram: a class that changes the outline, and a badge with a sign and a number, so
 * that nothing depends on colour alone.
 */
import { make } from '../page/islands.js';
import { translate } from '../translation/translate.js';

/** Sign and word of each state; the word is the badge's title and the legend's entry. */
export const STATES = {
  active: { sign: '●', word: 'active now' },
  completed: { sign: '✓', word: 'completed' },
  incident: { sign: '!', word: 'incident' },
  terminated: { sign: '✕', word: 'terminated' },
  added: { sign: '+', word: 'added' },
  changed: { sign: '≠', word: 'changed' },
  removed: { sign: '−', word: 'removed' },
};
const FLOW = 'mark-taken';
const OVERLAY = 'mark';

/**
 * Replace all marks of a diagram.
 *
 * @param {object} viewer bpmn-js
 * @param {{elements?: Record<string, {state: string, count?: number, text?: string}>, flows?: string[]}} marks
 *   ids the diagram does not draw are passed over
 */
export function showMarks(viewer, marks) {
  const canvas = viewer.get('canvas'), overlays = viewer.get('overlays'), registry = viewer.get('elementRegistry');
  overlays.remove({ type: OVERLAY });
  const classes = [FLOW, ...Object.keys(STATES).map(state => `mark-${state}`)];
  registry.forEach(element => classes.forEach(each => canvas.removeMarker(element, each)));
  for (const id of marks.flows ?? []) if (registry.get(id)) canvas.addMarker(id, FLOW);
  for (const [id, mark] of Object.entries(marks.elements ?? {})) {
    if (!registry.get(id) || !STATES[mark.state]) continue;
    canvas.addMarker(id, `mark-${mark.state}`);
    overlays.add(id, OVERLAY, { position: { top: -12, right: 14 }, html: badge(mark) });
  }
}

function badge({ state, count = 1, text }) {
  const { sign, word } = STATES[state];
  const said = text ?? translate(word);
  const shown = count > 1 ? `${sign} ${count}×` : sign;
  return make('span', { className: `badge badge-${state}`, title: said }, shown);
}

/** Return the legend of the states that occur, null when none does. */
export function legend(marks) {
  const states = [...new Set(Object.values(marks.elements ?? {}).map(each => each.state))].filter(each => STATES[each]);
  const entries = states.map(state => make('li', {},
    make('span', { className: `badge badge-${state}`, 'aria-hidden': 'true' }, STATES[state].sign),
    ' ', translate(STATES[state].word)));
  if (marks.flows?.length) entries.push(make('li', {},
    make('span', { className: 'taken-sample', 'aria-hidden': 'true' }), ' ', translate('flow taken')));
  return entries.length ? make('ul', { className: 'legend' }, ...entries) : null;
}
