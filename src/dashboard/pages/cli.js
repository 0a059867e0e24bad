// CLI: the commands of the micro tool in the page.
import { h, heading, replace } from '/_/files/dom.js';
import { getJson, pretty, rpc } from '/_/files/data.js';

const HELP = `COMMANDS:
    help                                 show this text
    list services                        the names of all services
    get service [service]                the nodes and endpoints of a service
    health [service]                     the health of each node of a service
    query [service] [method] [request]   call a method, the request is JSON
    clear                                empty the terminal`;
const MOST_LINES = 500;

const lookUp = async (name) =>
  (await getJson(`/registry?format=json&service=${encodeURIComponent(name)}`)).services;

const pairs = (map) => Object.entries(map || {}).map(([key, value]) => `${key}=${value}`).join(' ');
const dialled = (node) => (node.port ? `${node.address}:${node.port}` : node.address);

async function listServices() {
  const data = await getJson('/registry?format=json');
  return data.services.map((each) => each.name).join('\n') || 'no services';
}

async function getService(name) {
  const versions = await lookUp(name);
  const lines = [`service  ${name}`];
  for (const version of versions) {
    lines.push('', `version  ${version.version}`, '', 'Id\tAddress\tPort\tMetadata');
    for (const node of version.nodes || []) {
      lines.push(`${node.id}\t${node.address}\t${node.port}\t${pairs(node.metadata)}`);
    }
  }
  for (const endpoint of versions[0].endpoints || []) lines.push('', `Endpoint  ${endpoint.name}`);
  return lines.join('\n');
}

async function health(name) {
  const versions = await lookUp(name);
  const lines = [`service  ${name}`];
  for (const version of versions) {
    lines.push('', `version  ${version.version}`, '', 'node\taddress:port\tstatus');
    lines.push(...await Promise.all((version.nodes || []).map(async (node) => {
      const answer = await rpc({ service: name, method: 'Debug.Health', request: '{}',
        address: dialled(node) });
      let status = answer.text;
      try {
        const reply = JSON.parse(answer.text);
        status = answer.ok ? reply.status : reply.detail;
      } catch (ignored) { /* plain text */ }
      return `${node.id}\t${dialled(node)}\t${status}`;
    })));
  }
  return lines.join('\n');
}

async function query(service, method, request) {
  const answer = await rpc({ service, method, request: request || '{}' });
  if (!answer.ok) throw new Error(pretty(answer.text));
  return pretty(answer.text);
}

async function run(line) {
  const [verb, ...words] = line.split(/\s+/);
  if (verb === 'help') return HELP;
  if (verb === 'list' && words[0] === 'services') return listServices();
  if (verb === 'get' && words[0] === 'service') {
    return words[1] ? getService(words[1]) : 'USAGE:\n    get service [service]';
  }
  if (verb === 'health') return words[0] ? health(words[0]) : 'USAGE:\n    health [service]';
  if (verb === 'query') {
    if (words.length < 2) return 'USAGE:\n    query [service] [method] [request]';
    const request = line.replace(/^\S+\s+\S+\s+\S+\s*/, '');
    return query(words[0], words[1], request);
  }
  throw new Error(`${verb}: command not found\n${HELP}`);
}

export async function show(main) {
  document.title = 'CLI';
  const log = h('div', { class: 'log', role: 'log', 'aria-label': 'Output', tabindex: '0' });
  const input = h('input', { id: 'command', type: 'text', autocomplete: 'off', autocapitalize: 'off',
    spellcheck: 'false' });
  const past = [];
  let place = 0;
  const print = (text, kind) => {
    log.append(h('pre', { class: kind }, text));
    while (log.children.length > MOST_LINES) log.firstChild.remove();
    log.scrollTop = log.scrollHeight;
  };
  const submit = async (event) => {
    event.preventDefault();
    const line = input.value.trim();
    if (line === '') return;
    input.value = '';
    past.push(line);
    place = past.length;
    if (line === 'clear') return replace(log);
    print(`micro:~$ ${line}`, 'typed');
    try {
      print(await run(line));
    } catch (error) {
      print(error.message, 'wrong');
    }
  };
  input.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    place = Math.min(past.length, Math.max(0, place + step));
    input.value = past[place] || '';
  });
  print('Type help for the commands.');
  replace(main, heading('CLI'), h('div', { class: 'terminal' }, log,
    h('form', { onsubmit: submit }, h('label', { for: 'command' }, 'micro:~$'), input)));
  input.focus();
  return null;
}
