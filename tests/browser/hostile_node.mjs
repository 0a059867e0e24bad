// A node of a service whose every text tries to become HTML: name, version, metadata, endpoints,
// metrics, errors.
import { createServer } from 'node:http';

export const PAYLOAD = '<img src=x onerror="window.attacked=1">';

const label = (text) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

function metrics(calls) {
  return `evmicro_server_calls_total{method="${label(PAYLOAD)}",code="200"} ${calls}\n` +
    `evmicro_server_calls_from_total{service="${label(PAYLOAD)}"} ${calls}\n`;
}

// Serves, and registers at the agent. Resolves to the server.
export async function startHostileNode(agent) {
  let calls = 0;
  const server = createServer((request, reply) => {
    calls += 10;
    if (request.url === '/metrics') return reply.end(metrics(calls));
    request.resume();
    reply.statusCode = 500;
    reply.end(`{"id":1,"result":null,"error":${JSON.stringify(`{"id":"${label(PAYLOAD)}","code":500,"detail":"${label(PAYLOAD)}"}`)}}`);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const field = { name: PAYLOAD, type: PAYLOAD, values: null };
  const endpoint = { name: PAYLOAD, request: { name: PAYLOAD, type: PAYLOAD, values: [field] },
    response: { name: PAYLOAD, type: PAYLOAD, values: [field] }, metadata: { [PAYLOAD]: PAYLOAD } };
  const answer = await fetch(`http://${agent}/v1/agent/service/register`, {
    method: 'PUT',
    body: JSON.stringify({ Name: PAYLOAD, ID: PAYLOAD, Address: '127.0.0.1', Port: server.address().port,
      Tags: [`t=${JSON.stringify({ [PAYLOAD]: PAYLOAD })}`, `e=${JSON.stringify(endpoint)}`, `v=${PAYLOAD}`] }),
  });
  if (!answer.ok) throw new Error(`the agent refuses the hostile node: ${await answer.text()}`);
  return server;
}
