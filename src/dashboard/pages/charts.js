// Charts as SVG.
import { h, svg } from '/_/files/dom.js';

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 50;
const BOTTOM = 22;
const TOP = 10;
const WINDOWS = [120, 300, 900];  // seconds that a chart may show

const known = (value) => value !== null && value !== undefined;

// A small line without axes; decoration beside a number.
export function sparkline(values) {
  if (!values || values.length < 2) return h('span', { class: 'faint' }, '–');
  const most = Math.max(...values.map((value) => value || 0), 1e-9);
  const points = values.map((value, i) =>
    `${((i / (values.length - 1)) * 96 + 2).toFixed(1)},${(22 - ((value || 0) / most) * 18).toFixed(1)}`);
  return svg('svg', { class: 'spark', viewBox: '0 0 100 24', 'aria-hidden': 'true' },
    svg('polygon', { points: `2,24 ${points.join(' ')} 98,24` }),
    svg('polyline', { points: points.join(' ') }));
}

// A round number not below `value`.
function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

function path(times, values, x, y) {
  let out = '';
  let drawing = false;
  values.forEach((value, i) => {
    if (!known(value)) {
      drawing = false;
      return;
    }
    out += `${drawing ? 'L' : 'M'}${x(times[i]).toFixed(1)} ${y(value).toFixed(1)}`;
    drawing = true;
  });
  return out;
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString('en-GB',
  { hour: '2-digit', minute: '2-digit' });

function axes(most, format, x, y, end, window) {
  const lines = [0, 0.5, 1].map((share) => [
    svg('line', { class: 'grid', x1: LEFT, x2: WIDTH - 4, y1: y(most * share), y2: y(most * share) }),
    svg('text', { class: 'tick', x: LEFT - 8, y: y(most * share) + 4, 'text-anchor': 'end' },
      format(most * share)),
  ]);
  const marks = [1, 0.5, 0].map((share) => svg('text', {
    class: 'tick', x: x(end - share * window), y: HEIGHT - 4,
    'text-anchor': share === 0 ? 'end' : share === 1 ? 'start' : 'middle',
  }, clock(end - share * window)));
  return [lines.flat(), marks];
}

// `series`: [{name, values, tone}], one value for each of `times` (seconds since 1970), null: unknown;
// `tone` is the number of a colour.
export function lineChart({ title, times, series, format }) {
  const end = times.length > 0 ? times[times.length - 1] : Math.floor(Date.now() / 1000);
  const most = ceiling(Math.max(0, ...series.flatMap((each) => each.values).filter(known)));
  const span = times.length > 0 ? end - times[0] : 0;
  const window = WINDOWS.find((each) => each >= span) || WINDOWS[WINDOWS.length - 1];
  const x = (time) => LEFT + (1 - (end - time) / window) * (WIDTH - LEFT - 4);
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  const last = (values) => (values.length > 0 ? values[values.length - 1] : null);
  const said = series.map((each) => `${each.name} ${format(last(each.values))}`).join(', ');
  const picture = svg('svg', {
    class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img',
    'aria-label': `${title}, last ${window / 60} minutes; now: ${said}`,
  }, axes(most, format, x, y, end, window).flat(),
  series.map((each) => svg('path', { class: `line line-${each.tone || 0}`, d: path(times, each.values, x, y) })));
  return h('figure', { class: 'panel' },
    h('figcaption', {}, h('span', {}, title), h('ul', { class: 'legend' }, series.map((each) =>
      h('li', { class: `key key-${each.tone || 0}` }, each.name, h('strong', {}, format(last(each.values))))))),
    picture);
}
