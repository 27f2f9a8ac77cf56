/**
 * Reading and writing what our dialect keeps in the file: `zeebe:` extension elements, references to messages and
 * the like by name, expressions. Every write is one command, so one undo takes it back.
 */
import { is } from 'bpmn-js/lib/util/ModelUtil';

const UPDATE = 'element.updateModdleProperties';
const TOGETHER = 'properties-panel.multi-command-executor';

/** What a field writes with: the services of one modeler. */
export class Writer {
  constructor(injector) {
    this.commands = injector.get('commandStack');
    this.factory = injector.get('bpmnFactory');
    this.registry = injector.get('elementRegistry');
    this.definitions = () => injector.get('bpmnjs').getDefinitions();
  }

  /** Set properties of a business object or of one inside it. */
  set(element, owner, properties) {
    this.commands.execute(TOGETHER, [update(element, owner, properties)]);
  }

  /** Set attributes of a `zeebe:` extension element, which comes with the first one and goes with the last. */
  setExtension(element, owner, type, properties) {
    const given = withoutEmpty(properties), found = extension(owner, type);
    if (!found) return this.addExtension(element, owner, this.factory.create(type, given));
    const rest = Object.keys(found.$descriptor.propertiesByName)
      .filter(name => !name.includes(':') && !(name in properties) && found.get(name) !== undefined);
    const isEmpty = !Object.values(given).some(value => value !== undefined) && !rest.some(name => hasOwn(found, name));
    if (isEmpty) return this.removeExtension(element, owner, found);
    this.commands.execute(TOGETHER, [update(element, found, given)]);
  }

  addExtension(element, owner, made) {
    const around = owner.get('extensionElements');
    if (around) {
      made.$parent = around;
      return this.set(element, around, { values: [...around.get('values'), made] });
    }
    const created = this.factory.create('bpmn:ExtensionElements', { values: [made] });
    created.$parent = owner;
    made.$parent = created;
    this.set(element, owner, { extensionElements: created });
  }

  removeExtension(element, owner, found) {
    const around = owner.get('extensionElements');
    const values = around.get('values').filter(each => each !== found);
    if (values.length) this.set(element, around, { values });
    else this.set(element, owner, { extensionElements: undefined });
  }

  /** Set an expression child (`bpmn:FormalExpression`), which goes when it is empty. */
  setExpression(element, owner, property, body) {
    if (!body) return this.set(element, owner, { [property]: undefined });
    const found = owner.get(property);
    if (found) return this.set(element, found, { body });
    const created = this.factory.create('bpmn:FormalExpression', { body });
    created.$parent = owner;
    this.set(element, owner, { [property]: created });
  }

  /**
   * Let an owner refer to a message, signal, error or escalation of this name (or code).
   *
   * One of that name is taken where there is one; the own one is renamed where nobody else refers to it.
   */
  setReference(element, owner, { property, type, by }, text) {
    const current = owner.get(property), definitions = this.definitions();
    if (!text) return this.set(element, owner, { [property]: undefined });
    const known = definitions.get('rootElements').find(each => is(each, type) && each !== current && each.get(by) === text);
    if (known) return this.set(element, owner, { [property]: known });
    const named = by === 'name' ? { name: text } : { [by]: text, name: text };
    if (current && !this.isShared(current, owner)) return this.set(element, current, named);
    const created = this.factory.create(type, named);
    created.$parent = definitions;
    this.commands.execute(TOGETHER, [
      update(element, definitions, { rootElements: [...definitions.get('rootElements'), created] }),
      update(element, owner, { [property]: created }),
    ]);
  }

  isShared(root, owner) {
    return this.registry.getAll().some(({ businessObject: each }) => [each, ...(each.eventDefinitions ?? [])]
      .some(one => one !== owner && REFERENCES.some(name => one[name] === root)));
  }
}

const REFERENCES = ['messageRef', 'signalRef', 'errorRef', 'escalationRef'];
const hasOwn = (found, name) => Object.hasOwn(found, name) && found[name] !== undefined;

function update(element, moddleElement, properties) {
  return { cmd: UPDATE, context: { element, moddleElement, properties } };
}

function withoutEmpty(properties) {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, value === '' ? undefined : value]));
}

/** Return the first extension element of a type, undefined where there is none. */
export function extension(owner, type) {
  return owner.get('extensionElements')?.get('values').find(each => is(each, type));
}

/** Return the first event definition of a type (`Timer`, `Message`, …), undefined where there is none. */
export function eventDefinition(owner, kind) {
  return owner.eventDefinitions?.find(each => is(each, `bpmn:${kind}EventDefinition`));
}

/** Return the process an element of the canvas stands for: itself, or what its pool shows. */
export function processOf(element) {
  const owner = element.businessObject;
  if (is(owner, 'bpmn:Process')) return owner;
  return is(owner, 'bpmn:Participant') ? owner.processRef : undefined;
}
