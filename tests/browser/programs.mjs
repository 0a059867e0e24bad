// The programs around the dashboard, and the browser.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

export const PATIENCE = 30000;  // ms; only a failure takes so long

const running = [];

// Starts a program and resolves to what follows `mark` in the line that says that it is ready.
export function start(command, mark) {
  const environment = Object.fromEntries(Object.entries(process.env)
    .filter(([name]) => !/^(MICRO|CONSUL|ETCD)_/.test(name)));
  const child = spawn(command[0], command.slice(1), { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk) => {
      text += chunk;
      const line = text.split('\n').slice(0, -1).find((each) => each.includes(mark));
      if (line) resolve({ child, rest: line.slice(line.indexOf(mark) + mark.length) });
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

// An agent, the greeters of the examples, a gateway, and the dashboard.
export async function startSystem(build) {
  const agent = (await start([`${build}/evmicro`, 'agent', '--address', '127.0.0.1:0'], 'Listening on ')).rest;
  const registry = ['--registry_address', agent];
  const service = (name) => start([`${build}/examples/${name}`, ...registry, '--server_address', '127.0.0.1:0'],
    'Registering node: ');
  const tool = async (command, ...flags) => (await start([`${build}/evmicro`, ...registry, command,
    `--${command}_address`, '127.0.0.1:0', ...flags], 'Listening on ')).rest.split(',')[0];
  const [api, web] = await Promise.all([tool('api'), tool('web', '--web_scrape_interval', '1'),
    service('greeter_srv'), service('greeter_api'), service('greeter_web'), service('example_server')]);
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
