// Messages as endpoints describe them: a name, a type of Go, and the fields.
import { elementsOf, membersOf } from '/_/files/data.js';
import { field, freshId, h } from '/_/files/dom.js';

const INTEGER = /^u?int(8|16|32|64)?$/;
const FLOAT = /^float(32|64)?$/;
const NUMBER_TEXT = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

// Go describes fields by the names in its structs.
export function snakeCase(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

const fieldsOf = (value) => (value && value.values) || [];
const isBytes = (value) => value.type === '[]byte' || value.type === '[]uint8';
const isList = (value) => value.type.startsWith('[]') && !isBytes(value);
// A list has one value, its element, unless that would be too deep.
const elementOf = (list) => fieldsOf(list)[0] || { type: list.type.slice(2), values: null };

// As the micro tool prints it: `{\n\tname string\n}`.
export function shape(value, depth = 0) {
  const fields = fieldsOf(value);
  if (fields.length === 0) return depth === 0 ? '{}' : `${value.type}`;
  const tabs = '\t'.repeat(depth + 1);
  const lines = fields.map((each) => {
    const prefix = isList(each) ? '[]' : '';
    const inner = isList(each) ? elementOf(each) : each;
    const nested = !isBytes(inner) && fieldsOf(inner).length > 0;
    const type = nested ? `${prefix}${shape(inner, depth + 1)}` : each.type;
    return `${tabs}${snakeCase(each.name)} ${type}`;
  });
  return `{\n${lines.join('\n')}\n${'\t'.repeat(depth)}}`;
}

function scalarText(type, text) {
  if (INTEGER.test(type) || FLOAT.test(type)) {
    return NUMBER_TEXT.test(text.trim()) ? text.trim() : JSON.stringify(text);
  }
  return JSON.stringify(text);
}

// What a field shows for the text of a value.
const plain = (json) => (json.startsWith('"') ? JSON.parse(json) : json === 'null' ? '' : json);

function scalar(value, changed) {
  const control = value.type === 'bool'
    ? h('input', { type: 'checkbox', onchange: changed })
    : h('input', {
      type: 'text', autocomplete: 'off', spellcheck: 'false', oninput: changed,
      inputmode: INTEGER.test(value.type) || FLOAT.test(value.type) ? 'decimal' : null,
    });
  return {
    element: labelled(value, control),
    read: () => {
      if (value.type === 'bool') return control.checked ? 'true' : null;
      return control.value === '' ? null : scalarText(value.type, control.value);
    },
    write: (json) => {
      if (value.type === 'bool') control.checked = json === 'true';
      else control.value = plain(json);
    },
  };
}

function labelled(value, control, hint) {
  const element = field(snakeCase(value.name), control, hint);
  element.querySelector('label').append(' ', h('small', {}, value.type));
  return element;
}

// One value in each line.
function list(value, changed) {
  const element = elementOf(value);
  const isJson = !SCALAR.test(element.type);
  const control = h('textarea', { rows: '3', spellcheck: 'false', oninput: changed });
  return {
    element: labelled(value, control, isJson ? 'A JSON value in each line' : 'One value in each line'),
    read: () => {
      const lines = control.value.split('\n').filter((line) => line.trim() !== '');
      if (lines.length === 0) return null;
      return `[${lines.map((line) => (isJson ? line : scalarText(element.type, line))).join(',')}]`;
    },
    write: (json) => {
      const elements = json.startsWith('[') ? elementsOf(json) : [];
      control.value = elements.map((each) => (isJson ? each : plain(each))).join('\n');
    },
  };
}

function any(value, changed) {
  const control = h('textarea', { rows: '2', spellcheck: 'false', oninput: changed });
  return {
    element: labelled(value, control, 'JSON'),
    read: () => (control.value.trim() === '' ? null : control.value),
    write: (json) => { control.value = json; },
  };
}

function group(value, changed) {
  const form = messageForm(value, changed);
  return {
    element: h('fieldset', {}, h('legend', { id: freshId('legend') }, snakeCase(value.name), ' ',
      h('small', {}, value.type)), form.elements),
    read: () => {
      const text = form.read();
      return text === '{}' ? null : text;
    },
    write: (json) => form.write(json.startsWith('{') ? json : '{}'),
  };
}

const SCALAR = /^(string|bool|\[\](byte|uint8)|u?int(8|16|32|64)?|float(32|64)?)$/;

function control(value, changed) {
  if (isList(value)) return list(value, changed);
  if (SCALAR.test(value.type)) return scalar(value, changed);
  return fieldsOf(value).length > 0 ? group(value, changed) : any(value, changed);
}

const words = (name) => name.toLowerCase().replaceAll('_', '');

// A form for a message. `changed` runs when the reader has changed something; read() returns the
// JSON text, write() fills the form from such a text. Names stay as they are written there, and so
// do members that the form does not have.
export function messageForm(value, changed) {
  const parts = fieldsOf(value).map((each) => {
    const key = snakeCase(each.name);
    return { name: key, key, control: control(each, changed) };
  });
  let others = [];
  return {
    elements: parts.map((part) => part.control.element),
    read: () => {
      const members = [...parts.map((part) => [part.key, part.control.read()]), ...others]
        .filter(([, text]) => text !== null);
      return `{${members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
    },
    write: (json) => {
      const members = membersOf(json);
      const spelled = new Map([...members.keys()].map((key) => [words(key), key]));
      for (const part of parts) {
        part.key = spelled.get(words(part.name)) || part.name;
        part.control.write(members.get(part.key) || '');
        members.delete(part.key);
      }
      others = [...members];
    },
  };
}
