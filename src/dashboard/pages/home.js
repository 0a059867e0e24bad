// Home: the web services, and what happens in the whole system.
import { empty, h, heading, isSelected, problem, renew, replace, table } from '/_/files/dom.js';
import { count, getJson, percent, rate, serviceUrl, time } from '/_/files/data.js';
import { sparkline } from '/_/files/charts.js';

const isTopic = (service) => service.name.startsWith('topic:');

function tile(label, value, note) {
  return h('div', { class: 'tile' }, h('dt', {}, label), h('dd', {}, value,
    note ? h('span', { class: 'note' }, note) : null));
}

function summary(services) {
  const sum = (name) => services.reduce((all, each) => all + (each[name] || 0), 0);
  const calls = sum('calls');
  const errors = sum('errors');
  return h('dl', { class: 'tiles' },
    tile('Services', services.length.toLocaleString('en')),
    tile('Nodes', sum('nodes').toLocaleString('en'),
      sum('failing') > 0 ? `${sum('failing')} without metrics` : null),
    tile('Calls per second', rate(calls)),
    tile('Errors', calls > 0 ? percent(errors / calls) : '–', calls > 0 ? `${rate(errors)}/s` : null));
}

function webServices(services, facts) {
  const prefix = `${facts.namespace}.`;
  const names = services.map((each) => each.name).filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length)).filter((name) => /^[a-zA-Z0-9]+$/.test(name));
  if (names.length === 0) {
    return empty('No web services found',
      `A service whose name begins with ${prefix} and that speaks HTTP appears here.`);
  }
  return h('ul', { class: 'cards' }, names.map((name) =>
    h('li', {}, h('a', { href: `/${name}` }, h('span', {}, `/${name}`),
      h('small', {}, prefix + name)))));
}

function busiest(services) {
  const rows = services.filter((each) => each.calls > 0)
    .sort((a, b) => b.calls - a.calls).slice(0, 8)
    .map((each) => h('tr', {},
      h('th', { scope: 'row' }, h('a', { href: serviceUrl(each.name) }, each.name)),
      h('td', {}, sparkline(each.spark)),
      h('td', { class: 'number' }, rate(each.calls)),
      h('td', { class: each.errors > 0 ? 'number bad' : 'number' }, rate(each.errors)),
      h('td', { class: 'number' }, time(each.p99))));
  if (rows.length === 0) {
    return empty('No calls at the moment', 'The busiest services appear here, live, as soon as ' +
      'something calls them.');
  }
  return table('Busiest services', ['Service', 'Last minutes', { title: 'Calls/s', number: true },
    { title: 'Errors/s', number: true }, { title: 'p99', number: true }], rows);
}

export async function show(main, parameters, facts) {
  document.title = 'Micro Web';
  const body = h('div', {});
  replace(main, heading('Home', h('p', { class: 'sub' },
    `${facts.registry}${facts.registryAddress ? ` at ${facts.registryAddress}` : ''}`)), body);
  const refresh = async () => {
    const data = await getJson('/_/data/services');
    if (isSelected(body)) return;
    const services = data.services.filter((each) => !isTopic(each));
    renew(body,
      data.outage ? problem(`The registry does not answer, this is the last known state: ${data.outage}`) : '',
      summary(services),
      h('section', {}, h('h2', {}, 'Web services'), webServices(services, facts)),
      h('section', {}, h('h2', {}, 'Busiest services'), busiest(services)),
      h('p', { class: 'hint' }, h('a', { href: '/registry' },
        `All ${count(services.length, 'service')} in the registry`)));
  };
  await refresh();
  return refresh;
}
