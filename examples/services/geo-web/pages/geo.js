// The page: a map, and a list of those on it. What moves comes by server-sent events.
import { MapView } from './map.js';

const LISTED = 50;
const WIDER = 1.5;  // what is followed, of what is seen: so that small moves ask for nothing new

const element = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);
const number = (name, otherwise) => {
  const value = Number.parseFloat(parameters.get(name));
  return Number.isFinite(value) ? value : otherwise;
};
const type = parameters.get('type') || 'runner';

// Charing Cross, unless the address says otherwise: ?lat=51.5&lon=-0.1&radius=1000
const map = new MapView(element('map'), {
  latitude: number('lat', 51.508359), longitude: number('lon', -0.124803), radius: number('radius', 3000),
});
let source = null;
let followed = null;  // the circle whose events are being received
let retry = null;

function say(state, text) {
  const live = element('live');
  live.dataset.state = state;
  if (live.textContent !== text) live.textContent = text;
}

function list() {
  const shown = map.nearest(LISTED);
  const focused = document.activeElement?.closest?.('#runners button')?.dataset.id;
  element('count').textContent = String(map.size);
  element('nobody').hidden = map.size > 0;
  element('runners').replaceChildren(...shown.map(({ id, latitude, longitude, metres, colour }) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.id = id;
    button.dataset.colour = colour;
    const name = document.createElement('span');
    name.textContent = id;
    const where = document.createElement('small');
    where.textContent = `${latitude.toFixed(5)}, ${longitude.toFixed(5)} · ${Math.round(metres)} m`;
    button.append(name, where);
    button.addEventListener('click', () => map.centre(latitude, longitude));
    const item = document.createElement('li');
    item.append(button);
    if (id === focused) queueMicrotask(() => button.focus());
    return item;
  }));
}

let listing = null;
function listSoon() {
  listing ??= setTimeout(() => { listing = null; list(); }, 250);
}

// Everything that is here is among the first entities of a stream: what is not has left.
function take(entities, first) {
  if (first) map.keepOnly(new Set(entities.map((entity) => entity.id)));
  for (const { id, location } of entities) {
    // Members that are 0 are left out; one that has left has no location at all.
    if (location) map.move(id, location.latitude ?? 0, location.longitude ?? 0);
    else map.remove(id);
  }
  listSoon();
}

function follow() {
  const seen = map.circle();
  followed = { ...seen, radius: seen.radius * WIDER };
  source?.close();
  clearTimeout(retry);
  const query = new URLSearchParams({
    lat: followed.latitude, lon: followed.longitude, radius: Math.ceil(followed.radius), type,
  });
  source = new EventSource(`events?${query}`);
  const own = source;
  let first = true;
  own.addEventListener('open', () => { first = true; });
  own.addEventListener('entities', (event) => {
    say('live', 'Live');
    take(JSON.parse(event.data), first);
    first = false;
    document.body.dataset.ready = '';
  });
  own.addEventListener('problem', (event) => say('problem', `Waiting for go.micro.srv.geo: ${event.data}`));
  own.addEventListener('error', () => {
    say('connecting', 'Connecting…');
    // After an answer that is not a stream the browser does not try again.
    if (own.readyState === EventSource.CLOSED) retry = setTimeout(follow, 2000);
  });
}

let moving = null;
map.onView = () => {
  listSoon();
  clearTimeout(moving);
  moving = setTimeout(() => {
    const seen = map.circle();
    const outside = map.metresTo(followed.latitude, followed.longitude) + seen.radius > followed.radius;
    if (outside || seen.radius * 4 < followed.radius) follow();
  }, 200);
};
element('in').addEventListener('click', () => map.zoom(2));
element('out').addEventListener('click', () => map.zoom(0.5));
map.onScale = (text) => { element('scale').textContent = text; };
map.draw();
follow();
