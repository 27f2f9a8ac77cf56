/**
 * What bpmn-js draws by mouse only, as fields and buttons: events on the border of an activity, flows to elements
 * that are already there. What was drawn is selected and asked for its name.
 */
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { useService } from 'bpmn-js-properties-panel';
import { useState } from '@bpmn-io/properties-panel/preact/hooks';

const STEP = 45; // pixels between events on a border: an event is 36 wide
const EVENTS = [
  ['Timer', false], ['Timer', true], ['Message', false], ['Message', true], ['Error', true], ['Escalation', false],
  ['Escalation', true], ['Signal', false], ['Signal', true], ['Conditional', false], ['Conditional', true], ['Compensate', true],
];
const FLOWING = ['bpmn:Activity', 'bpmn:Gateway', 'bpmn:Event'];

/** Return the group that draws, none for what neither carries events nor leads anywhere. */
export function drawing(element, injector) {
  const translate = injector.get('translate'), entries = [];
  const row = (id, label, button, options, draw) => {
    if (options.length) entries.push({ id: `obieg-${id}`, component: Drawing, label, button, options, draw });
  };
  row('attach', 'Event on the border', 'Attach', events(element, translate), attach);
  row('connect', 'Flow to', 'Connect', targets(element, injector), connect);
  return entries.length ? [{ id: 'obieg-drawing', label: translate('Drawing without a mouse'), entries }] : [];
}

function Drawing({ element, id, label, button, options, draw }) {
  const injector = useService('injector'), translate = useService('translate');
  const [chosen, choose] = useState(options[0].value);
  const value = options.some(each => each.value === chosen) ? chosen : options[0].value;
  const start = event => {
    const panel = event.target.closest('.bio-properties-panel');
    injector.get('selection').select(draw(injector, element, value));
    setTimeout(() => panel.querySelector('[data-entry-id="obieg-name"] textarea')?.focus(), 0); // once it shows the new one
  };
  return <div class="bio-properties-panel-entry" data-entry-id={id}>
    <div class="bio-properties-panel-select">
      <label class="bio-properties-panel-label" for={`${id}-choice`}>{translate(label)}</label>
      <select id={`${id}-choice`} class="bio-properties-panel-input" value={value} onInput={event => choose(event.target.value)}>
        {options.map(each => <option key={each.value} value={each.value}>{each.label}</option>)}
      </select>
    </div>
    <button type="button" class="quiet" onClick={start}>{translate(button)}</button>
  </div>;
}

function events(element, translate) {
  if (!is(element, 'bpmn:Activity') || element.businessObject.isForCompensation) return [];
  const kinds = is(element, 'bpmn:Transaction') ? [...EVENTS, ['Cancel', true]] : EVENTS;
  return kinds.map(([kind, interrupts]) => ({
    value: `${kind} ${interrupts}`, label: translate(`${kind}, ${interrupts ? 'interrupts' : 'does not interrupt'}`),
  }));
}

function attach(injector, host, value) {
  const [kind, interrupts] = value.split(' ');
  const shape = injector.get('elementFactory').createShape({
    type: 'bpmn:BoundaryEvent', eventDefinitionType: `bpmn:${kind}EventDefinition`, cancelActivity: interrupts === 'true',
  });
  return injector.get('modeling').createShape(shape, place(host), host, { attach: true });
}

/** Return where on the lower border there is room, its beginning where there is none. */
function place(host) {
  const y = host.y + host.height, first = host.x + STEP / 2;
  const taken = host.attachers.map(each => each.x + each.width / 2);
  for (let x = first; x < host.x + host.width; x += STEP) {
    if (taken.every(other => Math.abs(other - x) >= STEP - 1)) return { x, y };
  }
  return { x: first, y };
}

function targets(element, injector) {
  if (!isAny(element, FLOWING)) return [];
  const rules = injector.get('rules'), there = new Set(element.outgoing.map(each => each.target));
  return injector.get('elementRegistry')
    .filter(each => isAny(each, FLOWING) && !each.labelTarget && each !== element && !there.has(each)
      && rules.allowed('connection.create', { source: element, target: each })?.type === 'bpmn:SequenceFlow')
    .map(each => ({ value: each.id, label: each.businessObject.name || each.id }));
}

function connect(injector, source, id) {
  return injector.get('modeling').connect(source, injector.get('elementRegistry').get(id));
}
