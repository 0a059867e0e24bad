// Registry: all services, with a search.
import { empty, field, h, heading, problem, renew, replace, setText, table } from '/_/files/dom.js';
import { count, getJson, rate, serviceUrl, time } from '/_/files/data.js';
import { sparkline } from '/_/files/charts.js';

const columns = ['Service', 'Versions', { title: 'Nodes', number: true },
  { title: 'Endpoints', number: true }, 'Last minutes', { title: 'Calls/s', number: true },
  { title: 'Errors/s', number: true }, { title: 'p99', number: true }];

// A row and the functions that change it.
function makeRow(service) {
  const cells = {
    versions: h('td', {}),
    nodes: h('td', { class: 'number' }),
    endpoints: h('td', { class: 'number' }),
    spark: h('td', {}),
    calls: h('td', { class: 'number' }),
    errors: h('td', { class: 'number' }),
    p99: h('td', { class: 'number' }),
  };
  const row = h('tr', {}, h('th', { scope: 'row' },
    h('a', { href: serviceUrl(service.name) }, service.name)), Object.values(cells));
  const update = (now) => {
    setText(cells.versions, now.versions.join(', '));
    setText(cells.nodes, String(now.nodes));
    setText(cells.endpoints, String(now.endpoints));
    setText(cells.calls, rate(now.calls));
    setText(cells.errors, rate(now.errors));
    cells.errors.classList.toggle('bad', now.errors > 0);
    setText(cells.p99, time(now.p99));
    if (now.spark || cells.spark.firstChild) replace(cells.spark, sparkline(now.spark));
  };
  return { row, update };
}

function matches(service, words) {
  const text = `${service.name} ${service.versions.join(' ')}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export async function show(main, parameters) {
  document.title = 'Registry';
  const search = h('input', { type: 'search', autocomplete: 'off', spellcheck: 'false',
    placeholder: 'Name or version', value: parameters.get('q') || '' });
  const total = h('p', { class: 'sub', role: 'status' });
  const notice = h('div', {});
  const list = table('Services', columns, []);
  const none = h('div', {});
  const rows = new Map();
  const tbody = list.querySelector('tbody');
  let services = [];

  const draw = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = services.filter((each) => matches(each, words));
    setText(total, words.length > 0 ? `${shown.length} of ${count(services.length, 'service')}`
      : count(services.length, 'service'));
    const wanted = shown.map((each) => rows.get(each.name).row);
    if (wanted.length !== tbody.children.length || wanted.some((row, i) => tbody.children[i] !== row)) {
      renew(tbody, wanted);
    }
    list.hidden = wanted.length === 0;
    replace(none, wanted.length > 0 ? '' : services.length === 0
      ? empty('No services yet', 'Start one and it appears here at once: the page follows the registry.')
      : empty('Nothing found', `No service matches “${search.value}”.`));
  };
  const refresh = async () => {
    const data = await getJson('/_/data/services');
    services = data.services;
    const names = new Set(services.map((each) => each.name));
    for (const name of rows.keys()) if (!names.has(name)) rows.delete(name);
    for (const each of services) {
      if (!rows.has(each.name)) rows.set(each.name, makeRow(each));
      rows.get(each.name).update(each);
    }
    replace(notice, data.outage
      ? problem(`The registry does not answer, this is the last known state: ${data.outage}`) : '',
    data.leftOut > 0 ? h('p', { class: 'hint' },
      `Metrics of ${count(data.leftOut, 'node')} are not read: see --web_scrape_nodes.`) : '');
    draw();
  };
  search.addEventListener('input', draw);
  const bar = field('Search', search);
  bar.classList.add('search');
  replace(main, heading('Registry', total), notice, bar, list, none);
  await refresh();
  return refresh;
}
