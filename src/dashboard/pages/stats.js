// Stats: the dashboard's own requests.
import { h, heading, replace, table } from '/_/files/dom.js';
import { getJson, rate, since } from '/_/files/data.js';
import { lineChart } from '/_/files/charts.js';

const CLASSES = ['20x', '40x', '50x'];
const EVERY = 5;  // seconds

function line(name, value) {
  return h('tr', {}, h('th', { scope: 'row' }, name), h('td', { class: 'number' }, value));
}

export async function show(main) {
  document.title = 'Micro Stats';
  const body = h('div', { class: 'stack' });
  replace(main, heading('Stats', h('p', { class: 'sub' }, 'Of this dashboard, every 5 seconds')), body);
  const refresh = async () => {
    const data = await getJson('/stats?format=json');
    const codes = data.counters.map((each) => each.status_codes);
    const sum = (name) => codes.reduce((all, each) => all + (each[name] || 0), 0);
    const total = data.counters.reduce((all, each) => all + each.total_reqs, 0);
    replace(body,
      h('div', { class: 'columns' },
        h('section', {}, h('h2', {}, 'Info'), table('Info', ['What', { title: 'Value', number: true }], [
          line('Started', new Date(data.started * 1000).toLocaleString('en-GB')),
          line('Uptime', since(data.started)), line('Memory', data.memory),
          line('Threads', data.threads), line('GC', data.gc_pause)])),
        h('section', {}, h('h2', {}, 'Requests'), table('Requests',
          ['Status', { title: 'In the last two minutes', number: true }],
          [line('Total', total), ...CLASSES.map((name) => line(name, sum(name)))]))),
      lineChart({ title: 'Request load', times: data.counters.map((each) => each.timestamp),
        format: (value) => (value === null ? '–' : `${rate(value)}/s`),
        series: CLASSES.map((name, i) => ({ name, tone: [0, 2, 1][i],
          values: codes.map((each) => (each[name] || 0) / EVERY) })) }));
  };
  await refresh();
  const timer = setInterval(() => refresh().catch(() => {}), EVERY * 1000);
  addEventListener('pagehide', () => clearInterval(timer));
  return null;
}
