/**
 * Island `diagram`: a process to look at, with the states of a case when the page gives some.
 *
 * The page gives `{source, label, marks, legend}` (diagram/show.js). Others on the page talk to it by events on its
 * element: `obieg:marks` (detail: marks) replaces the marks, `obieg:select` (detail: id or null) outlines an element;
 * it says `obieg:shown` when it is there (detail: what showDiagram returns) and `obieg:element` (detail: id) when an
 * element is clicked.
 */
import { startIslands } from './page/islands.js';
import { showDiagram } from './diagram/show.js';

startIslands('diagram', async (place, given) => {
  const shown = await showDiagram(place, given);
  place.addEventListener('obieg:marks', event => shown.mark(event.detail));
  place.addEventListener('obieg:select', event => shown.select(event.detail));
  shown.viewer.on('element.click', ({ element }) => tell(place, 'obieg:element', element.id));
  tell(place, 'obieg:shown', shown);
});

function tell(place, type, detail) {
  place.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
}
