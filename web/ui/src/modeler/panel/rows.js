/** How rows of the panel are written down: each kind of place in the file has its own short word. */
import { eventDefinition, extension } from './model.js';

/** An attribute of the element itself. */
export const own = (property, row) => ({
  id: property,
  get: owner => owner.get(property),
  set: (writer, element, owner, value) => writer.set(element, owner, { [property]: value || undefined }),
  ...row,
});

/** An attribute of a `zeebe:` extension element. */
export const zeebe = (type, attribute, row) => ({
  id: `${type}-${attribute}`,
  get: owner => extension(owner, `zeebe:${type}`)?.get(attribute),
  set: (writer, element, owner, value) => writer.setExtension(element, owner, `zeebe:${type}`, { [attribute]: value }),
  ...row,
});

/** One of our own wishes: `zeebe:property` with a name of ours. */
export const wish = (name, row) => ({
  id: name.replace(':', '-'),
  get: owner => extension(owner, 'zeebe:Properties')?.get('properties').find(each => each.get('name') === name)?.get('value'),
  set: (writer, element, owner, value) => setWish(writer, element, owner, name, value),
  ...row,
});

function setWish(writer, element, owner, name, value) {
  const around = extension(owner, 'zeebe:Properties');
  const found = around?.get('properties').find(each => each.get('name') === name);
  if (found && value) return writer.set(element, found, { value });
  const rest = (around?.get('properties') ?? []).filter(each => each !== found);
  const made = value ? [writer.factory.create('zeebe:Property', { name, value })] : [];
  const properties = [...rest, ...made];
  if (around && !properties.length) return writer.removeExtension(element, owner, around);
  if (around) {
    made.forEach(each => { each.$parent = around; });
    return writer.set(element, around, { properties });
  }
  const created = writer.factory.create('zeebe:Properties', { properties });
  made.forEach(each => { each.$parent = created; });
  return writer.addExtension(element, owner, created);
}

/** An expression child of the element or of one of its parts (`part(owner)`). */
export const expression = (property, row, part = owner => owner) => ({
  id: property,
  as: 'code',
  get: owner => part(owner)?.get(property)?.get('body'),
  set: (writer, element, owner, value) => writer.setExpression(element, part(owner), property, value),
  ...row,
});

/** The name or code of what an event or task refers to. */
export const reference = (kind, row) => {
  const [property, type, by] = REFERENCES[kind];
  const part = owner => owner.eventDefinitions ? eventDefinition(owner, kind) : owner;
  return {
    id: property,
    get: owner => part(owner)?.get(property)?.get(by),
    set: (writer, element, owner, value) => writer.setReference(element, part(owner), { property, type, by }, value),
    ...row,
  };
};

const REFERENCES = {
  Message: ['messageRef', 'bpmn:Message', 'name'],
  Signal: ['signalRef', 'bpmn:Signal', 'name'],
  Error: ['errorRef', 'bpmn:Error', 'errorCode'],
  Escalation: ['escalationRef', 'bpmn:Escalation', 'escalationCode'],
};
