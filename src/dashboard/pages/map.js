// Map: who calls whom, from the callers that each node counts.
import { empty, h, heading, isSelected, problem, renew, replace, svg, table } from '/_/files/dom.js';
import { count, getJson, rate, serviceUrl, time } from '/_/files/data.js';

const BOX = { width: 220, height: 50 };
const GAP = { x: 90, y: 22 };
const MOST_BOXES = 120;

// Callers stand left of what they call; a service in a cycle stays where it was seen first.
function columnsOf(names, edges) {
  const calls = new Map(names.map((name) => [name, []]));
  edges.forEach((edge) => calls.get(edge.from).push(edge.to));
  const level = new Map();
  const open = new Set();
  const visit = (name, depth) => {
    if (open.has(name) || (level.has(name) && level.get(name) >= depth)) return;
    level.set(name, depth);
    open.add(name);
    calls.get(name).forEach((to) => visit(to, depth + 1));
    open.delete(name);
  };
  const called = new Set(edges.map((edge) => edge.to));
  names.filter((name) => !called.has(name)).forEach((name) => visit(name, 0));
  names.filter((name) => !level.has(name)).forEach((name) => visit(name, 0));
  const columns = [];
  names.forEach((name) => {
    const depth = Math.min(level.get(name), 11);
    (columns[depth] = columns[depth] || []).push(name);
  });
  return columns.filter(Boolean);
}

function placed(columns) {
  const tallest = Math.max(...columns.map((each) => each.length));
  const height = tallest * (BOX.height + GAP.y) + GAP.y;
  const places = new Map();
  columns.forEach((column, i) => {
    const used = column.length * (BOX.height + GAP.y) - GAP.y;
    column.forEach((name, j) => places.set(name, {
      x: 10 + i * (BOX.width + GAP.x), y: (height - used) / 2 + j * (BOX.height + GAP.y),
    }));
  });
  return { places, height, width: 20 + columns.length * (BOX.width + GAP.x) - GAP.x };
}

const shortened = (name) => (name.length > 28 ? `…${name.slice(-27)}` : name);

function box(name, place, service) {
  const kind = !service ? 'outside' : service.failing > 0 ? 'failing' : '';
  const detail = service ? `${count(service.nodes, 'node')} · ${rate(service.calls)}/s · p99 ${time(service.p99)}`
    : 'not in the registry';
  const content = svg('g', { class: kind, transform: `translate(${place.x} ${place.y})` },
    svg('title', {}, `${name}: ${detail}`),
    svg('rect', { width: BOX.width, height: BOX.height, rx: 9 }),
    svg('text', { class: 'name', x: 14, y: 21 }, shortened(name)),
    svg('text', { class: 'detail', x: 14, y: 38 }, detail));
  return service ? svg('a', { href: serviceUrl(name), 'aria-label': name }, content) : content;
}

function line(edge, places, most) {
  const from = places.get(edge.from);
  const to = places.get(edge.to);
  const forward = to.x > from.x;
  const x1 = from.x + BOX.width;
  const y1 = from.y + BOX.height / 2;
  const x2 = forward ? to.x - 4 : to.x + BOX.width + 4;
  const y2 = to.y + BOX.height / 2;
  const bend = forward ? Math.max(40, (x2 - x1) / 2) : 60;
  const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${forward ? x2 - bend : x2 + bend} ${y2} ${x2} ${y2}`;
  const width = 1.2 + (most > 0 ? 2 * Math.sqrt(edge.calls / most) : 0);
  return svg('path', { class: edge.calls > 0 ? 'edge busy' : 'edge', d, 'marker-end': edge.calls > 0 ? 'url(#busy-arrow)' : 'url(#arrow)',
    'stroke-width': width.toFixed(2) }, svg('title', {},
    `${edge.from} calls ${edge.to}: ${rate(edge.calls)}/s`));
}

function graph(services, edges) {
  const names = [...new Set(edges.flatMap((edge) => [edge.from, edge.to]))].sort();
  const { places, width, height } = placed(columnsOf(names, edges));
  const most = Math.max(0, ...edges.map((edge) => edge.calls));
  return svg('svg', { class: 'graph', viewBox: `0 0 ${width} ${height}`, role: 'group',
    'aria-label': 'Who calls whom; the table below has the same content' },
  svg('defs', {}, ['arrow', 'busy-arrow'].map((id) => svg('marker', { id, viewBox: '0 0 8 8', refX: 6,
    refY: 4, markerWidth: 11, markerHeight: 11, markerUnits: 'userSpaceOnUse', orient: 'auto' },
  svg('path', { class: id === 'arrow' ? 'arrow' : 'arrow busy', d: 'M0 0L8 4L0 8z' })))),
  edges.map((edge) => line(edge, places, most)),
  names.map((name) => box(name, places.get(name), services.get(name))));
}

function rows(edges, services) {
  const name = (each) => (services.has(each) ? h('a', { href: serviceUrl(each) }, each) : each);
  return edges.map((edge) => h('tr', {}, h('th', { scope: 'row' }, name(edge.from)),
    h('td', {}, name(edge.to)), h('td', { class: 'number' }, rate(edge.calls))));
}

export async function show(main) {
  document.title = 'Map';
  const body = h('div', {});
  replace(main, heading('Map', h('p', { class: 'sub' }, 'Who calls whom, by what the nodes count')), body);
  let shown = '';
  const refresh = async () => {
    const data = await getJson('/_/data/map');
    const text = JSON.stringify(data);
    if (text === shown || isSelected(body)) return;
    shown = text;
    const services = new Map(data.services.map((each) => [each.name, each]));
    const edges = data.edges.sort((a, b) => b.calls - a.calls);
    if (edges.length === 0) {
      return replace(body, data.outage ? problem(data.outage) : '', empty('No calls seen yet',
        'A line appears for each service that has called another one since the called node was started.'));
    }
    const drawn = edges.slice(0, MOST_BOXES);
    renew(body, data.outage ? problem(data.outage) : '',
      h('div', { class: 'scroll panel', tabindex: '0', role: 'region', 'aria-label': 'Map' },
        graph(services, drawn)),
      drawn.length < edges.length ? h('p', { class: 'hint' },
        `The ${MOST_BOXES} busiest of ${edges.length} connections; the table has all.`) : '',
      h('section', {}, h('h2', {}, 'Calls'), table('Calls',
        ['From', 'To', { title: 'Calls/s', number: true }], rows(edges, services))));
  };
  await refresh();
  return refresh;
}
