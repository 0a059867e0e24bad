// A map of its own: a grid of degrees, the Thames, some stations, and what moves. Lengths are true near
// the middle, which is all that a city needs.

const SVG = 'http://www.w3.org/2000/svg';
const METRES = 111195;  // of a degree of latitude, on a sphere of 6,371,000 m
const MOST_METRES = 2e6;
const LEAST_METRES = 100;
const TRAIL = 40;  // places behind a runner
const COLOURS = 6;

const THAMES = [[51.4719, -0.1801], [51.4815, -0.1722], [51.4829, -0.1609], [51.4849, -0.15], [51.4836, -0.1399],
  [51.4866, -0.1276], [51.4906, -0.1241], [51.496, -0.1231], [51.5008, -0.1219], [51.5047, -0.1204],
  [51.5078, -0.1178], [51.5094, -0.1125], [51.5099, -0.1046], [51.5093, -0.0983], [51.5086, -0.0942],
  [51.5077, -0.0874], [51.5062, -0.0791], [51.5053, -0.0753], [51.5029, -0.068], [51.5024, -0.058],
  [51.5061, -0.0478], [51.5076, -0.0357], [51.5033, -0.0268], [51.4935, -0.0226], [51.4867, -0.0189],
  [51.4848, -0.0075], [51.4895, 0.0013], [51.5011, 0.0065], [51.4985, 0.0171], [51.4945, 0.037],
  [51.4965, 0.0646], [51.5038, 0.0887], [51.5107, 0.1133], [51.512, 0.1306]];
const STATIONS = [['Charing Cross', 51.508359, -0.124803], ['Waterloo', 51.502973, -0.114723],
  ["King's Cross", 51.529999, -0.124481], ['Leicester Square', 51.511291, -0.128242],
  ['Covent Garden', 51.51276, -0.124507], ['Oxford Circus', 51.51511, -0.1417], ['Westminster', 51.501402, -0.125002],
  ["Regent's Park", 51.52347, -0.1468], ['London Bridge', 51.504674, -0.086006], ['Brent Cross', 51.576599, -0.213336],
  ['Lewisham', 51.46532, -0.0134], ['Piccadilly', 51.50986, -0.1337], ['Tottenham Court Road', 51.516206, -0.13087]];

function svg(tag, attributes = {}, text = null) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  return element;
}

const turn = (degrees) => ((degrees + 540) % 360) - 180;  // within -180 and 180

// 1, 2 or 5, and zeros: the largest that is not above `most`.
function round(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((digit) => digit * power).find((value) => value <= most) ?? power;
}

function colourOf(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % COLOURS;
}

export class MapView {
  onView = () => {};
  onScale = () => {};

  constructor(element, { latitude, longitude, radius }) {
    this.element = element;
    this.latitude = Math.max(-85, Math.min(85, latitude));
    this.longitude = turn(longitude);
    this.metres = Math.max(LEAST_METRES, Math.min(MOST_METRES, 2 * radius));  // seen, of the shorter side
    this.things = new Map();
    this.ground = svg('g');
    this.trails = svg('g', { class: 'trails' });
    this.people = svg('g');
    element.append(this.ground, this.trails, this.people);
    new ResizeObserver(() => this.#changed()).observe(element);
    this.#listen();
  }

  get size() { return this.things.size; }

  // The circle around what is seen.
  circle() {
    const { width, height } = this.#box();
    return { latitude: this.latitude, longitude: this.longitude,
      radius: Math.hypot(width, height) / 2 / this.#scale() };
  }

  metresTo(latitude, longitude) {
    const [x, y] = this.#flat(latitude, longitude);
    return Math.hypot(x, y);
  }

  // Those next to the middle.
  nearest(count) {
    return [...this.things.values()].map(({ id, latitude, longitude, colour }) => ({ id, latitude, longitude, colour,
      metres: this.metresTo(latitude, longitude) })).sort((a, b) => a.metres - b.metres).slice(0, count);
  }

  move(id, latitude, longitude) {
    let thing = this.things.get(id);
    if (!thing) {
      const colour = colourOf(id);
      const mark = svg('g', { class: 'thing', 'data-colour': colour });
      mark.append(svg('circle', { r: 7 }), svg('text', { x: 11, y: 4 }, id));
      mark.dataset.id = id;
      const line = svg('polyline', { 'data-colour': colour });
      thing = { id, colour, mark, line, trail: [] };
      this.things.set(id, thing);
      this.people.append(mark);
      this.trails.append(line);
    }
    Object.assign(thing, { latitude, longitude });
    thing.trail.push([latitude, longitude]);
    if (thing.trail.length > TRAIL) thing.trail.shift();
    this.#place(thing);
  }

  remove(id) {
    const thing = this.things.get(id);
    if (!thing) return;
    thing.mark.remove();
    thing.line.remove();
    this.things.delete(id);
  }

  keepOnly(ids) {
    for (const id of [...this.things.keys()]) if (!ids.has(id)) this.remove(id);
  }

  centre(latitude, longitude) {
    this.latitude = Math.max(-85, Math.min(85, latitude));
    this.longitude = turn(longitude);
    this.#changed();
  }

  zoom(factor) {
    this.metres = Math.max(LEAST_METRES, Math.min(MOST_METRES, this.metres / factor));
    this.#changed();
  }

  // By parts of the shorter side.
  pan(right, up) {
    const metres = this.metres;
    this.centre(this.latitude + (up * metres) / METRES,
      this.longitude + (right * metres) / METRES / this.#narrow());
  }

  draw() {
    const { width, height } = this.#box();
    this.element.setAttribute('viewBox', `${-width / 2} ${-height / 2} ${width} ${height}`);
    this.#drawGround(width, height);
    for (const thing of this.things.values()) this.#place(thing);
    const bar = round(100 / this.#scale());
    this.onScale(bar >= 1000 ? `${bar / 1000} km` : `${bar} m`);
    this.element.closest('.map').style.setProperty('--bar', `${bar * this.#scale()}px`);
  }

  #box() {
    const { width, height } = this.element.getBoundingClientRect();
    return { width: Math.max(width, 1), height: Math.max(height, 1) };
  }
  #scale() { return Math.min(this.#box().width, this.#box().height) / this.metres; }  // pixels of a metre
  #narrow() { return Math.cos((this.latitude * Math.PI) / 180); }  // of a degree of longitude
  #flat(latitude, longitude) {  // metres from the middle, to the right and up
    return [turn(longitude - this.longitude) * METRES * this.#narrow(), (latitude - this.latitude) * METRES];
  }
  #point(latitude, longitude) {
    const scale = this.#scale();
    const [right, up] = this.#flat(latitude, longitude);
    return [right * scale, -up * scale];
  }

  #place(thing) {
    const [x, y] = this.#point(thing.latitude, thing.longitude);
    thing.mark.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    thing.line.setAttribute('points', thing.trail.map((at) => this.#point(...at)
      .map((value) => value.toFixed(1)).join(',')).join(' '));
  }

  #drawGround(width, height) {
    const parts = [];
    const up = height / this.#scale() / METRES;  // degrees that are seen
    const across = width / this.#scale() / METRES / this.#narrow();
    const step = round(Math.min(up, across) / 3);
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    for (let at = Math.ceil((this.latitude - up / 2) / step); at * step < this.latitude + up / 2; at += 1) {
      const [, y] = this.#point(at * step, this.longitude);
      parts.push(svg('line', { x1: -width / 2, x2: width / 2, y1: y, y2: y }),
        svg('text', { x: -width / 2 + 6, y: y - 4, class: 'degrees' }, `${(at * step).toFixed(digits)}°`));
    }
    for (let at = Math.ceil((this.longitude - across / 2) / step); at * step < this.longitude + across / 2; at += 1) {
      const [x] = this.#point(this.latitude, at * step);
      parts.push(svg('line', { y1: -height / 2, y2: height / 2, x1: x, x2: x }),
        svg('text', { x: x + 4, y: height / 2 - 8, class: 'degrees' }, `${turn(at * step).toFixed(digits)}°`));
    }
    const line = (points) => points.map((at) => this.#point(...at).map((v) => v.toFixed(1)).join(',')).join(' ');
    parts.push(svg('polyline', { class: 'river', points: line(THAMES),
      'stroke-width': Math.max(2, 240 * this.#scale()) }));
    if (this.metres < 30000) {
      for (const [name, latitude, longitude] of STATIONS) {
        const [x, y] = this.#point(latitude, longitude);
        parts.push(svg('rect', { x: x - 3, y: y - 3, width: 6, height: 6, class: 'station' }),
          svg('text', { x: x + 7, y: y + 4, class: 'name' }, name));
      }
    }
    this.ground.replaceChildren(...parts);
  }

  // Marks jump with the map, and glide only by themselves.
  #changed() {
    this.element.classList.add('still');
    this.draw();
    clearTimeout(this.gliding);
    this.gliding = setTimeout(() => this.element.classList.remove('still'), 150);
    this.onView();
  }

  #listen() {
    const keys = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    this.element.addEventListener('keydown', (event) => {
      if (keys[event.key]) this.pan(...keys[event.key]);
      else if (event.key === '+' || event.key === '=') this.zoom(1.5);
      else if (event.key === '-') this.zoom(1 / 1.5);
      else return;
      event.preventDefault();
    });
    this.element.addEventListener('wheel', (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }, { passive: false });
    let last = null;
    this.element.addEventListener('pointerdown', (event) => {
      last = event;
      this.element.setPointerCapture(event.pointerId);
    });
    this.element.addEventListener('pointermove', (event) => {
      if (!last) return;
      const side = Math.min(this.#box().width, this.#box().height);
      this.pan((last.clientX - event.clientX) / side, (event.clientY - last.clientY) / side);
      last = event;
    });
    for (const end of ['pointerup', 'pointercancel']) this.element.addEventListener(end, () => { last = null; });
  }
}
