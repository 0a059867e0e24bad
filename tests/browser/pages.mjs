// The dashboard in a browser. Usage: pages.mjs BUILD PACKAGES [NAME]
// Prints a line for each check; ends with 1 if one has failed.
import { equal, holds, openPages, runChecks } from './checks.mjs';
import { PAYLOAD, startHostileNode } from './hostile_node.mjs';
import { PATIENCE, start, startSystem, startTool, until } from './programs.mjs';

const [build, packages, only] = process.argv.slice(2);
const GREETER = 'go.micro.srv.greeter';
const PAGES = {
  home: '/', registry: '/registry', service: `/registry?service=${GREETER}`, map: '/_/map',
  topics: '/_/topics', query: `/query?service=${GREETER}&method=Say.Hello`, cli: '/cli', stats: '/stats',
};

const system = await startSystem(build);
// Calls that fail and services that do not exist are among the checks.
const pages = await openPages(packages, [system.web], (message) =>
  message.text().startsWith('Failed to load resource') &&
  /^\/(rpc|registry)\b/.test(message.location().url.slice(system.web.length)));
const { serious } = pages;

async function go(page, path) {
  await page.goto(system.web + path);
  await page.waitForSelector('body[data-ready]');
}

const callGreeter = () => fetch(`${system.api}/greeter/say/hello?name=John`).then((reply) => reply.text());

await runChecks(pages, only, {
  async everyPageRenders(page) {
    const titles = { home: 'Home', registry: 'Registry', service: GREETER, map: 'Map', topics: 'Topics',
      query: 'Query a service', cli: 'CLI', stats: 'Stats' };
    for (const [name, path] of Object.entries(PAGES)) {
      await go(page, path);
      equal(await page.textContent('h1'), titles[name], name);
      equal(await page.locator('nav a[aria-current]').count(), 1, `${name}: current page`);
      await page.waitForSelector('#live[data-state="live"]');
      equal(await serious(page), '', `${name}: axe`);
    }
  },

  async darkAndNarrowPagesAreReadable() {
    const page = await pages.open({ colorScheme: 'dark', viewport: { width: 360, height: 740 } });
    for (const [name, path] of Object.entries(PAGES)) {
      await go(page, path);
      equal(await serious(page, ['color-contrast']), '', `${name}: axe, dark`);
      holds(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        `${name} is wider than a phone`);
    }
    await page.context().close();
  },

  async homeListsWebServices(page) {
    await go(page, '/');
    await page.click('a[href="/greeter"]');
    await page.waitForURL(`${system.web}/greeter`);
    holds((await page.content()).includes('<form'), 'the page of the web service');
  },

  async registryFindsServices(page) {
    await go(page, '/registry');
    await page.fill('input[type=search]', 'srv.greeter');
    await page.waitForFunction(() => document.querySelectorAll('main tbody tr').length === 1);
    await page.fill('input[type=search]', 'nothing like it');
    await page.waitForSelector('text=Nothing found');
    await page.fill('input[type=search]', '');
    await page.click(`main a:text-is("${GREETER}")`);
    await page.waitForSelector('body[data-ready]');
    equal(await page.textContent('.shapes pre'), '{\n\tname string\n}', 'the shape of the request');
  },

  async newServicesAppearByThemselves(page) {
    await go(page, '/registry');
    await fetch(`http://${system.agent}/v1/agent/service/register`, { method: 'PUT',
      body: JSON.stringify({ Name: 'go.micro.srv.late', ID: 'late-1', Address: '127.0.0.1', Port: 1, Tags: ['v=7.1'] }) });
    await page.waitForSelector('main tr:has-text("go.micro.srv.late"):has-text("7.1")');
    await fetch(`http://${system.agent}/v1/agent/service/deregister/late-1`, { method: 'PUT' });
    await page.waitForFunction(() => !document.body.textContent.includes('go.micro.srv.late'));
  },

  async queryCallsTheGreeter(page) {
    await go(page, PAGES.query);
    await page.getByLabel('name string').fill('John');
    equal(await page.inputValue('textarea[name=request]'), '{\n  "name": "John"\n}', 'the request');
    await page.click('button:text("Go!")');
    await page.waitForSelector('#answer:has-text("Hello John")');
    equal(await page.textContent('.badge'), '200', 'the status');
    await page.fill('textarea[name=request]', '{"name": ');
    await page.click('button:text("Go!")');
    await page.waitForSelector('text=The request is not JSON');
    await page.selectOption('select[name=method]', '- Other');
    await page.fill('input[name=othermethod]', 'Say.Nothing');
    await page.fill('textarea[name=request]', '{}');
    await page.click('button:text("Go!")');
    await page.waitForSelector('#answer:has-text("Say.Nothing")');
    await page.click('.history button:has-text("Say.Hello")');
    equal(await page.inputValue('textarea[name=request]'), '{\n  "name": "John"\n}', 'the recalled request');
  },

  // Servers that a sidecar has registered, and that do not say what methods they have.
  async queryCallsPythonAndRuby(page) {
    const sidecar = await startTool(build, ['--registry_address', system.agent], 'sidecar');
    const folder = new URL('../../examples/greeting/', import.meta.url).pathname;
    for (const [program, script] of [['python3', 'python/sidecar_server.py'], ['ruby', 'ruby/sidecar_server.rb']]) {
      const name = `${program}.micro.srv.greeter`;
      await start([program, folder + script, '--sidecar', `http://${sidecar}`, '--name', name, '--port', '0'], 'Registered ');
      await go(page, `/query?service=${name}`);
      await page.selectOption('select[name=method]', '- Other');
      await page.fill('input[name=othermethod]', 'Say.Hello');
      await page.fill('textarea[name=request]', '{"name": "John"}');
      await page.click('button:text("Go!")');
      await page.waitForSelector('#answer:has-text("hello John")');
      equal(await page.textContent('.badge'), '200', `the status of ${program}`);
    }
  },

  async numbersStayExact(page) {
    await go(page, PAGES.query);
    equal(await page.evaluate(async () => {
      const { pretty } = await import('/_/files/data.js');
      return pretty('{"a":12345678901234567890,"b":[1.50,{}],"c":"{[,:\\""}');
    }), '{\n  "a": 12345678901234567890,\n  "b": [\n    1.50,\n    {}\n  ],\n  "c": "{[,:\\""\n}', 'pretty JSON');
  },

  // Symptom: a form made 12345678901234567890123 to 1.2345678901234568e+22, and lost what it had no field for.
  async formsKeepWhatWasWritten(page) {
    await fetch(`http://${system.agent}/v1/agent/service/register`, { method: 'PUT',
      body: JSON.stringify({ Name: 'go.micro.srv.counted', ID: 'counted-1', Address: '127.0.0.1', Port: 1,
        Tags: ['e={"name":"A.B","request":{"name":"R","type":"R","values":[{"name":"ItemCount","type":"int64"},' +
          '{"name":"Names","type":"[]string","values":[{"name":"string","type":"string"}]},' +
          '{"name":"Data","type":"[]uint8","values":[{"name":"uint8","type":"uint8"}]},' +
          '{"name":"Items","type":"[]Item","values":[{"name":"Item","type":"Item","values":[{"name":"ID","type":"int32"}]}]},' +
          '{"name":"Deep","type":"[]Deep"}]}}'] }) });
    await go(page, '/query?service=go.micro.srv.counted&method=A.B');
    const count = page.getByLabel('item_count int64');
    await page.fill('textarea[name=request]', '{"itemCount": 12345678901234567890123, "more": [1.50, {"a,b": "}"}]}');
    equal(await count.inputValue(), '12345678901234567890123', 'the field');
    await count.fill('9007199254740993');
    await page.getByLabel('names []string').fill('a\nb');
    await page.getByLabel('data []uint8').fill('YQ==');
    await page.getByLabel('items []Item').fill('{"id":1}\n{"id":2}');
    await page.getByLabel('deep []Deep').fill('{}');
    equal(JSON.stringify(await page.inputValue('textarea[name=request]')).replaceAll(/\\n *| /g, ''),
      '"{\\"itemCount\\":9007199254740993,\\"names\\":[\\"a\\",\\"b\\"],' +
      '\\"data\\":\\"YQ==\\",\\"items\\":[{\\"id\\":1},{\\"id\\":2}],\\"deep\\":[{}],\\"more\\":[1.50,{\\"a,b\\":\\"}\\"}]}"', 'the request');
    await page.fill('textarea[name=request]', '{}');
    await count.fill('1');
    equal(await page.inputValue('textarea[name=request]'), '{\n  "item_count": 1\n}', 'the request of the form');
    await fetch(`http://${system.agent}/v1/agent/service/deregister/counted-1`, { method: 'PUT' });
  },

  async queryFollowsTheRegistry(page) {
    await go(page, PAGES.query);
    await page.waitForSelector('select[name=method] option[value="Say.Hello"]', { state: 'attached' });
    await page.getByLabel('name string').fill('John');
    const register = (id, port) => fetch(`http://${system.agent}/v1/agent/service/register`, { method: 'PUT',
      body: JSON.stringify({ Name: GREETER, ID: id, Address: '127.0.0.1', Port: port, Tags: ['v=second'] }) });
    await register('second-1', 2);
    const node = 'select[name=address] option[value="127.0.0.1:2"]';
    await page.waitForSelector(node, { state: 'attached' });
    await page.evaluate(() => { document.querySelector("select[name=address]").value = "127.0.0.1:2"; });
    equal(await page.inputValue('select[name=method]'), 'Say.Hello', 'the method');
    equal(await page.getByLabel('name string').inputValue(), 'John', 'the form');
    await fetch(`http://${system.agent}/v1/agent/service/deregister/second-1`, { method: 'PUT' });
    await page.waitForSelector(node, { state: 'detached' });
    equal(await page.inputValue('select[name=address]'), '', 'the node');
    equal(await page.inputValue('select[name=method]'), 'Say.Hello', 'the method afterwards');
  },

  async queryShowsStreams(page) {
    await go(page, '/query?service=go.micro.srv.example&method=Example.Stream');
    await page.fill('textarea[name=request]', '{"count": 3}');
    await page.click('button:text("Go!")');
    await page.waitForSelector('.result-head:has-text("ended"):has-text("3 messages")');
    equal(await page.locator('.messages li').count(), 3, 'messages');
  },

  async fastStreamsLeaveThePageUsable(page) {
    await go(page, '/query?service=go.micro.srv.example&method=Example.Stream');
    await page.fill('textarea[name=request]', '{"count": 100000000}');
    await page.click('button:text("Go!")');
    await page.waitForSelector('.result-head:has-text("open")');
    const begun = Date.now();
    await page.click('button:text("Stop")');
    await page.waitForSelector('.result-head:has-text("stopped")');
    holds(Date.now() - begun < PATIENCE / 3, `stopped after ${Date.now() - begun} ms`);
    holds(await page.locator('.messages li').count() <= 500, 'the list is bounded');
    const [, number] = (await page.locator('.result-head').textContent()).match(/(\d+) messages$/);
    const newest = await page.locator('.messages li .when').last().textContent();
    holds(newest.startsWith(`#${number} `), `${newest} is shown last, of ${number}`);
  },

  async queryTalksInBothDirections(page) {
    await go(page, '/query?service=go.micro.srv.example&method=Example.PingPong');
    await page.fill('textarea[name=request]', '{"stroke": 7}');
    await page.click('summary:text("Node, headers, timeout")');
    await page.getByLabel('Several messages').check();
    await page.getByLabel('Stream').check();
    await page.click('button:text("Go!")');
    await page.waitForSelector('.messages pre:has-text("7")');
    await page.fill('textarea[name=request]', '{"stroke": 8}');
    await page.click('button:text("Send")');
    await page.waitForSelector('.messages pre:has-text("8")');
    await page.click('button:text("Finish sending")');  // the request that opens it was answered, too
    await page.waitForSelector('.result-head:has-text("ended"):has-text("3 messages")');
  },

  async cliWorks(page) {
    await go(page, '/cli');
    const run = async (line, expected) => {
      await page.fill('#command', line);
      await page.press('#command', 'Enter');
      await page.waitForFunction((text) => document.querySelector('.log').lastChild.textContent.includes(text), expected);
    };
    await run('help', 'list services');
    await run('list services', GREETER);
    await run(`get service ${GREETER}`, 'Endpoint  Say.Hello');
    await run(`health ${GREETER}`, '\tok');
    await run(`query ${GREETER} Say.Hello {"name": "John  B"}`, '"Hello John  B"');
    await run('get service nobody', 'Not found');
    await run('nonsense', 'nonsense: command not found');
    await page.press('#command', 'ArrowUp');
    equal(await page.inputValue('#command'), 'nonsense', 'the previous command');
  },

  async liveValuesMove(page) {
    await go(page, PAGES.service);
    const calls = async () => {
      await callGreeter();
      return page.locator('.tile dd').first().textContent();
    };
    const before = await until('calls are counted', async () => {
      const text = await calls();
      return text !== '–' && text !== '0' && text;
    });
    await until('the number changes', async () => (await calls()) !== before);
    await page.waitForSelector('figure svg[aria-label^="Calls per second, last"]');
  },

  async mapShowsWhoCallsWhom(page) {
    await callGreeter();
    await go(page, '/_/map');
    await page.waitForSelector(`main tr:has-text("go.micro.api.greeter"):has-text("${GREETER}")`);
    await page.waitForSelector(`.graph a[aria-label="${GREETER}"]`);
  },

  async topicsShowMessages(page) {
    await go(page, '/_/topics');
    await page.fill('input[list=topics]', 'news');
    await page.click('button:text("Watch")');
    await page.waitForSelector('text=Waiting for messages of news.');
    await page.fill('textarea', `{"text": ${JSON.stringify(PAYLOAD)}}`);
    await page.click('button:text("Publish")');
    await page.waitForSelector('text=Delivered to 1 subscriber');
    holds((await page.textContent('.messages li')).includes('<img'), 'the message stays text');
    equal(await page.locator('main img').count(), 0, 'images');
  },

  async hostileTextsStayText(page) {
    const server = await startHostileNode(system.agent);
    const name = encodeURIComponent(PAYLOAD);
    const paths = ['/', '/registry', `/registry?service=${name}`, '/_/map', `/query?service=${name}&method=${name}`,
      `/_/topics?name=${name}`, `/registry?q=${name}`];
    for (const path of paths) {
      await go(page, path);
      if (path !== '/') await page.waitForFunction((text) => document.body.textContent.includes(text) ||
        [...document.querySelectorAll('input')].some((each) => each.value === text), PAYLOAD);
      if (path.startsWith('/query')) {
        await page.click('button:text("Go!")');
        await page.waitForSelector('#answer');
      }
      equal(await page.locator('img, iframe, main script').count(), 0, `${path}: elements`);
      equal(await page.evaluate(() => window.attacked), undefined, `${path}: script`);
    }
    await go(page, '/cli');
    await page.fill('#command', `get service ${PAYLOAD.split(' ')[0]}`);
    await page.press('#command', 'Enter');
    await page.waitForSelector('.wrong');
    equal(await page.locator('img').count(), 0, 'cli: elements');
    await fetch(`http://${system.agent}/v1/agent/service/deregister/${name}`, { method: 'PUT' });
    server.close();
  },

  async aThousandServicesRenderInASecond(page) {
    const spark = Array.from({ length: 30 }, (_, i) => i % 7);
    const services = Array.from({ length: 1000 }, (_, i) => ({ name: `go.micro.srv.s${i}`, versions: ['1.0.0'],
      nodes: 10, endpoints: 5, calls: i, errors: 0, p99: 0.01, spark }));
    const nodes = Array.from({ length: 10000 }, (_, i) => ({ id: `big-${i}`, address: '10.0.0.1', port: 1 + i,
      metadata: { server: 'rpc' } }));
    const fulfil = (json) => (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify(json) });
    await page.route('**/_/data/services', fulfil({ services, outage: '', leftOut: 0 }));
    await page.route('**/_/data/service?*', fulfil({ name: 'big', outage: '',
      versions: [{ name: 'big', version: '1', endpoints: null, nodes, metadata: null }] }));
    // Of the page's own processor time: a busy machine may take longer.
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const busy = async () => (await session.send('Performance.getMetrics')).metrics
      .find((each) => each.name === 'TaskDuration').value;
    for (const [path, rows] of [['/registry', 1000], ['/registry?service=big', 200]]) {
      await go(page, path);
      equal(await page.locator('main tbody tr').count(), rows, `${path}: rows`);
      const took = await busy();  // counted from the navigation on
      holds(took > 0 && took < 1, `${path} took ${took.toFixed(3)} s of the processor`);
    }
    await session.detach();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  },

  // Pages are made anew every second here.
  async refreshesKeepTheFocus(page) {
    await go(page, PAGES.service);
    await page.click('summary:has-text("Say.Hello")');
    const isFocused = async (what) => {
      await page.evaluate(() => { document.activeElement.dataset.old = 'yes'; });
      await until(`${what} is made anew`, async () => {
        await callGreeter();
        return page.evaluate(() => !document.querySelector('main [data-old]'));
      });
      return page.evaluate(() => document.activeElement.textContent);
    };
    holds((await isFocused('the method')).startsWith('Say.Hello'), 'the focus on the method');
    await page.focus('main a:text-is("Try Say.Hello")');
    equal(await isFocused('the link'), 'Try Say.Hello', 'the focus on the link');
    await go(page, '/_/map');
    await page.focus(`main table a:text-is("${GREETER}")`);
    equal(await isFocused('the map'), GREETER, 'the focus in the table');
    holds(await page.evaluate(() => Boolean(document.activeElement.closest('table'))), 'not in the drawing');
  },

  // A browser may keep a page, and show it again on the way back.
  async topicsComeBackWithThePage(page) {
    await go(page, '/_/topics?name=news.back');
    const turn = (name) => page.evaluate((type) => {
      dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
    }, name);
    await page.waitForSelector('text=Waiting for messages of news.back');
    const closed = page.waitForEvent('requestfailed', (request) => request.url().includes('/_/topic?'));
    await turn('pagehide');
    await closed;
    await turn('pageshow');
    await page.waitForSelector('text=Waiting for messages of news.back');
    await page.fill('textarea', '"again"');
    await page.click('button:text("Publish")');
    await page.waitForSelector('.messages pre:has-text("again")');
  },

  // A browser gives up on events after an answer that is none.
  async eventsComeBackAfterABadGateway(page) {
    let refused = 0;
    await page.route('**/_/live', (route) => {
      refused += 1;
      return route.fulfill({ status: 502, contentType: 'text/html', body: '<html>' });
    });
    await go(page, '/registry');
    await page.waitForSelector('#live[data-state="lost"]');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.waitForSelector('#live[data-state="live"]');
    holds(refused > 0, 'nothing was refused');
    pages.faults.length = 0;  // that answer is one
  },

  // Else a few forgotten tabs would take all connections that a browser has to a server.
  async hiddenPagesHoldNoConnection(page) {
    await go(page, '/registry');
    await page.waitForSelector('#live[data-state="live"]');
    const turn = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    const closed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/_/live'));
    await turn(true);
    await closed;
    await fetch(`http://${system.agent}/v1/agent/service/register`, { method: 'PUT',
      body: JSON.stringify({ Name: 'go.micro.srv.unseen', ID: 'unseen-1', Address: '127.0.0.1', Port: 1 }) });
    await until('the dashboard knows it', async () => (await (await fetch(`${system.web}/registry`,
      { headers: { Accept: 'application/json' } })).text()).includes('go.micro.srv.unseen'));
    holds(!(await page.textContent('main')).includes('go.micro.srv.unseen'), 'a hidden page changes');
    await turn(false);
    await page.waitForSelector('main tr:has-text("go.micro.srv.unseen")');
    await fetch(`http://${system.agent}/v1/agent/service/deregister/unseen-1`, { method: 'PUT' });
  },

  async pagesDoNotGrow(page) {
    await go(page, '/registry');
    await page.waitForSelector('#live[data-state="live"]');
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const change = async (i) => {
      const name = `go.micro.srv.turn${i}`;
      await fetch(`http://${system.agent}/v1/agent/service/register`, { method: 'PUT',
        body: JSON.stringify({ Name: name, ID: 'turn-1', Address: '127.0.0.1', Port: 1 }) });
      const row = await page.waitForSelector(`main tr:has-text("${name}")`);
      await row.dispose();  // else it would be kept
    };
    const size = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const at = (name) => metrics.find((each) => each.name === name).value;
      return { nodes: at('Nodes'), listeners: at('JSEventListeners') };
    };
    for (let i = 0; i < 3; i += 1) await change(i);
    const before = await size();
    for (let i = 3; i < 23; i += 1) await change(i);
    const after = await size();
    holds(after.nodes < before.nodes * 1.5, `nodes: ${before.nodes}, then ${after.nodes}`);
    holds(after.listeners < before.listeners * 1.5 + 10, `listeners: ${before.listeners}, then ${after.listeners}`);
    await fetch(`http://${system.agent}/v1/agent/service/deregister/turn-1`, { method: 'PUT' });
  },

  async streamsOfNodesThatDieFail(page) {
    const { child } = await start([`${build}/examples/example_server`, '--registry_address', system.agent,
      '--server_address', '127.0.0.1:0', '--server_name', 'go.micro.srv.doomed'], 'Registering node: ');
    await go(page, '/query?service=go.micro.srv.doomed&method=Example.Stream');
    await page.waitForSelector('select[name=method] option[value="Example.Stream"]', { state: 'attached' });
    await page.fill('textarea[name=request]', '{"count": 100000000}');
    await page.click('button:text("Go!")');
    await page.waitForSelector('.result-head:has-text("open")');
    child.kill('SIGKILL');
    await page.waitForSelector('.result-head:has-text("failed")');
    await page.waitForSelector('.messages li:has-text("error")');
    holds(await page.locator('.messages li').count() <= 501, 'the list is bounded');
    await page.waitForSelector('button:text("Go!"):enabled');
  },

  async callsAreMadeByKeyboardAlone(page) {
    await go(page, '/registry');
    const tabTo = async (what, found) => {
      for (let i = 0; i < 80; i += 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(found)) return;
      }
      throw new Error(`Tab does not reach ${what}`);
    };
    await tabTo('Query', () => document.activeElement.dataset.page === 'query');
    await page.keyboard.press('Enter');
    await page.waitForSelector('body[data-ready="query"]');
    await tabTo('the service', () => document.activeElement.name === 'service');
    await page.keyboard.type(GREETER);
    await page.waitForSelector('select[name=method] option[value="Say.Hello"]', { state: 'attached' });
    await tabTo('the field', () => document.activeElement.type === 'text');
    await page.keyboard.type('Jim');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#answer:has-text("Hello Jim")');
  },

  async keyboardReachesEverything(page) {
    await go(page, '/');
    await page.keyboard.press('Tab');
    equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content', 'the first stop');
    await page.keyboard.press('Enter');
    equal(await page.evaluate(() => document.activeElement.id), 'main', 'behind the link');
  },
});
