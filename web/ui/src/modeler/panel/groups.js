/** What the panel shows of each kind of element: only what the engine executes, in the words of an office. */
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { drawing } from './drawing.jsx';
import { entry } from './fields.jsx';
import { pairs } from './lists.jsx';
import { eventDefinition, extension, processOf } from './model.js';
import { repetition } from './repetition.js';
import { expression, own, reference, wish, zeebe } from './rows.js';
import { hasField, templateOf } from '../templates.js';
import { choiceOf, fieldsOf } from './template.js';
import { timer } from './timer.js';

const BINDING = { as: 'choice', label: 'Version used', options: [
  { value: 'latest', label: 'newest' }, { value: 'deployment', label: 'deployed together' }, { value: 'versionTag', label: 'with a version tag' },
] };
const bound = type => [
  zeebe(type, 'bindingType', BINDING),
  zeebe(type, 'versionTag', { label: 'Version tag' }),
];
const JOBS = ['bpmn:ServiceTask', 'bpmn:SendTask', 'bpmn:BusinessRuleTask', 'bpmn:ScriptTask'];
const isJob = (owner, element) => isAny(element, JOBS)
  || (isAny(owner, ['bpmn:EndEvent', 'bpmn:IntermediateThrowEvent']) && eventDefinition(owner, 'Message'));

/** Return the groups of an element; empty ones are left out. */
export function groupsOf(element, injector) {
  const translate = injector.get('translate');
  const owner = processOf(element) ?? element.businessObject;
  const group = (id, label, rows) => rows.length ? [{
    id: `obieg-${id}`, label: translate(label), shouldOpen: id === 'general',
    entries: rows.map(row => entry(element, owner, row)),
  }] : [];
  return [
    ...group('general', 'General', general(owner)),
    ...group('who', 'Who does it', who(owner)),
    ...group('form', 'Form', form(owner)),
    ...group('due', 'Time limit', due(owner)),
    ...group('work', 'Action', work(owner, element, injector)),
    ...fieldsOf(element, injector).flatMap(each => group(...each)),
    ...group('condition', 'Condition', condition(owner)),
    ...group('repeat', 'Repetition', repetition(owner)),
    ...data(owner, element, injector),
    ...group('legal', 'Legal basis', legal(owner)),
    ...properties(owner, element, injector),
    ...drawing(element, injector),
  ];
}

function general(owner) {
  if (is(owner, 'bpmn:TextAnnotation')) return [own('text', { as: 'area', label: 'Text' })];
  const named = { label: 'Name', as: 'area' };
  if (is(owner, 'bpmn:Process')) return [
    own('name', named),
    own('isExecutable', { as: 'check', label: 'Executable' }),
    zeebe('VersionTag', 'value', { label: 'Version tag' }),
  ];
  return is(owner, 'bpmn:BaseElement') && owner.$descriptor.propertiesByName.name ? [own('name', named)] : [];
}

function who(owner) {
  const group = wish('obieg:group', { label: 'Group of the lane or element', help: 'Name of the group whose people do it.' });
  if (isAny(owner, ['bpmn:Lane', 'bpmn:StartEvent'])) return [group];
  if (!is(owner, 'bpmn:UserTask')) return [];
  return [
    zeebe('AssignmentDefinition', 'candidateGroups', { label: 'Groups', help: 'Names separated by commas, or = and an expression. Empty: the group of the lane.' }),
    zeebe('AssignmentDefinition', 'candidateUsers', { label: 'People who may take it' }),
    zeebe('AssignmentDefinition', 'assignee', { label: 'Given to' }),
    zeebe('PriorityDefinition', 'priority', { label: 'Priority (0 to 100)' }),
    wish('obieg:completedBy', { label: 'Who did it, in variable' }),
    group,
  ];
}

function form(owner) {
  const shown = is(owner, 'bpmn:UserTask') || (is(owner, 'bpmn:StartEvent') && !owner.eventDefinitions?.length);
  if (!shown) return [];
  return [
    zeebe('FormDefinition', 'formId', { as: 'choice', label: 'Form', options: office => office.forms ?? [] }),
    zeebe('FormDefinition', 'bindingType', { ...BINDING, label: 'Version of the form' }),
  ];
}

function due(owner) {
  if (eventDefinition(owner, 'Timer')) return timer(owner);
  if (!is(owner, 'bpmn:UserTask')) return [];
  return [
    zeebe('TaskSchedule', 'dueDate', { as: 'code', label: 'Due', help: 'For example = working day deadline(now(), 14).' }),
    zeebe('TaskSchedule', 'followUpDate', { as: 'code', label: 'Reminder' }),
  ];
}

function work(owner, element, injector) {
  const rows = choiceOf(element, injector);
  if (is(owner, 'bpmn:ScriptTask')) rows.push(
    zeebe('Script', 'expression', { as: 'code', label: 'Expression' }),
    zeebe('Script', 'resultVariable', { label: 'Result in variable', id: 'script-result' }));
  if (is(owner, 'bpmn:BusinessRuleTask')) rows.push(
    zeebe('CalledDecision', 'decisionId', { as: 'choice', label: 'Decision', options: office => office.decisions ?? [] }),
    zeebe('CalledDecision', 'resultVariable', { label: 'Result in variable' }),
    ...bound('CalledDecision'));
  if (isJob(owner, element) && !templateOf(injector, element)) rows.push(
    zeebe('TaskDefinition', 'type', { as: 'choice', label: 'What is done', options: office => office.jobTypes ?? [] }),
    zeebe('TaskDefinition', 'retries', { label: 'Attempts' }),
    wish('obieg:retryBackoff', { label: 'Pause between attempts', help: 'For example PT10M, PT1H.' }));
  if (is(owner, 'bpmn:CallActivity')) rows.push(
    zeebe('CalledElement', 'processId', { as: 'choice', label: 'Process called', options: office => office.processes ?? [] }),
    ...bound('CalledElement'),
    zeebe('CalledElement', 'propagateAllParentVariables', { as: 'check', label: 'Give it all data' }),
    zeebe('CalledElement', 'propagateAllChildVariables', {
      as: 'check', label: 'Take back all data', // the engine does unless told otherwise
      get: each => extension(each, 'zeebe:CalledElement')?.get('propagateAllChildVariables') ?? true,
    }));
  if (is(owner, 'bpmn:AdHocSubProcess')) rows.push(
    zeebe('AdHoc', 'activeElementsCollection', { as: 'code', label: 'Elements to begin with' }));
  return [...rows, ...events(owner)];
}

function events(owner) {
  const rows = [];
  if (eventDefinition(owner, 'Message') || isAny(owner, ['bpmn:ReceiveTask', 'bpmn:SendTask'])) rows.push(
    reference('Message', { label: 'Name of the message' }), correlation());
  if (eventDefinition(owner, 'Signal')) rows.push(reference('Signal', { label: 'Name of the signal' }));
  if (eventDefinition(owner, 'Error')) rows.push(reference('Error', { label: 'Code of the error' }));
  if (eventDefinition(owner, 'Escalation')) rows.push(reference('Escalation', { label: 'Code of the escalation' }));
  if (eventDefinition(owner, 'Link')) rows.push(own('name', {
    id: 'link', label: 'Name of the link',
    get: each => eventDefinition(each, 'Link').get('name'),
    set: (writer, element, each, value) => writer.set(element, eventDefinition(each, 'Link'), { name: value }),
  }));
  return rows;
}

/** The key by which a message finds its case; it is kept at the message. */
function correlation() {
  const message = owner => (owner.eventDefinitions ? eventDefinition(owner, 'Message') : owner)?.get('messageRef');
  return {
    id: 'correlation', as: 'code', label: 'Finds its case by', help: 'For example = case number.',
    get: owner => message(owner) && extension(message(owner), 'zeebe:Subscription')?.get('correlationKey'),
    set: (writer, element, owner, value) => message(owner)
      && writer.setExtension(element, message(owner), 'zeebe:Subscription', { correlationKey: value }),
  };
}

function condition(owner) {
  if (is(owner, 'bpmn:SequenceFlow')) {
    const from = owner.sourceRef;
    const decides = isAny(from, ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway', 'bpmn:ComplexGateway', 'bpmn:Activity']);
    return decides && from.default !== owner
      ? [expression('conditionExpression', { label: 'This way if', help: 'For example = decyzja = "tak".' })] : [];
  }
  if (eventDefinition(owner, 'Conditional')) return [
    expression('condition', { label: 'Happens when' }, each => eventDefinition(each, 'Conditional'))];
  if (is(owner, 'bpmn:ComplexGateway')) return [expression('activationCondition', { label: 'Goes on when' })];
  return is(owner, 'bpmn:AdHocSubProcess') ? [expression('completionCondition', { label: 'Ends when' })] : [];
}

function data(owner, element, injector) {
  const groups = [], template = templateOf(injector, element);
  const isShown = list => item => !template || !hasField(template, list, item);
  const io = { type: 'zeebe:IoMapping', pair: ['target', 'source'], labels: ['Variable', 'Value'], second: 'code' };
  if (isAny(owner, ['bpmn:Activity', 'bpmn:ThrowEvent'])) groups.push(pairs(injector, element, owner, {
    ...io, id: 'obieg-inputs', label: 'Data in', property: 'inputParameters', item: 'zeebe:Input', isShown: isShown('inputParameters') }));
  if (isAny(owner, ['bpmn:Activity', 'bpmn:Event'])) groups.push(pairs(injector, element, owner, {
    ...io, id: 'obieg-outputs', label: 'Data out', property: 'outputParameters', item: 'zeebe:Output', isShown: isShown('outputParameters') }));
  if (isJob(owner, element) && !template) groups.push(pairs(injector, element, owner, {
    id: 'obieg-headers', label: 'Settings of the action', type: 'zeebe:TaskHeaders', property: 'values', item: 'zeebe:Header',
    pair: ['key', 'value'], labels: ['Setting', 'Value'], second: 'area' }));
  return groups;
}

function legal(owner) {
  if (!isAny(owner, ['bpmn:FlowElement', 'bpmn:Process', 'bpmn:Lane'])) return [];
  return [
    wish('obieg:legalBasis', { as: 'area', label: 'Legal basis', help: 'Article, paragraph, name of the rules.' }),
    {
      id: 'documentation', as: 'area', label: 'Explanation',
      get: each => each.get('documentation')[0]?.get('text'),
      set: (writer, element, each, value) => writer.set(element, each, { documentation: documented(writer, each, value) }),
    },
  ];
}

function documented(writer, owner, text) {
  const rest = owner.get('documentation').slice(1);
  if (!text) return rest;
  const made = writer.factory.create('bpmn:Documentation', { text });
  made.$parent = owner;
  return [made, ...rest];
}

function properties(owner, element, injector) {
  if (!isAny(owner, ['bpmn:FlowNode', 'bpmn:Process', 'bpmn:Lane'])) return [];
  return [pairs(injector, element, owner, {
    id: 'obieg-properties', label: 'Further properties', type: 'zeebe:Properties', property: 'properties', item: 'zeebe:Property',
    pair: ['name', 'value'], labels: ['Name', 'Value'] })];
}
