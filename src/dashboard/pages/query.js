// Query: calls any method, with a form made from its description; streams message by message.
import { empty, field, h, heading, replace, setText } from '/_/files/dom.js';
import { getJson, pretty, rpc, shell } from '/_/files/data.js';
import { messageForm } from '/_/files/message.js';

const OTHER = '- Other';
const HISTORY = 'evmicro.queries';
const MOST_KEPT = 20;
const MOST_MESSAGES = 500;
const DRAW_INTERVAL = 30;  // ms

function isStream(endpoint) {
  return Boolean(endpoint) && ((endpoint.metadata || {}).stream === 'true' ||
    Boolean(endpoint.response && endpoint.response.type === 'Streamer'));
}

function kept() {
  try {
    const list = JSON.parse(localStorage.getItem(HISTORY));
    return Array.isArray(list) ? list.filter((each) => each && typeof each.service === 'string') : [];
  } catch (ignored) {
    return [];
  }
}

function keep(entry) {
  const same = (each) => each.service === entry.service && each.method === entry.method &&
    each.request === entry.request;
  const list = [entry, ...kept().filter((each) => !same(each))].slice(0, MOST_KEPT);
  try {
    localStorage.setItem(HISTORY, JSON.stringify(list));
  } catch (ignored) { /* private windows have no storage */ }
}

function option(value, text) {
  return h('option', { value }, text || value);
}

// `Name: value` lines; Timeout is in nanoseconds on the wire.
function headersFrom(text, seconds) {
  const headers = {};
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  if (seconds > 0) headers.Timeout = String(Math.round(seconds * 1e9));
  return headers;
}

// The newest messages of a stream. Drawn now and then: they may come faster than a page can show them.
class Messages {
  constructor(begun, drawn) {
    this.begun = begun;
    this.drawn = drawn;
    this.list = h('ol', { class: 'messages' });
    this.number = 0;
    this.fresh = [];
    this.timer = null;
  }

  add(line) {
    this.number += 1;
    this.fresh.push([this.number, performance.now() - this.begun, line]);
    if (this.fresh.length > MOST_MESSAGES) this.fresh.shift();
    if (!this.timer) this.timer = setTimeout(() => this.draw(), DRAW_INTERVAL);
  }

  draw() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.fresh.length === 0) return;
    this.list.append(...this.fresh.map(([number, ms, line]) => h('li', {},
      h('span', { class: 'when' }, `#${number} +${ms.toFixed(0)} ms`), h('pre', {}, pretty(line)))));
    this.fresh = [];
    while (this.list.children.length > MOST_MESSAGES) this.list.firstChild.remove();
    this.drawn();
  }
}

class QueryPage {
  constructor(parameters) {
    this.service = h('select', { name: 'service', required: true });
    this.method = h('select', { name: 'method' });
    this.other = h('input', { name: 'othermethod', type: 'text', autocomplete: 'off',
      spellcheck: 'false', placeholder: 'Say.Hello' });
    this.node = h('select', { name: 'address' });
    this.request = h('textarea', { name: 'request', rows: '7', spellcheck: 'false' });
    this.request.value = '{}';
    this.headers = h('textarea', { name: 'headers', rows: '3', spellcheck: 'false',
      placeholder: 'X-Trace: 1' });
    this.timeout = h('input', { name: 'timeout', type: 'number', min: '0', step: 'any',
      placeholder: '5' });
    this.streaming = h('input', { type: 'checkbox' });
    this.several = h('input', { type: 'checkbox' });
    this.finish = h('button', { type: 'button', hidden: true }, 'Finish sending');
    this.go = h('button', { class: 'main', type: 'submit' }, 'Go!');
    this.stop = h('button', { type: 'button', hidden: true }, 'Stop');
    this.form = h('div', { class: 'stack' });
    this.result = h('div', { 'aria-live': 'polite' });
    this.past = h('div', {});
    this.versions = [];
    this.names = [];
    this.messages = null;
    this.wanted = { service: parameters.get('service'), method: parameters.get('method') };
    this.listen();
  }

  listen() {
    this.service.addEventListener('change', () => this.chooseService());
    this.method.addEventListener('change', () => this.chooseMethod());
    this.request.addEventListener('input', () => this.fillForm());
    this.stop.addEventListener('click', () => this.abort && this.abort.abort());
    this.finish.addEventListener('click', () => {
      if (this.socket) this.socket.send('');
      this.finish.hidden = true;
    });
  }

  elements() {
    const otherField = field('Other method', this.other);
    this.otherField = otherField;
    const streaming = field('Stream', this.streaming, 'Show each message as it arrives');
    return [
      h('form', { class: 'stack', onsubmit: (event) => this.submit(event) },
        h('div', { class: 'panel stack' },
          h('div', { class: 'row' }, field('Service', this.service), field('Method', this.method),
            otherField),
          h('div', { class: 'columns' }, this.form,
            field('Request', this.request, 'JSON; numbers are sent as they are written')),
          h('details', { class: 'more' }, h('summary', {}, 'Node, headers, timeout'),
            h('div', { class: 'stack' }, h('div', { class: 'row' }, field('Node', this.node),
              field('Timeout in seconds', this.timeout), streaming,
              field('Several messages', this.several, 'Keep the stream open: Send sends the request again')),
            field('Headers', this.headers, 'One in each line; the service sees them as metadata'))),
          h('div', { class: 'buttons' }, this.go, this.finish, this.stop,
            this.copyButton('Copy as evmicro query', () => this.asCommand()),
            this.copyButton('Copy as curl', () => this.asCurl())))),
      h('section', { 'aria-label': 'Result' }, this.result),
      this.past,
    ];
  }

  copyButton(text, make) {
    const button = h('button', { class: 'plain', type: 'button' }, text);
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(make());
        setText(button, 'Copied');
      } catch (ignored) {  // browsers only allow it by https or on localhost
        replace(this.result, h('pre', { class: 'output' }, make()));
      }
      setTimeout(() => setText(button, text), 1500);
    });
    return button;
  }

  methodName() {
    return this.method.value === OTHER ? this.other.value.trim() : this.method.value;
  }

  endpoint() {
    const all = this.versions.flatMap((each) => each.endpoints || []);
    return all.find((each) => each.name === this.method.value);
  }

  asCommand() {
    const verb = this.streaming.checked ? 'stream' : 'query';
    return `evmicro ${verb} ${shell(this.service.value)} ${shell(this.methodName())} ` +
      shell(this.request.value);
  }

  asCurl() {
    const body = `{"service":${JSON.stringify(this.service.value)},` +
      `"method":${JSON.stringify(this.methodName())},"request":${this.request.value}}`;
    const path = this.streaming.checked ? '/_/stream' : '/rpc';
    return `curl -H 'Content-Type: application/json' -d ${shell(body)} ${location.origin}${path}`;
  }

  // The list of services; keeps what is chosen.
  async refresh() {
    const data = await getJson('/query?format=json');
    const names = data.services.map((each) => each.name).filter((name) => !name.startsWith('topic:'));
    const before = this.service.value || this.wanted.service || '';
    if (names.join('\n') !== this.names.join('\n')) {
      this.names = names;
      const all = before && !names.includes(before) ? [before, ...names] : names;
      replace(this.service, option('', 'Choose a service'), all.map((name) => option(name)));
      this.service.value = before;
    }
    await (before === this.shown ? this.renewChoices() : this.chooseService());
  }

  readVersions(name) {
    return getJson(`/registry?format=json&service=${encodeURIComponent(name)}`).then((data) => data.services);
  }

  // The methods and nodes of the service as they are now; keeps what is chosen.
  async renewChoices() {
    const name = this.shown;
    const versions = name ? await this.readVersions(name).catch(() => []) : [];
    if (this.shown !== name || versions.length === 0) return;  // gone, perhaps to come back
    if (JSON.stringify(versions) === JSON.stringify(this.versions)) return;
    const before = JSON.stringify(this.endpoint());
    const [method, node] = [this.method.value, this.node.value];
    this.versions = versions;
    this.showChoices();
    this.method.value = this.methods().includes(method) ? method : OTHER;
    if (this.method.value !== method) this.other.value = method;
    this.node.value = node;
    if (this.node.selectedIndex < 0) this.node.value = '';
    if (JSON.stringify(this.endpoint()) !== before) this.chooseMethod();
  }

  methods() {
    return [...new Set(this.versions.flatMap((each) => each.endpoints || [])
      .filter((each) => (each.metadata || {}).subscriber !== 'true').map((each) => each.name))];
  }

  showChoices() {
    replace(this.method, this.methods().map((each) => option(each)), option(OTHER));
    const nodes = this.versions.flatMap((each) => each.nodes || []);
    replace(this.node, option('', 'Any'), nodes.map((each) => option(
      each.port ? `${each.address}:${each.port}` : each.address, `${each.address}:${each.port} ${each.id}`)));
  }

  async chooseService() {
    const name = this.service.value;
    this.shown = name;
    let versions = [];
    if (name) {
      try {
        versions = await this.readVersions(name);
      } catch (error) {
        replace(this.result, h('p', { class: 'problem' }, `${name}: ${error.message}`));
      }
    }
    if (this.service.value !== name) return;  // another was chosen meanwhile
    this.versions = versions;
    this.showChoices();
    const wanted = this.wanted.method;
    this.wanted.method = null;
    if (wanted && this.methods().includes(wanted)) {
      this.method.value = wanted;
    } else if (wanted) {
      this.method.value = OTHER;
      this.other.value = wanted;
    }
    this.chooseMethod();
  }

  chooseMethod() {
    const endpoint = this.endpoint();
    this.otherField.hidden = this.method.value !== OTHER;
    this.other.disabled = this.method.value !== OTHER;
    this.streaming.checked = isStream(endpoint);
    this.message = endpoint && endpoint.request && (endpoint.request.values || []).length > 0
      ? messageForm(endpoint.request, () => { this.request.value = pretty(this.message.read()); }) : null;
    replace(this.form, this.message ? this.message.elements : '');
    this.form.hidden = !this.message;
    this.fillForm();
  }

  fillForm() {
    if (!this.message) return;
    try {
      const given = JSON.parse(this.request.value);
      if (given && typeof given === 'object') this.message.write(this.request.value);
    } catch (ignored) { /* not complete yet */ }
  }

  async submit(event) {
    event.preventDefault();
    const call = { service: this.service.value, method: this.methodName(), request: this.request.value };
    if (!call.method) return this.other.focus();
    try {
      JSON.parse(call.request);
    } catch (error) {
      replace(this.result, h('p', { class: 'problem' }, `The request is not JSON: ${error.message}`));
      return this.request.focus();
    }
    if (this.socket) return this.socket.send(call.request);
    this.abort = new AbortController();
    const several = this.streaming.checked && this.several.checked;
    this.go.disabled = !several;
    this.finish.hidden = !several;
    this.stop.hidden = false;
    if (several) setText(this.go, 'Send');
    const headers = headersFrom(this.headers.value, Number(this.timeout.value));
    const outcome = this.streaming.checked ? await this.stream(call, headers)
      : await this.call(call, headers);
    this.go.disabled = false;
    setText(this.go, 'Go!');
    this.finish.hidden = true;
    this.stop.hidden = true;
    keep({ ...call, ...outcome });
    this.showHistory();
  }

  head(ok, status, ms, more) {
    return h('div', { class: 'result-head' },
      h('span', { class: ok ? 'badge good' : 'badge bad' }, status || 'failed'),
      h('span', {}, `${ms.toFixed(ms < 10 ? 1 : 0)} ms`), more || '');
  }

  async call(call, headers) {
    const answer = await rpc({ ...call, headers, address: this.node.value, signal: this.abort.signal });
    replace(this.result, h('div', { class: 'panel' },
      this.head(answer.ok, answer.status, answer.ms),
      h('pre', { class: 'output', id: 'answer' }, pretty(answer.text))));
    return { status: answer.status, ms: answer.ms };
  }

  async stream(call, headers) {
    const begun = performance.now();
    const head = h('div', {});
    const show = (ok, text) => replace(head, this.head(ok, text, performance.now() - begun,
      h('span', {}, `${messages.number} ${messages.number === 1 ? 'message' : 'messages'}`)));
    const messages = new Messages(begun, () => show(true, 'open'));
    const { list } = messages;
    const add = (line) => messages.add(line);
    replace(this.result, h('div', { class: 'panel' }, head, list));
    let failure = null;
    try {
      failure = this.several.checked ? await this.converse(call, add)
        : await this.readStream(call, headers, add);
    } catch (error) {
      failure = error.name === 'AbortError' ? 'Stopped' : error.message;
    }
    messages.draw();
    if (failure && failure !== 'Stopped') {
      list.append(h('li', {}, h('span', { class: 'when bad' }, 'error'), h('pre', {}, pretty(failure))));
    }
    show(!failure, failure === 'Stopped' ? 'stopped' : failure ? 'failed' : 'ended');
    return { status: failure || 'ended', ms: performance.now() - begun };
  }

  // Resolves to the JSON of the error with which the stream has ended, or null.
  async readStream(call, headers, add) {
    const reply = await fetch('/_/stream', {
      method: 'POST', signal: this.abort.signal,
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: `{"service":${JSON.stringify(call.service)},"method":${JSON.stringify(call.method)},` +
        `"request":${call.request}}`,
    });
    if (!reply.ok) return reply.text();
    const reader = reply.body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    let failure = null;
    let since = performance.now();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return failure;
      if (performance.now() - since > DRAW_INTERVAL) {  // what has arrived is read without a turn for others
        await new Promise((resolve) => { setTimeout(resolve); });
        since = performance.now();
      }
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const error = /^\{"error":(\{"id":.*\})\}$/.exec(line);
        if (error) [, failure] = error;
        else add(line);
      }
    }
  }

  // The same in both directions. A WebSocket of a browser has no headers of its own.
  converse(call, add) {
    return new Promise((resolve) => {
      const query = new URLSearchParams({ service: call.service, method: call.method });
      const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/_/socket?${query}`);
      let failure = null;
      let opened = false;
      socket.onopen = () => {
        opened = true;
        this.socket = socket;
        socket.send(call.request);
      };
      socket.onmessage = (event) => {
        const error = /^\{"error":(\{"id":.*\})\}$/.exec(event.data);
        if (error) [, failure] = error;
        else add(event.data);
      };
      socket.onclose = (event) => {
        this.socket = null;
        if (!opened) failure = 'The stream could not be opened.';
        else if (event.code !== 1000 && !failure) failure = event.reason || 'The connection was lost.';
        resolve(this.abort.signal.aborted ? 'Stopped' : failure);
      };
      this.abort.signal.addEventListener('abort', () => socket.close());
    });
  }

  showHistory() {
    const list = kept();
    replace(this.past, list.length === 0 ? '' : h('section', {}, h('h2', {}, 'Recent calls'),
      h('ul', { class: 'history' }, list.map((each) => h('li', {},
        h('button', { type: 'button', onclick: () => this.recall(each) },
          h('strong', {}, each.method), h('span', {}, each.service),
          h('span', { class: 'right' }, `${each.status === 200 ? 'ok' : each.status === 'ended'
            ? 'stream' : 'error'} · ${Number(each.ms).toFixed(0)} ms`)))))));
  }

  async recall(entry) {
    if (![...this.service.options].some((each) => each.value === entry.service)) {
      this.service.append(option(entry.service));
    }
    this.service.value = entry.service;
    this.wanted.method = entry.method;
    this.request.value = entry.request;
    await this.chooseService();
    this.request.focus();
  }
}

export async function show(main, parameters, facts) {
  document.title = 'Query a Service';
  if (facts.readOnly) {
    replace(main, heading('Query a service'), empty('Read only',
      'This dashboard was started with --web_readonly: it shows, and calls nothing.'));
    return null;
  }
  const page = new QueryPage(parameters);
  if (parameters.get('request')) page.request.value = parameters.get('request');
  replace(main, heading('Query a service'), page.elements());
  page.chooseMethod();
  page.showHistory();
  await page.refresh();
  return (what) => (what === 'registry' ? page.refresh() : null);
}
