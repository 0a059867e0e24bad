// Service: versions, nodes, endpoints, and what the nodes' metrics say.
import { empty, h, heading, isSelected, problem, renew, replace, table } from '/_/files/dom.js';
import { bytes, count, getJson, percent, queryUrl, rate, serviceUrl, since, time } from '/_/files/data.js';
import { lineChart } from '/_/files/charts.js';
import { shape } from '/_/files/message.js';

const MOST_NODES = 200;

const last = (values) => (values && values.length > 0 ? values[values.length - 1] : null);

function tile(label, value, bad) {
  return h('div', { class: 'tile' }, h('dt', {}, label), h('dd', { class: bad ? 'bad' : null }, value));
}

function numbers(data) {
  const past = data.history;
  const calls = last(past.calls);
  const errors = last(past.errors);
  return h('dl', { class: 'tiles' },
    tile('Calls per second', rate(calls)),
    tile('Errors', calls > 0 ? percent(errors / calls) : '–', errors > 0),
    tile('Median', time(last(past.p50))),
    tile('95th percentile', time(last(past.p95))),
    tile('99th percentile', time(last(past.p99))),
    tile('In flight', rate(last(past.inFlight))));
}

function charts(data) {
  const past = data.history;
  return h('div', { class: 'charts' },
    lineChart({ title: 'Calls per second', times: past.time, format: rate,
      series: [{ name: 'calls', values: past.calls }, { name: 'errors', values: past.errors, tone: 1 }] }),
    lineChart({ title: 'Latency', times: past.time, format: time,
      series: [{ name: 'p50', values: past.p50 }, { name: 'p95', values: past.p95, tone: 2 },
        { name: 'p99', values: past.p99, tone: 1 }] }),
    lineChart({ title: 'In flight', times: past.time, format: rate,
      series: [{ name: 'now', values: past.inFlight }] }));
}

function metrics(data) {
  if (data.history && data.history.time.length > 0) return [numbers(data), charts(data)];
  const states = Object.values(data.nodes || {});
  const why = states.find((each) => each.problem);
  if (states.length > 0 && states.every((each) => each.problem)) {
    return [empty('No metrics', `The nodes do not show them at /metrics: ${why.problem}`)];
  }
  if (data.name.startsWith('topic:')) return [];
  return [empty('No metrics yet', 'They are read every few seconds and appear here by themselves.')];
}

function badge(state) {
  if (!state) return h('span', { class: 'badge' }, 'unknown');
  if (state.problem) return h('span', { class: 'badge bad', title: state.problem }, 'no metrics');
  return h('span', { class: 'badge good' }, 'up');
}

const metadata = (map) => Object.entries(map || {}).map(([key, value]) => `${key}=${value}`).join(' ');

function node(each, state) {
  const now = state || {};
  return h('tr', {},
    h('th', { scope: 'row', class: 'mono' }, each.id, h('small', {}, metadata(each.metadata))),
    h('td', { class: 'mono' }, each.address),
    h('td', { class: 'number' }, each.port),
    h('td', {}, badge(state)),
    h('td', { class: 'number' }, rate(now.calls)),
    h('td', { class: now.errors > 0 ? 'number bad' : 'number' }, rate(now.errors)),
    h('td', { class: 'number' }, time(now.p99)),
    h('td', { class: 'number' }, percent(now.cpu)),
    h('td', { class: 'number' }, bytes(now.memory)),
    h('td', { class: 'number' }, since(now.started)));
}

const nodeColumns = ['Id, metadata', 'Address', { title: 'Port', number: true }, 'State',
  ...['Calls/s', 'Errors/s', 'p99', 'CPU', 'Memory', 'Uptime'].map((title) => ({ title, number: true }))];

function version(each, states, all) {
  const nodes = each.nodes || [];
  const shown = all ? nodes : nodes.slice(0, MOST_NODES);
  return h('section', {}, h('h2', {}, `Version ${each.version}`),
    table(`Nodes of version ${each.version}`, nodeColumns,
      shown.map((one) => node(one, states[one.id]))),
    shown.length < nodes.length ? h('p', { class: 'hint' },
      `The first ${MOST_NODES} of ${count(nodes.length, 'node')}. `,
      h('a', { href: `${serviceUrl(each.name)}&all=1` }, 'Show all')) : null,
    metadata(each.metadata) ? h('p', { class: 'hint' }, `Metadata: ${metadata(each.metadata)}`) : null);
}

function isStream(endpoint) {
  return (endpoint.metadata || {}).stream === 'true' ||
    (endpoint.response && endpoint.response.type === 'Streamer');
}

function endpoint(service, each, now, open, facts) {
  const said = now ? `${rate(now.calls)}/s · ${rate(now.errors)} errors/s · p99 ${time(now.p99)}` : '';
  const subscriber = (each.metadata || {}).subscriber === 'true';
  return h('details', { class: 'endpoint panel', open: open.has(each.name), 'data-name': each.name },
    h('summary', {}, h('h3', {}, each.name),
      isStream(each) ? h('span', { class: 'badge' }, 'stream') : null,
      subscriber ? h('span', { class: 'badge' }, 'subscriber') : null,
      h('span', { class: 'numbers' }, said)),
    h('div', { class: 'shapes' },
      h('div', {}, h('h4', {}, 'Request'), h('pre', {}, shape(each.request))),
      h('div', {}, h('h4', {}, 'Response'), h('pre', {}, shape(each.response))),
      metadata(each.metadata) ? h('div', {}, h('h4', {}, 'Metadata'),
        h('pre', {}, metadata(each.metadata))) : null),
    facts.readOnly || subscriber ? null : h('p', { class: 'buttons shapes' },
      h('a', { href: queryUrl(service, each.name) }, `Try ${each.name}`)));
}

function callers(data) {
  const names = Object.entries(data.callers || {});
  if (names.length === 0) return null;
  return h('section', {}, h('h2', {}, 'Called by'), table('Called by',
    ['Service', { title: 'Calls/s', number: true }], names.map(([name, calls]) => h('tr', {},
      h('th', { scope: 'row' }, h('a', { href: serviceUrl(name) }, name)),
      h('td', { class: 'number' }, rate(calls))))));
}

function openNames(body) {
  return new Set([...body.querySelectorAll('details[open]')].map((each) => each.dataset.name));
}

export async function show(main, parameters, facts) {
  const name = parameters.get('service');
  document.title = `Service ${name}`;
  const body = h('div', {});
  replace(main, heading(name, h('p', { class: 'back' }, h('a', { href: '/registry' }, '← Registry'))), body);
  const live = h('div', {});
  const rest = h('div', {});
  replace(body, live, rest);
  let shown = '';

  const refresh = async () => {
    const data = await getJson(`/_/data/service?name=${encodeURIComponent(name)}`);
    const text = JSON.stringify(data);
    if (text === shown || isSelected(body)) return;
    shown = text;
    if (data.versions.length === 0) {
      replace(live, empty('Not found', `The registry has no service ${name} with a healthy node. ` +
        'The page shows it as soon as one is registered.'));
      replace(rest);
      return;
    }
    renew(live, data.outage
      ? problem(`The registry does not answer, this is the last known state: ${data.outage}`) : '',
    metrics(data));
    const open = openNames(rest);
    const endpoints = data.versions[0].endpoints || [];
    renew(rest, data.versions.map((each) => version(each, data.nodes || {}, parameters.has('all'))),
      h('section', {}, h('h2', {}, 'Endpoints'), endpoints.length === 0
        ? empty('No endpoints', 'The service does not describe its methods.')
        : h('div', { class: 'endpoints' }, endpoints.map((each) =>
          endpoint(name, each, (data.methods || {})[each.name], open, facts)))),
      callers(data) || '');
  };
  await refresh();
  return refresh;
}
