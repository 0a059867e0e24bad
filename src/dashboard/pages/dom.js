// Makes elements. Text always becomes text nodes: nothing that comes from a service is ever HTML.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

// h('p', {class: 'x', onclick: f}, 'text', element, ...)
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// The same for SVG.
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function replace(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child instanceof Node ||
    typeof child === 'string'));
}

// By what an element is found again after it was made anew.
function keyOf(element) {
  const name = element.tagName.toLowerCase();
  if (name === 'summary') return `summary ${element.parentElement.dataset.name}`;
  return `${name} ${element.getAttribute('href') || element.getAttribute('aria-label') || element.textContent}`;
}

const FOCUSABLE = 'a[href], button, summary, input, select, textarea, [tabindex]';

// Like replace(), for what is shown already: the focus stays on what has it, and tables where they were scrolled to.
export function renew(element, ...children) {
  const active = document.activeElement;
  const like = (key) => [...element.querySelectorAll(FOCUSABLE)].filter((each) => keyOf(each) === key);
  const key = element.contains(active) && active !== element ? keyOf(active) : null;
  const place = key === null ? -1 : like(key).indexOf(active);
  const regions = () => [...element.querySelectorAll('.scroll')];
  const scrolled = new Map(regions().map((each) => [keyOf(each), [each.scrollLeft, each.scrollTop]]));
  replace(element, ...children);
  for (const region of regions()) {
    [region.scrollLeft, region.scrollTop] = scrolled.get(keyOf(region)) || [0, 0];
  }
  const again = place < 0 ? null : like(key)[place];
  if (again) again.focus({ preventScroll: true });
}

// Whether the reader has selected something of it, perhaps to copy it.
export function isSelected(element) {
  const selection = getSelection();
  return !selection.isCollapsed && element.contains(selection.anchorNode);
}

// Changes the text only if it differs, so that screen readers and selections are left alone.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let lastId = 0;
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

// An input, select or textarea below its label.
export function field(label, control, hint) {
  control.id = control.id || freshId('field');
  const hintId = hint ? `${control.id}-hint` : null;
  if (hintId) control.setAttribute('aria-describedby', hintId);
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control,
    hint ? h('p', { class: 'hint', id: hintId }, hint) : null);
}

export function table(caption, columns, rows) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', {}, h('caption', { class: 'hidden' }, caption),
      h('thead', {}, h('tr', {}, columns.map((column) =>
        h('th', { scope: 'col', class: column.number ? 'number' : null }, column.title || column)))),
      h('tbody', {}, rows)));
}

export function empty(title, text, ...more) {
  return h('div', { class: 'empty' }, h('p', { class: 'empty-title' }, title),
    h('p', {}, text), more);
}

export function problem(text) {
  return h('p', { class: 'problem', role: 'alert' }, text);
}

export function heading(title, ...more) {
  return h('div', { class: 'heading' }, h('h1', {}, title), more);
}
