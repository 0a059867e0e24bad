// The programs around the dashboard, and the browser.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

export const PATIENCE = 30000;  // ms; only a failure takes so long

const running = [];

// Starts a program and resolves to what it has printed (`lines`), and to what follows
// `mark` in the line that says that it is ready (`rest`).
export function start(command, mark) {
  const environment = Object.fromEntries(Object.entries(process.env)
    .filter(([name]) => !/^(MICRO|CONSUL|ETCD)_/.test(name)));
  const child = spawn(command[0], command.slice(1), { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk) => {
      text += chunk;
      const lines = text.split('\n').slice(0, -1);
      const line = lines.find((each) => each.includes(mark));
      if (line) resolve({ child, lines, rest: line.slice(line.indexOf(mark) + mark.length) });
      if (text.length > 1 << 20) text = text.slice(-(1 << 16));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${command.join(' ')} ended (${code}): ${text}`)));
    setTimeout(() => reject(new Error(`${command.join(' ')} is not ready: ${text}`)), PATIENCE).unref();
  });
}

process.on('exit', stopAll);  // also after an error

export function stopAll() {
  running.forEach((child) => child.kill('SIGKILL'));
}

// Starts a service of the examples, and resolves to its address when it is registering.
export async function startService(build, registry, name, ...flags) {
  const { lines } = await start([`${build}/examples/${name}`, ...registry, '--server_address', '127.0.0.1:0', ...flags],
    'Registering node: ');
  return lines.find((line) => / Listening on /.test(line) && !/Broker/.test(line)).replace(/.* Listening on /, '');
}

// The same for a gateway: `evmicro api`.
export async function startTool(build, registry, command, ...flags) {
  const { rest } = await start([`${build}/evmicro`, ...registry, command, `--${command}_address`, '127.0.0.1:0', ...flags],
    'Listening on ');
  return rest.split(',')[0];
}

// An agent, the greeters of the examples, a gateway, and the dashboard.
export async function startSystem(build) {
  const agent = (await start([`${build}/evmicro`, 'agent', '--address', '127.0.0.1:0'], 'Listening on ')).rest;
  const registry = ['--registry_address', agent];
  const [api, web] = await Promise.all([startTool(build, registry, 'api'),
    startTool(build, registry, 'web', '--web_scrape_interval', '1'),
    ...['greeter_srv', 'greeter_api', 'greeter_web', 'example_server'].map((name) => startService(build, registry, name))]);
  return { agent, api: `http://${api}`, web: `http://${web}` };
}

export async function openBrowser(packages) {
  const require = createRequire(`${packages}/`);
  const { chromium } = require('playwright-core');
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],  // the sandbox does not work for root
  });
  return { browser, axe: require.resolve('axe-core/axe.min.js') };
}

// Repeats an asynchronous question until the answer is true.
export async function until(what, question) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not reached: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}
