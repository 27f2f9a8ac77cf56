/**
 * One field of the panel, whatever it edits: a table row says what it reads and writes (groups.js), this shows it.
 *
 * A row: `{id, label, help, placeholder, as, options, get(owner, element), set(writer, element, owner, value)}`; `as` is text (the
 * default), area, code, choice or check.
 */
import {
  CheckboxEntry, SelectEntry, TextAreaEntry, TextFieldEntry,
  isCheckboxEntryEdited, isSelectEntryEdited, isTextAreaEntryEdited, isTextFieldEntryEdited,
} from '@bpmn-io/properties-panel';
import { useService } from 'bpmn-js-properties-panel';
import { Writer } from './model.js';

const SHOWN = {
  text: [TextFieldEntry, isTextFieldEntryEdited],
  area: [TextAreaEntry, isTextAreaEntryEdited],
  code: [TextAreaEntry, isTextAreaEntryEdited],
  choice: [SelectEntry, isSelectEntryEdited],
  check: [CheckboxEntry, isCheckboxEntryEdited],
};

/** Return the panel's entry of a row for an element; `owner` is what the row reads and writes. */
export function entry(element, owner, row) {
  return { id: `obieg-${row.id}`, component: Field, row, owner, isEdited: SHOWN[row.as ?? 'text'][1] };
}

function Field({ element, id, row, owner }) {
  const injector = useService('injector'), translate = useService('translate'), debounce = useService('debounceInput');
  const [Shown] = SHOWN[row.as ?? 'text'];
  const writer = new Writer(injector);
  return <Shown
    element={element} id={id} debounce={debounce}
    label={translate(row.label)}
    description={row.help && translate(row.help)}
    monospace={row.as === 'code'}
    placeholder={row.placeholder}
    getValue={() => row.get(owner, element) ?? (row.as === 'check' ? false : '')}
    setValue={value => row.set(writer, element, owner, value)}
    getOptions={() => choices(row, translate, injector, row.get(owner, element))} />;
}

function choices(row, translate, injector, current) {
  const found = typeof row.options === 'function' ? row.options(injector.get('config.office') ?? {}) : row.options ?? [];
  const all = found.map(each => typeof each === 'string' ? { value: each, label: each } : { ...each, label: translate(each.label) });
  if (current && !all.some(each => each.value === current)) all.unshift({ value: current, label: current });
  return [{ value: '', label: '—' }, ...all];
}
