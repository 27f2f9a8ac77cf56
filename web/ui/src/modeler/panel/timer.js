/** Timers: one of three kinds, one value. */
import { eventDefinition } from './model.js';

const KINDS = { timeDuration: 'after', timeDate: 'on the day', timeCycle: 'again and again' };
const definition = owner => eventDefinition(owner, 'Timer');
const kindOf = owner => Object.keys(KINDS).find(kind => definition(owner).get(kind));

/** Return the rows of an element with a timer. */
export function timer() {
  return [
    {
      id: 'timer-kind', as: 'choice', label: 'When',
      options: Object.entries(KINDS).map(([value, label]) => ({ value, label })),
      get: kindOf,
      set: (writer, element, owner, kind) => write(writer, element, owner, kind, definition(owner).get(kindOf(owner) ?? '')?.get('body') ?? ''),
    },
    {
      id: 'timer-value', as: 'code', label: 'Time', help: 'For example PT2H, P7D, R/P1D, or = and an expression.',
      get: owner => kindOf(owner) && definition(owner).get(kindOf(owner)).get('body'),
      set: (writer, element, owner, body) => write(writer, element, owner, kindOf(owner) ?? 'timeDuration', body),
    },
  ];
}

function write(writer, element, owner, kind, body) {
  const made = kind ? writer.factory.create('bpmn:FormalExpression', { body }) : undefined;
  if (made) made.$parent = definition(owner);
  const none = { timeDuration: undefined, timeDate: undefined, timeCycle: undefined };
  writer.set(element, definition(owner), { ...none, ...(kind && { [kind]: made }) });
}
