/** bpmn-js' modeler with our panel and our texts. */
import Modeler from 'bpmn-js/lib/Modeler';
import { BpmnPropertiesPanelModule } from 'bpmn-js-properties-panel';
import { CreateAppendAnythingModule, CreateAppendElementTemplatesModule } from 'bpmn-js-create-append-anything';
import { CloudElementTemplatesCoreModule } from 'bpmn-js-element-templates/core';
import behaviours from 'camunda-bpmn-js-behaviors/lib/camunda-cloud';
import { leaveAsTheyAre, translation } from '../translation/translate.js';
import { dialect } from './dialect.js';
import { nameButtons } from './panel/naming.js';
import panel from './panel/provider.js';
import templating, { textsOf } from './templates.js';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import '@bpmn-io/properties-panel/dist/assets/properties-panel.css';

const PALETTE = 120; // pixels: two columns of buttons and their margins

/**
 * Open a diagram for editing.
 *
 * @param {{canvas: HTMLElement, panel: HTMLElement}} places
 * @param {string} xml
 * @param {object} office what there is to choose from: forms, decisions, processes, jobTypes
 * @param {object[]} templates element templates, Zeebe kind
 */
export async function openEditor(places, xml, office, templates) {
  leaveAsTheyAre(textsOf(templates));
  const modeler = new Modeler({
    container: places.canvas,
    propertiesPanel: { parent: places.panel },
    debounceInput: false, // with a debounce, of two fields filled in quickly one loses its value
    additionalModules: [
      translation, BpmnPropertiesPanelModule, behaviours, panel, CreateAppendAnythingModule,
      CloudElementTemplatesCoreModule, CreateAppendElementTemplatesModule, templating,
    ],
    moddleExtensions: { zeebe: dialect },
    office,
    elementTemplates: templates,
  });
  // bpmn-js 18.31 itself calls this method, which diagram-js 15.28 deprecates with a warning at every call.
  const pad = modeler.get('contextPad');
  pad.getPad = target => ({ html: pad.isOpen(target) ? pad._current.html : pad._createHtml(target) });
  nameButtons(places.panel);
  await modeler.importXML(xml);
  besidePalette(modeler.get('canvas'));
  return modeler;
}

/** Fit the diagram into what the palette leaves free at the left. */
function besidePalette(canvas) {
  const { width, height } = canvas.getSize();
  const free = Math.max(.5, 1 - PALETTE / width);
  canvas.zoom(canvas.zoom('fit-viewport', 'auto') * free, { x: width, y: height / 2 });
}
