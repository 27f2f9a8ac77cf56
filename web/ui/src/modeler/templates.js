/** Element templates: a form per handler. What a diagram says besides the template's settings is kept. */
import CommandInterceptor from 'diagram-js/lib/command/CommandInterceptor';
import { translate } from '../translation/translate.js';
import { extension } from './panel/model.js';

const APPLY = 'propertiesPanel.zeebe.changeTemplate', UPDATE = 'element.updateModdleProperties';
const FIRST = 10000;
// What a template's own command takes away when it does not know it: [extension, list, what names an item, binding, its key].
const KEPT = [
  ['zeebe:IoMapping', 'inputParameters', 'target', 'zeebe:input', 'name'],
  ['zeebe:IoMapping', 'outputParameters', 'source', 'zeebe:output', 'source'],
  ['zeebe:Properties', 'properties', 'name', 'zeebe:property', 'name'],
];

/** Return the template a task is made by, undefined where there is none. */
export function templateOf(injector, element) {
  return injector.get('elementTemplates', false)?.get(element) ?? undefined;
}

/** Say whether a template has a field for an item of one of the lists above. */
export function hasField(template, list, item) {
  const [, , by, binding, key] = KEPT.find(each => each[1] === list) ?? [];
  return Boolean(by) && template.properties.some(({ binding: each }) => each.type === binding && each[key] === item.get(by));
}

/** Return the label of a template's field, said to be required where it is. */
export function labelOf({ label, constraints }) {
  return constraints?.notEmpty ? translate('{label} (required)', { label }) : label;
}

/** Every text of the templates, which are in the language of the office already. */
export function textsOf(templates) {
  return templates.flatMap(({ name, description, category, groups, properties }) => [
    name, description, category?.name, ...groups.map(each => each.label),
    ...properties.flatMap(each => [
      each.label, labelOf(each), each.description, each.placeholder, each.constraints?.pattern?.message,
      ...(each.choices ?? []).map(choice => choice.name),
    ]),
  ]).filter(Boolean);
}

/** Puts back what the template's command has taken away and the template has no field for. */
class KeepTheRest extends CommandInterceptor {
  constructor(eventBus, commandStack, bpmnFactory) {
    super(eventBus);
    Object.assign(this, { commandStack, factory: bpmnFactory });
    this.preExecute(APPLY, FIRST, ({ context }) => { context.rest = restOf(context); });
    this.postExecuted(APPLY, FIRST, ({ context }) => this.putBack(context));
  }

  putBack({ element, newTemplate, rest }) {
    if (!newTemplate) return; // removed or unlinked: that command keeps what it should
    const owner = element.businessObject;
    for (const { type, list, items } of rest) {
      const around = extension(owner, type);
      const gone = items.filter(each => !hasField(newTemplate, list, each) && !around?.get(list).includes(each));
      if (gone.length) this.add(element, owner, { type, list, gone, around });
    }
  }

  add(element, owner, { type, list, gone, around }) {
    const holder = around ?? this.factory.create(type);
    gone.forEach(each => { each.$parent = holder; });
    const set = (moddleElement, properties) => this.commandStack.execute(UPDATE, { element, moddleElement, properties });
    if (!around) {
      const extensions = owner.get('extensionElements');
      holder.$parent = extensions;
      set(extensions, { values: [...extensions.get('values'), holder] });
    }
    set(holder, { [list]: [...holder.get(list), ...gone] });
  }
}
KeepTheRest.$inject = ['eventBus', 'commandStack', 'bpmnFactory'];

function restOf({ element, oldTemplate }) {
  return KEPT.map(([type, list]) => ({
    type, list,
    items: (extension(element.businessObject, type)?.get(list) ?? []).filter(each => !oldTemplate || !hasField(oldTemplate, list, each)),
  }));
}

export default {
  __init__: ['keepTheRest'],
  keepTheRest: ['type', KeepTheRest],
};
