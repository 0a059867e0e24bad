// WebSockets of the gateways, used by the npm package `ws`. Usage: sockets.mjs BUILD PACKAGES [NAME]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { equal, holds, runChecks } from './checks.mjs';
import { PATIENCE, start, startService, startTool, until } from './programs.mjs';

const [build, packages, only] = process.argv.slice(2);
const { WebSocket, WebSocketServer } = createRequire(`${packages}/`)('ws');
const PING_PONG = '/example/example/pingPong';
const folder = mkdtempSync(`${tmpdir()}/evmicro-sockets-`);
process.on('exit', () => rmSync(folder, { recursive: true }));

// A certificate for 127.0.0.1 that is its own authority.
const certificate = `${folder}/own.pem`;
const key = `${folder}/own.key`;
const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
  '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-out', certificate, '-keyout', key]);
holds(made.status === 0, `openssl: ${made.stderr}`);

const agent = (await start([`${build}/evmicro`, 'agent', '--address', '127.0.0.1:0'], 'Listening on ')).rest;
const registry = ['--registry_address', agent];
const rpc = ['--api_handler', 'rpc', '--api_namespace', 'go.micro.srv'];
await startService(build, registry, 'example_server');
const [api, secure, web, sidecar] = await Promise.all([startTool(build, registry, 'api', ...rpc),
  startTool(build, registry, 'api', ...rpc, '--enable_tls', '--tls_cert_file', certificate, '--tls_key_file', key),
  startTool(build, registry, 'web'), startTool(build, registry, 'sidecar')]);

// A backend of the dashboard: sends everything back, and the path first.
const server = createServer();
new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } }).on('connection', (socket, request) => {
  socket.send(`${request.url} ${request.headers['x-micro-web-base-path']}`);
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const registered = await fetch(`http://${agent}/v1/agent/service/register`, { method: 'PUT',
  body: JSON.stringify({ Name: 'go.micro.web.echo', ID: 'echo-1', Address: '127.0.0.1',
    Port: server.address().port, Tags: [`t=${JSON.stringify({ server: 'http' })}`, 'v=1'] }) });
holds(registered.ok, 'the backend is registered');

// A socket whose messages and end can be waited for.
async function connect(url, options) {
  const socket = new WebSocket(url, options);
  const messages = [];
  const waiting = [];
  socket.on('message', (data, binary) => {
    const message = binary ? data : data.toString();
    if (waiting.length > 0) waiting.shift()(message);
    else messages.push(message);
  });
  const end = new Promise((resolve) => { socket.on('close', (code, reason) => resolve(`${code} ${reason}`)); });
  const patient = (promise, what) => Promise.race([promise, new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no ${what}`)), PATIENCE).unref();
  })]);
  await patient(new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
    socket.on('unexpected-response', (request, reply) => reject(new Error(`refused: ${reply.statusCode}`)));
  }), 'handshake');
  return { socket, end: () => patient(end, 'end'), next: () => patient(messages.length > 0
    ? Promise.resolve(messages.shift()) : new Promise((resolve) => { waiting.push(resolve); }), 'message') };
}

async function pingPong(url, options) {
  const own = await connect(url, options);
  for (const stroke of ['7', '8']) {
    own.socket.send(`{"stroke":${stroke}}`);
    equal(await own.next(), `{"stroke":${stroke}}`, 'the pong');
  }
  own.socket.send('');  // no more
  equal(await own.end(), '1000 ', 'the end');
}

await runChecks({ open: () => null, faults: [], browser: { close() {} } }, only, {
  async streamsGoBothWays() {
    await pingPong(`ws://${api}${PING_PONG}`);
  },

  async streamsGoBothWaysByTls() {
    await pingPong(`wss://${secure}${PING_PONG}`, { ca: readFileSync(certificate) });
    let refused = '';
    await connect(`wss://${secure}${PING_PONG}`).catch((error) => { refused = error.message; });
    holds(refused.includes('self-signed') || refused.includes('self signed'), `the certificate: ${refused}`);
  },

  async failuresCloseTheSocket() {
    const wrong = await connect(`ws://${api}${PING_PONG}`);
    wrong.socket.send('{"stroke":');
    equal(await wrong.end(), '1007 a message is not JSON', 'not JSON');
    let refused = '';
    await connect(`ws://${api}/nobody/a/b`).catch((error) => { refused = error.message; });
    equal(refused, 'refused: 404', 'nobody');
  },

  async pingsAreAnswered() {
    const own = await connect(`ws://${api}${PING_PONG}`);
    const pong = new Promise((resolve) => { own.socket.on('pong', (data) => resolve(data.toString())); });
    own.socket.ping('are you there');
    equal(await pong, 'are you there', 'the pong');
    own.socket.close(1000);
    equal(await own.end(), '1000 ', 'the end');
  },

  async messagesInFragmentsArrive() {
    const own = await connect(`ws://${api}${PING_PONG}`);
    own.socket.send('{"str', { fin: false });
    own.socket.send('oke":', { fin: false });
    own.socket.send('9}', { fin: true });
    equal(await own.next(), '{"stroke":9}', 'the pong');
    own.socket.terminate();
  },

  async webServicesHaveSocketsBehindTheDashboard() {
    const own = await connect(`ws://${web}/echo/there?a=b`, { perMessageDeflate: { threshold: 0 } });
    equal(await own.next(), '/there?a=b /echo', 'what the backend saw');
    equal(own.socket.extensions, 'permessage-deflate', 'the extension of the backend');
    const large = Buffer.alloc(3 << 20, 'x');
    own.socket.send(large);
    holds(large.equals(await own.next()), 'a large message');
    own.socket.close(4000, 'mine');
    equal(await own.end(), '4000 mine', 'the end');
  },

  async topicsHaveSocketsAtTheSidecar() {
    const [first, second] = await Promise.all([connect(`ws://${sidecar}/broker?topic=news`),
      connect(`ws://${sidecar}/broker?topic=news`)]);
    let heard = null;
    second.next().then((message) => { heard = message; });
    await until('publishers have found the second', () => {
      first.socket.send('hello');
      return heard;
    });
    equal(JSON.parse(heard).Body, Buffer.from('hello').toString('base64'), 'the message');
    first.socket.close();
    second.socket.close();
  },
});
