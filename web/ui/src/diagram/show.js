/** A diagram to look at: bpmn-js' navigated viewer with zoom buttons, marks and a legend. */
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json';
import { make } from '../page/islands.js';
import { translate, translation } from '../translation/translate.js';
import { legend, showMarks } from './marks.js';
import { toolbar } from './toolbar.js';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './diagram.css';

const LOWEST = 180, HIGHEST = 620, MARGIN = 60; // pixels

/**
 * Show a diagram in an element.
 *
 * @param {HTMLElement} place
 * @param {{source: string, label?: string, marks?: object, legend?: boolean}} given `source`: address of the XML;
 *   `marks`: see marks.js; `legend`: false leaves the legend out
 * @returns {Promise<{viewer: object, mark: (marks: object) => void, select: (id: string|null) => void}>} `mark`
 *   replaces all marks, `select` outlines one element and brings it into view
 */
export async function showDiagram(place, given) {
  const answer = await fetch(given.source, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`expected the diagram from ${given.source}, but got ${answer.status}`);
  const label = given.label ?? translate('Diagram of the process');
  const container = make('div', { className: 'diagram-canvas', role: 'group', 'aria-label': label });
  place.append(container);
  const viewer = new NavigatedViewer({
    container,
    additionalModules: [translation],
    moddleExtensions: { zeebe },
    zoomScroll: { enabled: false }, // the wheel belongs to the page
  });
  await viewer.importXML(await answer.text());
  place.prepend(toolbar(viewer.get('canvas')));
  fit(viewer, container);
  describeLogo(container);

  const mark = marks => {
    showMarks(viewer, marks);
    place.querySelector(':scope > .legend')?.remove();
    const explained = given.legend === false ? null : legend(marks);
    if (explained) place.append(explained);
  };
  mark(given.marks ?? {});
  return { viewer, mark, select: id => select(viewer, id) };
}

/** Give the canvas the height its diagram needs at the width there is. */
function fit(viewer, container) {
  const canvas = viewer.get('canvas'), { inner } = canvas.viewbox();
  const wanted = (inner.height + MARGIN) * Math.min(1, container.clientWidth / (inner.width + MARGIN));
  container.style.height = `${Math.round(Math.min(HIGHEST, Math.max(LOWEST, wanted)))}px`;
  canvas.resized();
  canvas.zoom('fit-viewport', 'auto');
}

/** The maker's mark stays as its licence asks; its title is English on every page. */
function describeLogo(container) {
  container.querySelector('.bjs-powered-by')?.setAttribute('lang', 'en');
}

function select(viewer, id) {
  const element = id && viewer.get('elementRegistry').get(id);
  viewer.get('selection').select(element || null);
  if (element) viewer.get('canvas').scrollToElement(element);
}
