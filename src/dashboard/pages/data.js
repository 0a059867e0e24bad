// Talks to the server, and formats what it says.

// The error of a request, with the server's JSON if it has sent some.
export class ServerError extends Error {
  constructor(status, text) {
    let detail = text;
    try {
      detail = JSON.parse(text).detail || text;
    } catch (ignored) { /* not JSON */ }
    super(detail || `HTTP ${status}`);
    this.status = status;
    this.body = text;
  }
}

export async function getJson(path, headers) {
  let reply;
  try {
    reply = await fetch(path, { headers: headers || { Accept: 'application/json' } });
  } catch (ignored) {
    throw new ServerError(0, 'The dashboard does not answer.');
  }
  const text = await reply.text();
  if (!reply.ok) throw new ServerError(reply.status, text);
  return JSON.parse(text);
}

let aboutPromise = null;
export function about() {
  aboutPromise = aboutPromise || getJson('/_/data/about');
  return aboutPromise;
}

// Calls a method. `request` is JSON text, so that numbers stay exact. Resolves to the status, the
// text of the answer and the milliseconds that it took; never rejects.
export async function rpc({ service, method, request, address, headers, signal }) {
  const body = `{"service":${JSON.stringify(service)},"method":${JSON.stringify(method)},` +
    `${address ? `"address":${JSON.stringify(address)},` : ''}"request":${request}}`;
  const begun = performance.now();
  try {
    const reply = await fetch('/rpc', {
      method: 'POST', body, signal, headers: { ...headers, 'Content-Type': 'application/json' },
    });
    const text = await reply.text();
    return { ok: reply.ok, status: reply.status, text, ms: performance.now() - begun };
  } catch (error) {
    const text = error.name === 'AbortError' ? 'Cancelled.' : 'The dashboard does not answer.';
    return { ok: false, status: 0, text, ms: performance.now() - begun };
  }
}

export const serviceUrl = (name) => `/registry?service=${encodeURIComponent(name)}`;
export const queryUrl = (service, method) =>
  `/query?service=${encodeURIComponent(service)}&method=${encodeURIComponent(method)}`;

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

export function rate(value) {
  if (!known(value)) return '–';
  if (value === 0) return '0';
  if (value >= 10000) return `${(value / 1000).toFixed(0)}k`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)}k`;
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

// 1 message, 2 messages.
export function counted(number, one) {
  return `${number} ${one}${Number(number) === 1 ? '' : 's'}`;
}

// Seconds.
export function time(seconds) {
  if (!known(seconds)) return '–';
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  if (seconds >= 0.01) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds >= 0.001) return `${(seconds * 1000).toFixed(1)} ms`;
  return `${(seconds * 1e6).toFixed(0)} µs`;
}

export function bytes(value) {
  if (!known(value)) return '–';
  if (value >= 1 << 30) return `${(value / (1 << 30)).toFixed(1)} GiB`;
  if (value >= 1 << 20) return `${(value / (1 << 20)).toFixed(1)} MiB`;
  return `${(value / 1024).toFixed(0)} KiB`;
}

export function percent(share) {
  if (!known(share)) return '–';
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

export function since(unixSeconds) {
  if (!known(unixSeconds) || unixSeconds <= 0) return '–';
  const s = Math.max(0, Math.floor(Date.now() / 1000 - unixSeconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export function count(number, word, many) {
  return `${number.toLocaleString('en')} ${number === 1 ? word : many || `${word}s`}`;
}

const TOKEN = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const tokensOf = (json) => json.match(TOKEN) || [];

// The texts of an array's elements, or of an object's keys and values in turn, as they are written.
export function elementsOf(json) {
  const parts = [];
  let part = '';
  let depth = 0;
  const end = () => {
    if (part !== '') parts.push(part);
    part = '';
  };
  for (const token of tokensOf(json)) {
    if (token === '}' || token === ']') depth -= 1;
    if (depth === 1 && (token === ',' || token === ':')) end();
    else if (depth > 0) part += token;
    if (token === '{' || token === '[') depth += 1;
  }
  end();
  return parts;
}

// The members of an object: from names to texts, so that numbers keep every digit.
export function membersOf(json) {
  const members = new Map();
  const parts = elementsOf(json);
  for (let i = 0; i + 1 < parts.length; i += 2) members.set(JSON.parse(parts[i]), parts[i + 1]);
  return members;
}

// Indents JSON without changing any token: numbers keep every digit.
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch (ignored) {
    return text;
  }
  const tokens = tokensOf(text);
  let out = '';
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  tokens.forEach((token, i) => {
    if (token === '{' || token === '[') {
      const close = tokens[i + 1] === '}' || tokens[i + 1] === ']';
      depth += 1;
      out += token + (close ? '' : line());
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const opened = tokens[i - 1] === '{' || tokens[i - 1] === '[';
      out += (opened ? '' : line()) + token;
    } else if (token === ',') {
      out += token + line();
    } else {
      out += token === ':' ? ': ' : token;
    }
  });
  return out;
}

// In single quotes for a shell.
export const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const RETRY = 3000;  // ms

// Server-sent events from `path`, until close(). `handlers`: open(), lost(), and for the names of events what they
// run. A browser connects again by itself after a connection has broken, but gives up after an answer that is no
// stream, such as that of a proxy whose backend restarts.
export class Events {
  constructor(path, { open, lost, ...handlers }) {
    Object.assign(this, { path, opened: open, lost, handlers, source: null, timer: 0 });
  }

  open() {
    if (this.source) return;
    clearTimeout(this.timer);
    const source = new EventSource(this.path);
    this.source = source;
    source.onopen = () => this.opened();
    source.onerror = () => {
      this.lost();
      if (source.readyState !== EventSource.CLOSED) return;
      this.close();
      this.timer = setTimeout(() => this.open(), RETRY);
    };
    for (const [name, run] of Object.entries(this.handlers)) source.addEventListener(name, run);
  }

  close() {
    clearTimeout(this.timer);
    if (this.source) this.source.close();
    this.source = null;
  }
}
