/** The fields of the template a task is made by, as rows of the panel: one group per group of the template. */
import { labelOf, templateOf } from '../templates.js';
import { extension } from './model.js';
import { wish, zeebe } from './rows.js';

const LISTS = {
  'zeebe:input': { type: 'zeebe:IoMapping', list: 'inputParameters', item: 'zeebe:Input', key: 'target', value: 'source', by: 'name' },
  'zeebe:output': { type: 'zeebe:IoMapping', list: 'outputParameters', item: 'zeebe:Output', key: 'source', value: 'target', by: 'source' },
  'zeebe:taskHeader': { type: 'zeebe:TaskHeaders', list: 'values', item: 'zeebe:Header', key: 'key', value: 'value', by: 'key' },
};

/** Return `[id, label, rows]` per group of the template, none where the task has no template. */
export function fieldsOf(element, injector) {
  const template = templateOf(injector, element);
  if (!template) return [];
  return template.groups.map(({ id, label }) => [`template-${id}`, label, template.properties
    .filter(each => each.group === id && each.type !== 'Hidden').map(field)]);
}

/** The choice of a template, where there are some for the element; taking none unlinks it and keeps what was filled in. */
export function choiceOf(element, injector) {
  const templates = injector.get('elementTemplates', false), known = templates?.getLatest(element) ?? [];
  const applied = templateOf(injector, element), newest = applied && known.find(each => each.id === applied.id);
  if (!known.length) return [];
  const options = known.map(({ id, name }) => ({ value: id, label: name }));
  return [{
    id: 'template', as: 'choice', label: 'Template',
    help: applied?.description ?? 'A form for what the task does.',
    options: newest && newest.version > applied.version ? [{ value: UPDATE, label: 'Update to the newest version' }, ...options] : options,
    get: owner => owner.get('zeebe:modelerTemplate'),
    set: (_writer, _element, _owner, id) => {
      const wanted = id === UPDATE ? newest : known.find(each => each.id === id);
      if (wanted) templates.applyTemplate(element, wanted);
      else templates.unlinkTemplate(element);
    },
  }];
}

const UPDATE = '@update';

function field(property) {
  const { description, placeholder, type, choices, binding, feel } = property;
  const row = {
    id: `setting-${binding.name ?? binding.key ?? (binding.source ?? binding.property).replace('=', 'out-')}`,
    label: labelOf(property), help: description, placeholder,
    as: choices ? 'choice' : feel === 'required' || type === 'Text' ? 'code' : 'text',
    options: choices?.map(each => ({ value: each.value, label: each.name })),
  };
  if (binding.type === 'zeebe:taskDefinition') return { ...zeebe('TaskDefinition', binding.property), ...row };
  if (binding.type === 'zeebe:property') return { ...wish(binding.name), ...row };
  return { ...row, ...item(binding) };
}

/** One item of a list: it comes with the first letter and goes with the last. */
function item(binding) {
  const { type, list, item: kind, key, value: holder, by } = LISTS[binding.type];
  const found = owner => extension(owner, type)?.get(list).find(each => each.get(key) === binding[by]);
  return {
    get: owner => found(owner)?.get(holder),
    set: (writer, element, owner, value) => {
      const there = found(owner), around = extension(owner, type);
      if (there && value) return writer.set(element, there, { [holder]: value });
      const rest = (around?.get(list) ?? []).filter(each => each !== there);
      const made = value ? [writer.factory.create(kind, { [key]: binding[by], [holder]: value })] : [];
      if (!around) {
        const created = writer.factory.create(type, { [list]: made });
        made.forEach(each => { each.$parent = created; });
        return made.length ? writer.addExtension(element, owner, created) : undefined;
      }
      made.forEach(each => { each.$parent = around; });
      return writer.set(element, around, { [list]: [...rest, ...made] });
    },
  };
}
