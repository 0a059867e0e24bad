// Topics: who subscribes, and the messages as they are published.
import { empty, field, h, heading, problem, replace, setText, table } from '/_/files/dom.js';
import { Events, count, counted, getJson, pretty } from '/_/files/data.js';

const MOST_MESSAGES = 200;

function subscribers(topic) {
  return table(`Subscribers of ${topic.name}`, ['Id', 'Address', 'Queue'],
    topic.subscribers.map((each) => h('tr', {}, h('th', { scope: 'row', class: 'mono' }, each.id),
      h('td', { class: 'mono' }, each.address), h('td', {}, each.queue || 'none: gets every message'))));
}

function message(event) {
  const header = Object.entries(event.header).filter(([name]) => name !== ':topic')
    .map(([name, value]) => `${name}: ${value}`).join('\n');
  const body = event.body === undefined ? `${counted(event.bytes, 'byte')}, base64:\n${event.base64}`
    : pretty(event.body);
  return h('li', {},
    h('span', { class: 'when' }, new Date(event.time).toLocaleTimeString('en-GB'), h('br', {}),
      counted(event.bytes, 'byte')),
    h('div', {}, h('pre', {}, body || '(empty)'), header
      ? h('details', { class: 'more' }, h('summary', {}, 'Headers'), h('pre', {}, header)) : null));
}

// The live view of one topic.
class Watch {
  constructor() {
    this.events = null;
    this.state = h('p', { class: 'hint', role: 'status' }, 'Choose a topic to see its messages.');
    this.list = h('ol', { class: 'messages', reversed: true, 'aria-label': 'Messages' });
    this.number = 0;
  }

  start(topic) {
    this.stop();
    replace(this.list);
    this.number = 0;
    this.topic = topic;
    this.subscribing();
    this.events = new Events(`/_/topic?name=${encodeURIComponent(topic)}`, {
      open: () => {},
      lost: () => setText(this.state, `No connection for ${topic}, trying again…`),
      ready: () => setText(this.state, `Waiting for messages of ${topic}.`),
      message: (event) => this.add(topic, JSON.parse(event.data)),
      missed: (event) => this.list.prepend(h('li', {}, h('span', { class: 'when bad' }, 'missed'),
        h('span', {}, `${counted(event.data, 'message')} came too fast to be shown`))),
    });
    this.events.open();
  }

  subscribing() {
    setText(this.state, `Subscribing to ${this.topic}…`);
  }

  add(topic, event) {
    this.number += 1;
    setText(this.state, `${count(this.number, 'message')} of ${topic}`);
    this.list.prepend(message(event));
    while (this.list.children.length > MOST_MESSAGES) this.list.lastChild.remove();
  }

  stop() {
    this.leave();
    this.events = null;
  }

  // While another page is shown, which may lead back to this one.
  leave() {
    if (this.events) this.events.close();
  }

  comeBack() {
    if (!this.events) return;
    this.subscribing();
    this.events.open();
  }
}

function publishForm(name) {
  const body = h('textarea', { rows: '4', spellcheck: 'false' });
  body.value = '{}';
  const outcome = h('p', { class: 'hint', role: 'status' });
  const publish = async (event) => {
    event.preventDefault();
    let text;
    let good = false;
    try {
      const reply = await fetch(`/_/publish?topic=${encodeURIComponent(name.value)}`, {
        method: 'POST', body: body.value, headers: { 'Content-Type': 'application/json' },
      });
      const answer = JSON.parse(await reply.text());
      good = reply.ok && !answer.failed && !answer.dropped;
      text = reply.ok ? `Delivered to ${count(answer.delivered, 'subscriber')}` +
        `${answer.detail ? `; ${answer.detail}` : ''}` : answer.detail;
    } catch (error) {
      text = `Not published: ${error.message}`;
    }
    outcome.className = good ? 'hint' : 'hint bad';
    setText(outcome, text);
  };
  return h('form', { class: 'stack', onsubmit: publish }, field('Message', body),
    h('div', { class: 'buttons' }, h('button', { type: 'submit' }, 'Publish')), outcome);
}

export async function show(main, parameters, facts) {
  document.title = 'Topics';
  const watch = new Watch();
  const name = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', required: true,
    list: 'topics', value: parameters.get('name') || '' });
  const known = h('datalist', { id: 'topics' });
  const begin = (event) => {
    if (event) event.preventDefault();
    if (name.value) watch.start(name.value);
  };
  const lists = h('div', {});
  replace(main, heading('Topics', h('p', { class: 'sub' }, `Broker: ${facts.broker}`)),
    h('div', { class: 'columns' },
      h('div', { class: 'panel stack' },
        h('form', { class: 'stack', onsubmit: begin }, field('Topic', name), known,
          h('div', { class: 'buttons' }, h('button', { class: 'main', type: 'submit' }, 'Watch'))),
        facts.readOnly ? null : publishForm(name)),
      h('div', { class: 'panel stack' }, h('h2', {}, 'Live messages'), watch.state, watch.list)),
    lists);
  let shown = '';
  const refresh = async (what) => {
    if (what === 'metrics') return;
    const data = await getJson('/_/data/topics');
    const text = JSON.stringify([data.topics, data.outage]);
    if (text === shown) return;
    shown = text;
    replace(known, data.topics.map((each) => h('option', { value: each.name })));
    replace(lists, data.outage ? problem(`The registry does not answer: ${data.outage}`) : '',
      data.topics.length === 0 ? h('section', {}, empty('No topics', facts.broker === 'http'
        ? 'A topic appears here when something subscribes to it.'
        : `The broker ${facts.broker} keeps no list of topics: type the name of one.`))
        : data.topics.map((topic) => h('section', {}, h('h2', {}, topic.name, ' ',
          h('button', { class: 'plain', type: 'button', 'aria-label': `Watch ${topic.name}`,
            onclick: () => { name.value = topic.name; begin(); } }, 'Watch')), subscribers(topic))));
  };
  addEventListener('pagehide', () => watch.leave());
  addEventListener('pageshow', (event) => event.persisted && watch.comeBack());
  await refresh('registry');
  begin();
  return refresh;
}
