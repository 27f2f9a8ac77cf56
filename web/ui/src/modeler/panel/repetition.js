/** Repetition: multi-instance activities and loops. */
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { extension } from './model.js';
import { expression } from './rows.js';

const loop = owner => owner.get('loopCharacteristics');

const collection = (attribute, label, as) => ({
  id: `loop-${attribute}`, label, as,
  get: owner => extension(loop(owner), 'zeebe:LoopCharacteristics')?.get(attribute),
  set: (writer, element, owner, value) =>
    writer.setExtension(element, loop(owner), 'zeebe:LoopCharacteristics', { [attribute]: value }),
});

const plain = (property, row) => ({
  id: `loop-${property}`,
  get: owner => loop(owner).get(property),
  set: (writer, element, owner, value) => writer.set(element, loop(owner), { [property]: value || undefined }),
  ...row,
});

/** Return the rows of an activity that repeats, none for one that does not. */
export function repetition(owner) {
  if (!is(owner, 'bpmn:Activity') || !loop(owner)) return [];
  if (is(loop(owner), 'bpmn:StandardLoopCharacteristics')) return [
    expression('loopCondition', { label: 'Again while' }, loop),
    plain('testBefore', { as: 'check', label: 'Asked before the first time too' }),
    plain('loopMaximum', { label: 'At most this many times', set: setMaximum }),
  ];
  return [
    collection('inputCollection', 'For each of', 'code'),
    collection('inputElement', 'Called'),
    collection('outputCollection', 'Results in variable'),
    collection('outputElement', 'Result of each', 'code'),
    expression('loopCardinality', { label: 'Number of times', help: 'Instead of a list.' }, loop),
    expression('completionCondition', { label: 'Enough when', id: 'loop-completion' }, loop),
  ];
}

function setMaximum(writer, element, owner, value) {
  writer.set(element, loop(owner), { loopMaximum: /^\d+$/.test(value) ? Number(value) : undefined });
}
