// The map of geo-web in a browser: by itself, and behind the dashboard. Usage: geo.mjs BUILD PACKAGES [NAME]
import { PAYLOAD } from './hostile_node.mjs';
import { openPages, runChecks } from './checks.mjs';
import { start, startService, startTool, until } from './programs.mjs';

const [build, packages, only] = process.argv.slice(2);
const agent = (await start([`${build}/evmicro`, 'agent', '--address', '127.0.0.1:0'], 'Listening on ')).rest;
const registry = ['--registry_address', agent];
const addressOf = (program, ...flags) => startService(build, registry, program, ...flags);
await addressOf('geo_srv');
const [api, web, own] = await Promise.all([startTool(build, registry, 'api'), startTool(build, registry, 'web'),
  addressOf('geo_web', '--runners', '5', '--runner_step', '100'), addressOf('geo_api')]);
const pages = await openPages(packages, [`http://${web}`, `http://${own}`]);
const { equal, holds } = pages;

// Saves where something is, as any program does: by the API gateway.
async function save(id, latitude, longitude) {
  const form = new URLSearchParams({ id, type: 'runner', location: JSON.stringify({ latitude, longitude }) });
  await until(`${id} is saved`, async () => {
    const reply = await fetch(`http://${api}/geo/location/save`, { method: 'POST', body: form });
    return reply.ok && (await reply.text()) === '{}';
  });
}

async function go(page, address, query = '') {
  await page.goto(`http://${address}${query}`);
  await page.waitForSelector('body[data-ready]');
  await page.waitForSelector('#live[data-state="live"]');
}

const place = (page, id) => page.evaluate((wanted) => {
  const mark = [...document.querySelectorAll('#map .thing')].find((each) => each.dataset.id === wanted);
  if (!mark) return null;
  const box = mark.querySelector('circle').getBoundingClientRect();
  return { x: box.x, y: box.y };
}, id);

await runChecks(pages, only, {
  async runnersMove(page) {
    await go(page, own, '/?radius=6000');
    await until('all five are there', async () => (await page.locator('#map .thing').count()) === 5);
    await until('the number says so', async () => (await page.textContent('#count')) === '5');
    const before = await place(page, 'runner-1');
    await until('the first has moved', async () => {
      const now = await place(page, 'runner-1');
      return Math.hypot(now.x - before.x, now.y - before.y) > 0.3;
    });
    await until('all five have trails', async () => (await page.locator('#map .trails polyline').count()) === 5);
    equal(await pages.serious(page), '', 'axe');
  },

  async seenBehindTheDashboard(page) {
    await save('id123', 51.516509, 0.124615);
    await go(page, web, '/geo?lat=51.516509&lon=0.124615&radius=500');
    await until('it is there', () => place(page, 'id123'));
    const before = await place(page, 'id123');
    await save('id123', 51.517509, 0.124615);
    await until('it has moved up', async () => (await place(page, 'id123')).y < before.y - 20);
    await save('id124', 51.516509, 0.124);
    await until('another one comes', () => place(page, 'id124'));
    await save('id124', 51.6, 0.124);
    await until('and leaves', async () => !(await place(page, 'id124')));
    await until('the list says so', async () => (await page.textContent('#count')) === '1');
  },

  async mapMovesByKeysAndButtons(page) {
    await save('id200', 51.516509, 0.124615);
    await go(page, own, '/?lat=51.516509&lon=0.124615&radius=500');
    const moved = async (what, act, holdsOf) => {
      const before = await place(page, 'id200');
      await act();
      await until(what, async () => holdsOf(before, await place(page, 'id200')));
    };
    await until('it is there', () => place(page, 'id200'));
    await page.focus('#map');
    await moved('left key', () => page.keyboard.press('ArrowLeft'), (before, now) => now.x > before.x + 10);
    await moved('up key', () => page.keyboard.press('ArrowUp'), (before, now) => now.y > before.y + 10);
    const scale = await page.textContent('#scale');
    await page.keyboard.press('+');
    await page.click('#in');
    await until('the scale has changed', async () => (await page.textContent('#scale')) !== scale);
    await page.click('#runners button[data-id="id200"]');  // in the middle again
    await until('it is in the middle', async () => {
      const box = await page.locator('#map').boundingBox();
      const now = await place(page, 'id200');
      return Math.abs(now.x - box.x - box.width / 2) < 30 && Math.abs(now.y - box.y - box.height / 2) < 30;
    });
  },

  async hostileIdsStayText(page) {
    await save(PAYLOAD, 51.516509, 0.125);
    await go(page, own, '/?lat=51.516509&lon=0.124615&radius=500');
    await until('it is listed', async () => (await page.textContent('#runners')).includes(PAYLOAD));
    holds(!(await page.evaluate(() => window.attacked)), 'the id has run');
    equal(await page.locator('main img').count(), 0, 'images');
  },

  async darkAndNarrowPagesAreReadable() {
    const page = await pages.open({ colorScheme: 'dark', viewport: { width: 360, height: 740 } });
    await go(page, own, '/?lat=51.516509&lon=0.124615&radius=500');
    equal(await pages.serious(page, ['color-contrast']), '', 'axe, dark');
    holds(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than a phone');
    await page.context().close();
  },
});
