/** Lists of pairs: inputs, outputs, headers, properties. Each item has two fields. */
import { ListGroup } from '@bpmn-io/properties-panel';
import { entry } from './fields.jsx';
import { Writer, extension } from './model.js';

/**
 * Return a group that edits a list of pairs in an extension element.
 *
 * @param {object} injector
 * @param {object} element
 * @param {object} owner the business object that has the extension element
 * @param {{id: string, label: string, type: string, property: string, item: string, pair: [string, string],
 *   labels: [string, string], isShown?: (item: object) => boolean}} list
 */
export function pairs(injector, element, owner, list) {
  const translate = injector.get('translate'), writer = new Writer(injector);
  const around = extension(owner, list.type);
  const found = (around?.get(list.property) ?? []).filter(list.isShown ?? (() => true));
  return {
    id: list.id,
    label: translate(list.label),
    component: ListGroup,
    items: found.map((each, index) => item(element, each, list, index, () => remove(writer, element, owner, list, each))),
    add: event => { event.stopPropagation(); add(writer, element, owner, list); },
  };
}

function item(element, each, list, index, remove) {
  const [first, second] = list.pair;
  const row = (name, label, as) => ({
    id: `${list.id}-${index}-${name}`, label, as,
    get: owner => owner.get(name),
    set: (writer, _element, owner, value) => writer.set(element, owner, { [name]: value }),
  });
  return {
    id: `${list.id}-${index}`,
    label: each.get(list.named ?? first) || '…',
    entries: [
      entry(element, each, row(first, list.labels[0], 'text')),
      entry(element, each, row(second, list.labels[1], list.second ?? 'text')),
    ],
    autoFocusEntry: `obieg-${list.id}-${index}-${first}`,
    remove: event => { event.stopPropagation(); remove(); },
  };
}

function add(writer, element, owner, list) {
  const made = writer.factory.create(list.item, Object.fromEntries(list.pair.map(name => [name, ''])));
  const around = extension(owner, list.type);
  if (around) {
    made.$parent = around;
    writer.set(element, around, { [list.property]: [...around.get(list.property), made] });
    return;
  }
  const created = writer.factory.create(list.type, { [list.property]: [made] });
  made.$parent = created;
  writer.addExtension(element, owner, created);
}

function remove(writer, element, owner, list, gone) {
  const around = extension(owner, list.type);
  const rest = around.get(list.property).filter(each => each !== gone);
  const others = Object.keys(around).some(name => Array.isArray(around[name]) && name !== list.property && around[name].length);
  if (rest.length || others) writer.set(element, around, { [list.property]: rest });
  else writer.removeExtension(element, owner, around);
}
