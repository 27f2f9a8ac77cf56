/** Buttons for what a mouse does with its wheel. */
import { make } from '../page/islands.js';
import { translate } from '../translation/translate.js';

const STEP = 1.25, LEAST = 0.2, MOST = 4;

/**
 * Return the buttons that zoom a diagram.
 *
 * @param {object} canvas diagram-js' canvas
 */
export function toolbar(canvas) {
  const zoom = factor => () => canvas.zoom(Math.min(MOST, Math.max(LEAST, canvas.zoom() * factor)), 'auto');
  return make('div', { className: 'diagram-tools', role: 'group', 'aria-label': translate('Size of the diagram') },
    button('+', 'Zoom in', zoom(STEP)),
    button('−', 'Zoom out', zoom(1 / STEP)),
    button('⤢', 'Fit to the page', () => canvas.zoom('fit-viewport', 'auto')));
}

function button(sign, text, onclick) {
  const named = translate(text);
  return make('button', { type: 'button', className: 'quiet', title: named, 'aria-label': named, onclick },
    make('span', { 'aria-hidden': 'true' }, sign));
}
